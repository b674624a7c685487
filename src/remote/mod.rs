//! What the command line asks of a running server, through its control surface.

mod archive;
mod clock;
mod faults;
mod health;
mod requests;
mod sign;
mod states;
mod upload;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{Agent, AsSendBody, Body, config::Config, http};
use url::Url;

use crate::{
    config::BaseUrl,
    roots::{self, Roots, RootsError},
    seed::SeedError,
};
pub use archive::{export, import};
pub use clock::clock;
pub use faults::faults;
pub use health::healthcheck;
pub use requests::requests;
pub use sign::sign;
pub use states::{reset, seed, snapshots};
pub use upload::upload;

/// How long a server may take to say something: what it is asked for is quickly done.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take for a whole folder or state.
const LONG_PATIENCE: Duration = Duration::from_secs(3600);

/// The longest line that is shown of an answer that isn't tintype's.
const LINE: usize = 300;

/// Why a running server gave no answer. Each text is for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("no tintype answers at {server}: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error("{file}: {reason}")]
    File { file: String, reason: String },
}

/// A control to be asked.
struct Question<'a> {
    server: &'a BaseUrl,
    method: http::Method,
    /// Behind `/_tintype/`.
    control: &'a str,
    query: Vec<(&'a str, &'a str)>,
    /// What the body is.
    label: &'static str,
    /// For all of the answer; without it, it may go on for ever.
    patience: Option<Duration>,
}

impl<'a> Question<'a> {
    fn new(server: &'a BaseUrl, method: http::Method, control: &'a str) -> Self {
        let (query, label) = (Vec::new(), "application/json");
        Self { server, method, control, query, label, patience: Some(PATIENCE) }
    }

    /// With a parameter, if there is a value for it.
    fn with(mut self, name: &'a str, value: Option<&'a str>) -> Self {
        self.query.extend(value.map(|value| (name, value)));
        self
    }

    /// About as much as a disk holds, which is sent or comes as a tar.
    fn about_a_tar(self) -> Self {
        Self { label: "application/x-tar", patience: Some(LONG_PATIENCE), ..self }
    }

    /// About what comes for as long as the server runs.
    fn without_end(self) -> Self {
        Self { patience: None, ..self }
    }

    /// The answer, read as JSON.
    fn ask<T: DeserializeOwned>(self, body: impl AsSendBody) -> Result<T, RemoteError> {
        let server = self.server;
        let unreadable = |error: &dyn ToString| unreachable(server, error);
        let mut answer = self.send(body)?;
        let text = answer.read_to_string().map_err(|error| unreadable(&error))?;
        serde_json::from_str(&text).map_err(|error| unreadable(&error))
    }

    /// The answer, as it comes. A refusal is an error.
    fn send(self, body: impl AsSendBody) -> Result<Body, RemoteError> {
        let server = self.server;
        let url = format!("{}/_tintype/{}", server.as_str(), self.control);
        let mut url = Url::parse(&url).map_err(|error| unreachable(server, &error))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(self.query);
        }
        let request = http::Request::builder().method(self.method).uri(url.as_str());
        let request = request.header("content-type", self.label).body(body);
        let request = request.map_err(|error| unreachable(server, &error))?;
        let answer = agent(server, self.patience)?.run(request);
        let mut answer = answer.map_err(|error| no_answer(server, &error))?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        let what = answer.headers().get("content-type").and_then(|what| what.to_str().ok());
        let is_text = what.is_some_and(|what| what.starts_with("text/plain"));
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        Err(match json["error"].as_str() {
            Some(why) => RemoteError::Refused(why.to_owned()),
            // Something else listens there, or our port for TLS, which says what is wrong.
            None => {
                let said = text.lines().next().filter(|line| is_text && line.len() <= LINE);
                let said = said.map(|line| format!(": {line}")).unwrap_or_default();
                unreachable(server, &format!("the answer was {}{said}", answer.status()))
            }
        })
    }
}

/// A client that trusts whom the web does, and whom the environment names.
fn agent(server: &BaseUrl, patience: Option<Duration>) -> Result<Agent, RemoteError> {
    let config = Config::builder().http_status_as_error(false).proxy(None);
    let config = config.timeout_global(patience).timeout_connect(Some(PATIENCE));
    // Without TLS, nobody need be trusted: what is wrong with the environment then doesn't matter.
    let config = match server.url().scheme() {
        "https" => config.tls_config(Roots::with(roots::named()?).config()),
        _ => config,
    };
    Ok(Agent::new_with_config(config.build()))
}

fn no_answer(server: &BaseUrl, error: &ureq::Error) -> RemoteError {
    match roots::explained(error) {
        Some(why) => unreachable(server, &why),
        None => unreachable(server, error),
    }
}

fn unreachable(server: &BaseUrl, reason: &dyn ToString) -> RemoteError {
    RemoteError::Unreachable { server: server.as_str().to_owned(), reason: reason.to_string() }
}
