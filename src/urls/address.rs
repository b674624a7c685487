//! What a request's client calls us: scheme, host and port, whatever proxies stand between (pure).
//!
//! Headers come from anybody, so what isn't a plain name or address with a port is as good as absent:
//! nothing else gets into the URLs that are built on it.

use std::{fmt, net::SocketAddr};

use super::forwarded::Forwarded;

/// How a URL begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

/// A host by name or address, in lower case, with the port if it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

/// What a client calls us. A port that goes without saying isn't said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    host: Option<Host>,
    /// Where the client's connection came to, if it says nothing better.
    reached: Option<Host>,
}

impl Scheme {
    /// As in a URL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let is = |scheme: &Self| text.eq_ignore_ascii_case(scheme.name());
        [Self::Http, Self::Https].into_iter().find(is)
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Http => Self::Https,
            Self::Https => Self::Http,
        }
    }
}

impl Host {
    /// Of a `Host` header or the like; `None` if it is anything but a name or an address, and a port.
    /// The dot at the end of a name that is written out in full is left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = super::split_port(text);
        let port = match port.strip_prefix(':') {
            None | Some("") => None,
            Some(digits) => Some(digits.parse().ok().filter(|port| *port != 0)?),
        };
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let name = name.strip_suffix('.').unwrap_or(name);
        let fits = match address {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => name.len() <= 253 && name.split('.').all(is_label),
        };
        fits.then(|| Self { name: name.to_ascii_lowercase(), port })
    }

    /// Without the port; an IPv6 address with its brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A part of a name, between dots. People and compose put underlines into theirs.
fn is_label(text: &str) -> bool {
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
    text.bytes().all(fits) && text.bytes().any(|letter| letter.is_ascii_alphanumeric())
}

impl Address {
    /// Of a request that came over a connection of this kind with these headers: by `Forwarded`
    /// (RFC 7239), else by `X-Forwarded-Host`, `-Proto` and `-Port`, else by `Host`. Each of them is
    /// asked for what it knows, for proxies often say only a part. `header` gives a header's value.
    #[must_use]
    pub fn of<'a>(connection: Scheme, header: impl Fn(&str) -> Option<&'a str>) -> Self {
        // The first of the values that proxies on the way have strung together.
        let first = |name| Some(header(name)?.split(',').next().unwrap_or_default().trim());
        let forwarded = header("forwarded").map(Forwarded::first).unwrap_or_default();
        let told = forwarded.proto.as_deref().and_then(Scheme::parse);
        let told = told.or_else(|| Scheme::parse(first("x-forwarded-proto")?));
        let host = forwarded.host.as_deref().and_then(Host::parse);
        let host = host.or_else(|| Host::parse(first("x-forwarded-host")?));
        let mut host = host.or_else(|| Host::parse(header("host")?));
        let port = first("x-forwarded-port").and_then(|port| port.parse().ok());
        if let Some(host) = host.as_mut().filter(|host| host.port.is_none()) {
            // Behind two proxies, the inner one tells of its own port, which isn't the client's.
            let strange = told.unwrap_or(connection).other().port();
            host.port = port.filter(|port| *port != 0 && *port != strange);
        }
        // A proxy that ends TLS and forgets to say so, but leaves the port.
        let is_secure = host.as_ref().is_some_and(|host| host.port == Some(443));
        let guess = if is_secure { Scheme::Https } else { connection };
        Self::new(told.unwrap_or(guess), host)
    }

    /// As a URL names it.
    #[must_use]
    pub fn new(scheme: Scheme, mut host: Option<Host>) -> Self {
        if let Some(host) = host.as_mut().filter(|host| host.port == Some(scheme.port())) {
            host.port = None;
        }
        Self { scheme, host, reached: None }
    }

    /// By a connection that came to this address of ours: what URLs have for a client that doesn't say
    /// what we are called.
    #[must_use]
    pub fn reached_at(mut self, local: Option<SocketAddr>) -> Self {
        if let (None, Some(local)) = (&self.host, local) {
            // Of IPv4 that came to a socket for both; and no zone, which URLs have no place for.
            let local = SocketAddr::new(local.ip().to_canonical(), local.port());
            self.reached = Self::new(self.scheme, Host::parse(&local.to_string())).host;
        }
        self
    }

    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// `None` if the client doesn't say, or says nonsense.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// The host's name; empty if there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.host.as_ref().map_or("", Host::name)
    }

    /// Whether the client names a port that doesn't go without saying.
    pub(super) fn port(&self) -> Option<u16> {
        self.host.as_ref()?.port
    }

    /// The beginning of a URL, without a path. Who doesn't say what we are called is near.
    #[must_use]
    pub fn base(&self) -> String {
        let host = self.host.as_ref().or(self.reached.as_ref());
        let host = host.map_or_else(|| "localhost".to_owned(), Host::to_string);
        format!("{}://{host}", self.scheme.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(connection: Scheme, headers: &[(&str, &str)]) -> String {
        let find = |name: &str| headers.iter().find(|(one, _)| *one == name);
        Address::of(connection, |name| find(name).map(|(_, value)| *value)).base()
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_maybe_a_port() {
        for (text, expected) in [
            ("LocalHost:1856", "localhost:1856"),
            ("my_app.test", "my_app.test"),
            ("[::1]:1856", "[::1]:1856"),
            ("127.0.0.1:", "127.0.0.1"),
            ("a--b.x_1.test.:81", "a--b.x_1.test:81"),
        ] {
            assert_eq!(Host::parse(text).unwrap().to_string(), expected);
        }
        for bad in [
            "",
            ":80",
            "user@evil.test",
            "user:pass@evil.test",
            "a.test/path",
            "a.test?x",
            "a.test#x",
            "a b.test",
            "a.test\r\nset-cookie: x",
            "a.test:port",
            "a.test:0",
            "a.test:65536",
            "::1",
            "[::1",
            "[evil]",
            "a\"b.test",
            "<script>",
            "ä.test",
            ".",
            "..",
            "-",
            "_",
            "a..test",
            ".a.test",
            "a.test..",
            "a.-.test",
        ] {
            assert_eq!(Host::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn forwarded_beats_x_forwarded_beats_host_part_by_part() {
        let host = ("host", "tintype:1856");
        let x_host = ("x-forwarded-host", "a.test, inner");
        let x_proto = ("x-forwarded-proto", "HTTPS, http");
        for (headers, expected) in [
            (&[host][..], "http://tintype:1856"),
            (&[], "http://localhost"),
            (&[host, x_proto], "https://tintype:1856"),
            (&[host, x_host], "http://a.test"),
            (&[host, x_host, x_proto], "https://a.test"),
            (&[host, x_host, x_proto, ("x-forwarded-port", "8443")], "https://a.test:8443"),
            (&[host, x_host, x_proto, ("x-forwarded-port", "443")], "https://a.test"),
            (&[host, x_host, x_proto, ("x-forwarded-port", "80")], "https://a.test"),
            (&[host, x_host, ("x-forwarded-port", "443")], "http://a.test"),
            (&[("host", "a.test:8080"), ("x-forwarded-port", "80")], "http://a.test:8080"),
            (&[host, x_host, ("forwarded", "host=\"b.test:81\";proto=http")], "http://b.test:81"),
            (&[host, x_host, x_proto, ("forwarded", "for=192.0.2.60")], "https://a.test"),
            (&[host, ("forwarded", "proto=https;host=c.test, host=d.test")], "https://c.test"),
            (&[("host", "a.test:443")], "https://a.test"),
            (&[("host", "a.test:80")], "http://a.test"),
        ] {
            assert_eq!(base(Scheme::Http, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn the_connection_says_the_scheme_when_nobody_else_does() {
        for (headers, expected) in [
            (&[("host", "localhost:8443")][..], "https://localhost:8443"),
            (&[("host", "localhost:443")], "https://localhost"),
            (&[("host", "localhost"), ("x-forwarded-proto", "http")], "http://localhost"),
        ] {
            assert_eq!(base(Scheme::Https, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn who_does_not_say_what_we_are_called_gets_the_address_that_he_came_to() {
        let base = |scheme, host: &str, local: &str| {
            let address = Address::new(scheme, Host::parse(host));
            address.reached_at(Some(local.parse().unwrap())).base()
        };
        for (scheme, host, local, expected) in [
            (Scheme::Http, "", "127.0.0.1:21856", "http://127.0.0.1:21856"),
            (Scheme::Http, "me@a.test", "[::ffff:10.0.0.2]:1856", "http://10.0.0.2:1856"),
            (Scheme::Https, "", "[::1]:443", "https://[::1]"),
            (Scheme::Http, "", "[fe80::1%3]:1856", "http://[fe80::1]:1856"),
            (Scheme::Http, "a.test", "127.0.0.1:21856", "http://a.test"),
        ] {
            assert_eq!(base(scheme, host, local), expected, "{host}");
        }
    }

    #[test]
    fn what_is_malformed_is_as_good_as_absent() {
        let host = ("host", "tintype:1856");
        for bad in [
            ("x-forwarded-host", "user:secret@evil.test"),
            ("x-forwarded-host", "evil.test/path?"),
            ("x-forwarded-host", ""),
            ("x-forwarded-host", ", evil.test"),
            ("x-forwarded-proto", "javascript"),
            ("x-forwarded-proto", "https://evil.test/"),
            ("x-forwarded-port", "80@evil.test"),
            ("x-forwarded-port", "99999"),
            ("forwarded", "host=\"evil.test"),
            ("forwarded", "host=\"user@evil.test\""),
            ("forwarded", "host=evil.test;host=evil.test"),
            ("forwarded", "proto=javascript"),
            ("forwarded", ";;,=\\"),
        ] {
            assert_eq!(base(Scheme::Http, &[host, bad]), "http://tintype:1856", "{bad:?}");
        }
        assert_eq!(base(Scheme::Http, &[("host", "user@evil.test")]), "http://localhost");
    }
}
