//! `tintype healthcheck`.

use serde_json::Value;
use ureq::{SendBody, http::Method};

use super::{Question, RemoteError, unreachable};
use crate::config::Healthcheck;

/// Whether the server is ready.
pub fn healthcheck(wanted: &Healthcheck) -> Result<(), RemoteError> {
    let server = wanted.server().map_err(|text| RemoteError::Unreachable {
        server: text.to_owned(),
        reason: "it is no address with a port".to_owned(),
    })?;
    let question = Question::new(&server, Method::GET, "ready");
    match question.ask::<Value>(SendBody::none())?["ready"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(unreachable(&server, &"something else answers there")),
    }
}
