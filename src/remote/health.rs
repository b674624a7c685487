//! `tintype healthcheck`.

use serde_json::Value;
use ureq::{SendBody, http::Method};

use super::{Question, RemoteError, unreachable};
use crate::config::Healthcheck;

/// Whether the server is ready.
pub fn healthcheck(wanted: &Healthcheck) -> Result<(), RemoteError> {
    let question = Question::new(&wanted.server, Method::GET, "ready");
    match question.ask::<Value>(SendBody::none())?["ready"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(unreachable(&wanted.server, &"something else answers there")),
    }
}
