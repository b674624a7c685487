//! What the command line asks of a running server, through its control surface.

use std::time::Duration;

use serde::Deserialize;
use ureq::{Agent, config::Config};

use crate::config::{BaseUrl, Sign};

/// How long a server may take: what it is asked for is quickly done.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a running server gave no answer. Each text is for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("no tintype answers at {server}: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("{0}")]
    Refused(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Signed {
    Url { url: String },
    Error { error: String },
}

/// A signed delivery URL.
pub fn sign(wanted: &Sign) -> Result<String, RemoteError> {
    let mut query = match &wanted.variant {
        None => vec![("url", &wanted.image)],
        Some(variant) => vec![("image", &wanted.image), ("variant", variant)],
    };
    let rest = [("expires", &wanted.expires), ("key", &wanted.key), ("account", &wanted.account)];
    query.extend(rest.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
    match get(&wanted.server, "sign", &query)? {
        Signed::Url { url } => Ok(url),
        Signed::Error { error } => Err(RemoteError::Refused(error)),
    }
}

/// Asks for `/_tintype/<control>`.
fn get(server: &BaseUrl, control: &str, query: &[(&str, &String)]) -> Result<Signed, RemoteError> {
    let config = Config::builder().http_status_as_error(false).proxy(None);
    let config = config.timeout_global(Some(PATIENCE)).build();
    let request = Agent::new_with_config(config)
        .get(format!("{}/_tintype/{control}", server.as_str()))
        .query_pairs(query.iter().copied());
    let unreachable = |reason: &dyn ToString| RemoteError::Unreachable {
        server: server.as_str().to_owned(),
        reason: reason.to_string(),
    };
    let mut response = request.call().map_err(|error| unreachable(&error))?;
    let body = response.body_mut().read_to_string().map_err(|error| unreachable(&error))?;
    serde_json::from_str(&body).map_err(|error| unreachable(&error))
}
