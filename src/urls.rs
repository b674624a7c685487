//! The URLs we hand out. They work for whoever asked: they are built from the request (pure).

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::domain::{AccountHash, ImageId};

/// What has to be escaped in a path. Slashes of an image id stay, as the service prints them.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What has to be escaped in one segment of a path.
const SEGMENT: &AsciiSet = &PATH.add(b'/');

/// The service's hosts that answer with URLs.
const REAL_HOSTS: [&str; 3] =
    ["api.cloudflare.com", "batch.imagedelivery.net", "upload.imagedelivery.net"];

/// The name and the port, with its colon, of a `Host` header.
#[must_use]
pub fn split_port(host: &str) -> (&str, &str) {
    match host.rfind(':') {
        Some(colon) if !host[colon..].contains(']') => host.split_at(colon),
        _ => (host, ""),
    }
}

/// The bases of the URLs in one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    delivery: String,
    upload: String,
}

impl Urls {
    /// URLs under a fixed base without a slash at its end.
    #[must_use]
    pub fn fixed(base: &str) -> Self {
        Self { delivery: base.to_owned(), upload: format!("{base}/upload") }
    }

    /// URLs under `public`, the base that the settings name, if they name one; else as a request
    /// with these headers came in. `header` gives one header's value.
    #[must_use]
    pub fn of<'a>(public: Option<&str>, header: impl Fn(&str) -> Option<&'a str>) -> Self {
        if let Some(public) = public {
            return Self::fixed(public);
        }
        // The first of the values that proxies on the way have strung together.
        let first = |name| {
            let value = header(name)?.split(',').next()?.trim();
            (!value.is_empty()).then_some(value)
        };
        let scheme = first("x-forwarded-proto").unwrap_or("http");
        let host = first("x-forwarded-host").or_else(|| first("host"));
        Self::for_request(scheme, host.unwrap_or("localhost"))
    }

    /// URLs for a request that came to `scheme://host`. Who asks a real host is given the real
    /// ones.
    #[must_use]
    pub fn for_request(scheme: &str, host: &str) -> Self {
        let (name, port) = split_port(host);
        let name = name.to_ascii_lowercase();
        if !REAL_HOSTS.contains(&name.as_str()) {
            return Self::fixed(&format!("{scheme}://{host}"));
        }
        // With a port, these are names in a hosts file; without, someone stands in for the service.
        let scheme = if port.is_empty() { "https" } else { scheme };
        Self {
            delivery: format!("{scheme}://imagedelivery.net{port}"),
            upload: format!("{scheme}://upload.imagedelivery.net{port}"),
        }
    }

    /// Where a variant of an image is delivered.
    #[must_use]
    pub fn variant(&self, hash: &AccountHash, image: &ImageId, variant: &str) -> String {
        let image = utf8_percent_encode(image.as_str(), PATH);
        format!("{}/{hash}/{image}/{variant}", self.delivery)
    }

    /// Where the bytes of a draft are sent to. Slashes of the id are escaped, as the service does.
    #[must_use]
    pub fn upload(&self, hash: &AccountHash, image: &ImageId) -> String {
        let image = utf8_percent_encode(image.as_str(), SEGMENT);
        format!("{}/{hash}/{image}", self.upload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_slashes_and_lose_what_a_path_cannot_hold() {
        let hash = AccountHash::parse("Vi7wi5KSItxGFsWRG2Us6Q").unwrap();
        let id = ImageId::custom("shop/50% off?/ключ").unwrap();
        let urls = Urls::for_request("http", "127.0.0.1:1856");

        insta::assert_snapshot!(
            urls.variant(&hash, &id, "public"),
            @"http://127.0.0.1:1856/Vi7wi5KSItxGFsWRG2Us6Q/shop/50%25%20off%3F/%D0%BA%D0%BB%D1%8E%D1%87/public"
        );
    }

    #[test]
    fn a_port_is_told_from_an_address() {
        assert_eq!(split_port("localhost:1856"), ("localhost", ":1856"));
        assert_eq!(split_port("[::1]:1856"), ("[::1]", ":1856"));
        assert_eq!(split_port("[::1]"), ("[::1]", ""));
    }

    #[test]
    fn the_real_hosts_hand_out_the_real_hosts() {
        let hash = AccountHash::parse("Vi7wi5KSItxGFsWRG2Us6Q").unwrap();
        let id = ImageId::custom("a/b").unwrap();
        let urls = Urls::for_request("http", "api.cloudflare.com");

        insta::assert_snapshot!(urls.variant(&hash, &id, "public"), @"https://imagedelivery.net/Vi7wi5KSItxGFsWRG2Us6Q/a/b/public");
        let mapped = Urls::for_request("http", "api.cloudflare.com:1856");
        insta::assert_snapshot!(mapped.variant(&hash, &id, "public"), @"http://imagedelivery.net:1856/Vi7wi5KSItxGFsWRG2Us6Q/a/b/public");
        insta::assert_snapshot!(urls.upload(&hash, &id), @"https://upload.imagedelivery.net/Vi7wi5KSItxGFsWRG2Us6Q/a%2Fb");
    }
}
