//! `tintype faults`.

use serde_json::Value;
use ureq::{SendBody, http::Method};

use super::{Question, RemoteError};
use crate::config::{Faults, FaultsCommand};

/// What became of the rules, as JSON for people.
pub fn faults(wanted: &Faults) -> Result<String, RemoteError> {
    let (server, account) = (&wanted.remote.server, wanted.remote.account.as_deref());
    let answer: Value = match &wanted.what {
        None | Some(FaultsCommand::List) => {
            let question = Question::new(server, Method::GET, "faults");
            question.with("account", account).ask(SendBody::none())?
        }
        Some(FaultsCommand::Add { rules }) => {
            let question = Question::new(server, Method::POST, "faults");
            question.with("account", account).ask(rules.as_str())?
        }
        Some(FaultsCommand::Clear { id: Some(id) }) => {
            let control = format!("faults/{id}");
            let question = Question::new(server, Method::DELETE, &control);
            question.with("account", account).ask(SendBody::none())?
        }
        Some(FaultsCommand::Clear { id: None }) => {
            let question = Question::new(server, Method::DELETE, "faults");
            question.with("account", account).ask(SendBody::none())?
        }
    };
    Ok(format!("{answer:#}"))
}
