//! `tintype clock`.

use serde::Deserialize;
use serde_json::json;
use ureq::{SendBody, http::Method};

use super::{Question, RemoteError};
use crate::config::{ClockAction, ClockCommand};

#[derive(Deserialize)]
struct Face {
    now: String,
    frozen: bool,
    offset_ms: Option<i64>,
}

/// Asks for the clock or changes it, and says what it shows then.
pub fn clock(command: &ClockCommand) -> Result<String, RemoteError> {
    let change = match &command.action {
        None | Some(ClockAction::Get) => None,
        Some(ClockAction::Set { now }) => Some(json!({ "now": now })),
        Some(ClockAction::Advance { by }) => Some(json!({ "advance": by })),
        Some(ClockAction::Freeze) => Some(json!({ "freeze": true })),
        Some(ClockAction::Resume) => Some(json!({ "resume": true })),
    };
    let method = if change.is_some() { Method::POST } else { Method::GET };
    let question = Question::new(&command.remote.server, method, "clock");
    let question = question.with("account", command.remote.account.as_deref());
    let Face { now, frozen, offset_ms } = match change {
        None => question.ask(SendBody::none())?,
        Some(change) => question.ask(change.to_string())?,
    };
    Ok(match offset_ms {
        _ if frozen => format!("{now}, standing still"),
        None | Some(0) => now,
        Some(offset) => format!("{now}, {} s ahead of the machine's clock", offset / 1000),
    })
}
