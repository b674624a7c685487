//! Outbound HTTP with limits: images that are named by a URL instead of sent.

use std::{
    io::Read,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use bytes::Bytes;
use ureq::{
    Agent,
    config::{Config, RedirectAuthHeaders},
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};
use url::Url;

use crate::workers::Workers;

/// Fetches over HTTP and HTTPS. Clones share connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    agent: Agent,
    /// Fetches wait for the network, not for the processor: they don't share the pixel workers.
    permits: Workers,
}

/// What may be fetched, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    pub bytes: usize,
}

/// A fetched file.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub bytes: Bytes,
    /// The last segment of the URL's path, decoded.
    pub filename: Option<String>,
}

/// Why a URL could not be fetched. Each text is for the client.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the url must be an http or https URL")]
    NotHttp,
    #[error("images of imagedelivery.net can't be uploaded by url")]
    ForbiddenOrigin,
    #[error("the server returned HTTP error {0}")]
    Status(u16),
    #[error("the file is over the limit")]
    TooLarge,
    #[error("{0}")]
    Transport(String),
}

impl Fetcher {
    const TIMEOUT: Duration = Duration::from_secs(30);
    const REDIRECTS: u32 = 5;
    const AT_ONCE: usize = 32;

    /// A fetcher that refuses private addresses if told to: this machine, its networks.
    #[must_use]
    pub fn new(addresses: Addresses) -> Self {
        let config = Config::builder()
            .timeout_global(Some(Self::TIMEOUT))
            .max_redirects(Self::REDIRECTS)
            .http_status_as_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            // What a proxy connects to could not be checked.
            .proxy(None)
            .user_agent(concat!("tintype/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = CheckedResolver { inner: DefaultResolver::default(), addresses };
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, permits: Workers::with_permits(Self::AT_ONCE) }
    }

    /// Fetches a URL, which may hold `user:password@`, with redirects.
    pub async fn fetch(&self, url: &str, limits: FetchLimits) -> Result<Fetched, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotHttp)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::NotHttp);
        }
        if url.host_str().is_some_and(|host| host.eq_ignore_ascii_case("imagedelivery.net")) {
            return Err(FetchError::ForbiddenOrigin);
        }
        let agent = self.agent.clone();
        let filename = filename(&url);
        let bytes = self.permits.run(move || get(&agent, url, limits)).await?;
        Ok(Fetched { bytes, filename })
    }
}

fn get(agent: &Agent, mut url: Url, limits: FetchLimits) -> Result<Bytes, FetchError> {
    let credentials = take_credentials(&mut url);
    let mut request = agent.get(url.as_str()).header("accept", "image/*");
    if let Some(credentials) = credentials {
        request = request.header("authorization", credentials);
    }
    let response = request.call().map_err(|error| FetchError::Transport(error.to_string()))?;
    if !response.status().is_success() {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    let mut body = response.into_body().into_reader().take(limits.bytes as u64 + 1);
    body.read_to_end(&mut bytes).map_err(|error| FetchError::Transport(error.to_string()))?;
    if bytes.len() > limits.bytes { Err(FetchError::TooLarge) } else { Ok(bytes.into()) }
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

fn filename(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let name = percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    All,
    /// Not this machine and not its networks.
    Public,
}

impl Addresses {
    fn allow(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::All, _) => true,
            (Self::Public, IpAddr::V4(address)) => is_public_v4(address),
            (Self::Public, IpAddr::V6(address)) => {
                is_public_v6(address) && carried_v4(address).is_none_or(is_public_v4)
            }
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let shared = address.octets()[0] == 100 && (address.octets()[1] & 0xc0) == 64;
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || address.octets()[0] == 0
        || shared)
}

/// The IPv4 address that a packet to this one ends up at: mapped, through NAT64 (RFC 6052) or
/// through 6to4 (RFC 3056).
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(from(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast())
}

/// Checks what a name resolves to at every connection, so that neither a redirect nor a name that
/// changes its mind gets around it.
#[derive(Debug)]
struct CheckedResolver {
    inner: DefaultResolver,
    addresses: Addresses,
}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut allowed = self.empty();
        for address in self.inner.resolve(uri, config, timeout)?.iter() {
            if self.addresses.allow(address.ip()) {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() {
            let refused = std::io::Error::other("private addresses are not fetched from");
            return Err(ureq::Error::Io(refused));
        }
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.1.2.3",
            "2002:7f00:1::",
            "::",
        ] {
            let address = private.parse().unwrap();
            assert!(!Addresses::Public.allow(address), "{private}");
            assert!(Addresses::All.allow(address));
        }
        for public in ["93.184.216.34", "2606:4700::1111", "100.128.0.1", "64:ff9b::93.184.216.34"]
        {
            assert!(Addresses::Public.allow(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn credentials_leave_the_url() {
        let mut url = Url::parse("https://us%40er:pa%3Ass@host.test/a/b%20c.png?x=1").unwrap();

        let header = take_credentials(&mut url);

        assert_eq!(header.as_deref(), Some("Basic dXNAZXI6cGE6c3M="));
        assert_eq!(url.as_str(), "https://host.test/a/b%20c.png?x=1");
        assert_eq!(filename(&url).as_deref(), Some("b c.png"));
    }
}
