//! `tintype sign`.

use serde::Deserialize;
use ureq::{SendBody, http::Method};

use super::{Question, RemoteError};
use crate::config::Sign;

#[derive(Deserialize)]
struct Signed {
    url: String,
}

/// A signed delivery URL.
pub fn sign(wanted: &Sign) -> Result<String, RemoteError> {
    let image = Some(wanted.image.as_str());
    let question = Question::new(&wanted.remote.server, Method::GET, "sign");
    let question = match &wanted.variant {
        None => question.with("url", image),
        Some(variant) => question.with("image", image).with("variant", Some(variant)),
    };
    let question = question
        .with("expires", wanted.expires.as_deref())
        .with("key", wanted.key.as_deref())
        .with("account", wanted.remote.account.as_deref());
    let Signed { url } = question.ask(SendBody::none())?;
    Ok(url)
}
