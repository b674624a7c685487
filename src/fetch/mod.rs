//! What is fetched for an answer: images that are named by a URL instead of sent.

mod addresses;
mod folder;

use std::{
    io::{self, Read},
    time::Duration,
};

use bytes::Bytes;
use ureq::{
    Agent, Body,
    config::Config,
    http::{HeaderMap, Response, StatusCode, header},
    unversioned::transport::DefaultConnector,
};
use url::{Position, Url};

use crate::{
    domain::Digest,
    roots::{self, Roots},
    workers::Workers,
};
pub use addresses::Addresses;
use addresses::{CheckedResolver, Private};
pub use folder::Folder;

/// Fetches over HTTP and HTTPS. Clones share connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    agent: Agent,
    /// Fetches wait for the network, not for the processor: they don't share the pixel workers.
    permits: Workers,
    timeout: Duration,
}

/// What is fetched, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    /// With http or https. It may hold `user:password@`.
    pub url: Url,
    /// As in `Accept`.
    pub accept: String,
    /// As in `Via`, if we stand between the origin and somebody else.
    pub via: Option<&'static str>,
    /// The most bytes that are taken.
    pub limit: usize,
}

/// A fetched file, and what the origin says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub bytes: Bytes,
    /// Of the bytes.
    pub digest: Digest,
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
    pub etag: Option<String>,
}

/// Why nothing could be fetched. Each text is for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("it is no URL that can be asked for")]
    Unaskable,
    #[error("private addresses are not fetched from")]
    Private,
    #[error("the host has no address")]
    Unresolved,
    #[error("nothing can be reached there: {0}")]
    Unreachable(String),
    #[error("the server did not answer in time")]
    NoAnswer,
    #[error("the server returned HTTP error {0}")]
    Status(StatusCode),
    #[error("the server redirects to no URL")]
    BadRedirect,
    #[error("the server redirects too many times")]
    TooManyRedirects,
    #[error("the file is over the limit")]
    TooLarge,
    #[error("the file did not arrive in time")]
    TooSlow,
    #[error("the connection broke off: {0}")]
    CutOff(String),
    #[error("{0}")]
    Broken(String),
}

impl Fetcher {
    const REDIRECTS: usize = 5;
    const AT_ONCE: usize = 32;

    /// A fetcher that connects to such addresses only, and to the host of `trusted`, and over TLS to
    /// whom `roots` vouch for. It gives up when an answer takes longer than `timeout`, each redirect
    /// for itself, or waiting for its turn does.
    #[must_use]
    pub fn new(
        addresses: Addresses,
        trusted: Option<&Url>,
        roots: &Roots,
        timeout: Duration,
    ) -> Self {
        let config = Config::builder()
            .tls_config(roots.config())
            .timeout_global(Some(timeout))
            // Followed here: the library takes whatever an origin says for a path.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // What a proxy connects to could not be checked.
            .proxy(None)
            .user_agent(concat!("tintype/", env!("CARGO_PKG_VERSION")))
            .build();
        let trusted = trusted.map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned());
        let resolver = CheckedResolver::new(addresses, trusted);
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, permits: Workers::with_permits(Self::AT_ONCE), timeout }
    }

    /// Fetches a URL, with redirects.
    pub async fn fetch(&self, ask: Ask) -> Result<Fetched, FetchError> {
        let agent = self.agent.clone();
        let fetched = self.permits.run_within(self.timeout, move || get(&agent, ask)).await;
        fetched.unwrap_or(Err(FetchError::NoAnswer))
    }
}

fn get(agent: &Agent, mut ask: Ask) -> Result<Fetched, FetchError> {
    let credentials = take_credentials(&mut ask.url);
    let home = ask.url.origin();
    for _ in 0..=Fetcher::REDIRECTS {
        let at_home = ask.url.origin() == home;
        let response = call(agent, &ask, credentials.as_deref().filter(|_| at_home))?;
        match response.status() {
            status if status.is_success() => return receive(response, ask.limit),
            status if status.is_redirection() => ask.url = next(&ask.url, response.headers())?,
            status => return Err(FetchError::Status(status)),
        }
    }
    Err(FetchError::TooManyRedirects)
}

fn call(agent: &Agent, ask: &Ask, credentials: Option<&str>) -> Result<Response<Body>, FetchError> {
    let mut request = agent.get(ask.url.as_str()).header(header::ACCEPT, &ask.accept);
    if let Some(credentials) = credentials {
        request = request.header(header::AUTHORIZATION, credentials);
    }
    if let Some(via) = ask.via {
        request = request.header(header::VIA, via);
    }
    request.call().map_err(no_answer)
}

/// Where a redirect leads.
fn next(from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let location = text(headers, header::LOCATION).filter(|location| !location.is_empty());
    let url = location.and_then(|location| from.join(&location).ok());
    let web = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    let mut url = web.ok_or(FetchError::BadRedirect)?;
    // What a redirect has of its own is for nobody.
    take_credentials(&mut url);
    Ok(url)
}

fn receive(response: Response<Body>, limit: usize) -> Result<Fetched, FetchError> {
    let (head, body) = response.into_parts();
    let limit = limit as u64;
    if body.content_length().is_some_and(|length| length > limit) {
        return Err(FetchError::TooLarge);
    }
    let mut bytes = Vec::new();
    body.into_reader().take(limit + 1).read_to_end(&mut bytes).map_err(broken_off)?;
    if bytes.len() as u64 > limit {
        return Err(FetchError::TooLarge);
    }
    let say = |name| text(&head.headers, name);
    Ok(Fetched {
        digest: Digest::of(&bytes),
        bytes: bytes.into(),
        content_type: say(header::CONTENT_TYPE),
        cache_control: say(header::CACHE_CONTROL),
        etag: say(header::ETAG),
    })
}

/// A header's value, all of its lines together.
fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let lines: Result<Vec<_>, _> = headers.get_all(name).iter().map(|line| line.to_str()).collect();
    lines.ok().filter(|lines| !lines.is_empty()).map(|lines| lines.join(", "))
}

/// What went wrong before there was an answer.
fn no_answer(error: ureq::Error) -> FetchError {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let text = error.to_string();
    if let Some(why) = roots::explained(&error) {
        return FetchError::Broken(why.to_owned());
    }
    match error {
        ureq::Error::Timeout(_) => FetchError::NoAnswer,
        ureq::Error::HostNotFound => FetchError::Unresolved,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => FetchError::Unaskable,
        ureq::Error::ConnectionFailed => FetchError::Unreachable(text),
        ureq::Error::Other(why) if why.is::<Private>() => FetchError::Private,
        ureq::Error::Io(why) => match why.kind() {
            ConnectionRefused | HostUnreachable | NetworkUnreachable => {
                FetchError::Unreachable(why.to_string())
            }
            _ => FetchError::Broken(why.to_string()),
        },
        _ => FetchError::Broken(text),
    }
}

/// What went wrong in the middle of a body.
fn broken_off(error: io::Error) -> FetchError {
    match ureq::Error::from(error) {
        ureq::Error::Timeout(_) => FetchError::TooSlow,
        error => FetchError::CutOff(error.to_string()),
    }
}

/// Moves the user info of a URL into a header value.
fn take_credentials(url: &mut Url) -> Option<String> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use percent_encoding::percent_decode_str;
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let user = percent_decode_str(url.username()).decode_utf8_lossy();
    let password = percent_decode_str(url.password().unwrap_or_default()).decode_utf8_lossy();
    let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    // An http URL with a host always takes these.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(value)
}

/// The last segment of a URL's path, decoded.
#[must_use]
pub fn filename(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let name = percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_url() {
        let mut url = Url::parse("https://us%40er:pa%3Ass@host.test/a/b%20c.png?x=1").unwrap();

        let header = take_credentials(&mut url);

        assert_eq!(header.as_deref(), Some("Basic dXNAZXI6cGE6c3M="));
        assert_eq!(url.as_str(), "https://host.test/a/b%20c.png?x=1");
        assert_eq!(filename(&url).as_deref(), Some("b c.png"));
    }
}
