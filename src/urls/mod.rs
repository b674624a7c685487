//! The URLs we hand out. They work for whoever asked: they are built on what the request's client
//! calls us, unless somebody who knows better has named other bases (pure).

mod address;
mod forwarded;

use std::sync::{Arc, PoisonError, RwLock};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::domain::{AccountHash, ImageId};
pub use address::{Address, Host, Scheme};

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

/// The service's hosts that we stand in for.
pub const REAL_HOSTS: [&str; 4] = [
    "api.cloudflare.com",
    "imagedelivery.net",
    "upload.imagedelivery.net",
    "batch.imagedelivery.net",
];

/// The name and the port, with its colon, of a `Host` header.
#[must_use]
pub fn split_port(host: &str) -> (&str, &str) {
    match host.rfind(':') {
        Some(colon) if !host[colon..].contains(']') => host.split_at(colon),
        _ => (host, ""),
    }
}

/// Bases that overrule what a client calls us, without a slash at their end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bases {
    /// Of every URL; those that follow go before it.
    pub public: Option<String>,
    /// What stands before `/<account hash>/<image id>/<variant>`.
    pub delivery: Option<String>,
    /// What stands before `/<account hash>/<image id>` in upload URLs.
    pub upload: Option<String>,
}

/// The bases that are in force: those of the settings, until others are set. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct NamedBases {
    settings: Arc<Bases>,
    set: Arc<RwLock<Option<Bases>>>,
}

/// The bases of the URLs in one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    delivery: String,
    upload: String,
}

impl NamedBases {
    #[must_use]
    pub fn new(settings: Bases) -> Self {
        Self { settings: Arc::new(settings), set: Arc::default() }
    }

    /// Those that are in force.
    #[must_use]
    pub fn get(&self) -> Bases {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        set.as_ref().unwrap_or(&self.settings).clone()
    }

    /// Puts others in force; with `None`, those of the settings again.
    pub fn set(&self, bases: Option<Bases>) {
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = bases;
    }
}

impl Urls {
    /// URLs for a client that calls us so. Who asks a real host is given the real ones.
    #[must_use]
    pub fn new(bases: Bases, address: &Address) -> Self {
        let derived = match bases.public {
            Some(public) => Self::below(&public),
            None => Self::by(address),
        };
        Self {
            delivery: bases.delivery.unwrap_or(derived.delivery),
            upload: bases.upload.unwrap_or(derived.upload),
        }
    }

    fn by(address: &Address) -> Self {
        if !REAL_HOSTS.contains(&address.name()) {
            return Self::below(&address.base());
        }
        // With a port, these are names in a hosts file; without, someone stands in for the service,
        // whichever port that comes to here.
        let (scheme, port) = match address.port() {
            Some(port) => (address.scheme(), format!(":{port}")),
            None => (Scheme::Https, String::new()),
        };
        let scheme = scheme.name();
        Self {
            delivery: format!("{scheme}://imagedelivery.net{port}"),
            upload: format!("{scheme}://upload.imagedelivery.net{port}"),
        }
    }

    fn below(base: &str) -> Self {
        Self { delivery: base.to_owned(), upload: format!("{base}/upload") }
    }

    /// The beginnings of delivery URLs and of upload URLs.
    #[must_use]
    pub fn bases(&self) -> [&str; 2] {
        [&self.delivery, &self.upload]
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

    fn urls(scheme: Scheme, host: &str) -> Urls {
        Urls::new(Bases::default(), &Address::new(scheme, Host::parse(host)))
    }

    #[test]
    fn ids_keep_their_slashes_and_lose_what_a_path_cannot_hold() {
        let hash = AccountHash::parse("Vi7wi5KSItxGFsWRG2Us6Q").unwrap();
        let id = ImageId::custom("shop/50% off?/ключ").unwrap();
        let urls = urls(Scheme::Http, "127.0.0.1:1856");

        insta::assert_snapshot!(
            urls.variant(&hash, &id, "public"),
            @"http://127.0.0.1:1856/Vi7wi5KSItxGFsWRG2Us6Q/shop/50%25%20off%3F/%D0%BA%D0%BB%D1%8E%D1%87/public"
        );
        insta::assert_snapshot!(
            urls.upload(&hash, &ImageId::custom("a/b").unwrap()),
            @"http://127.0.0.1:1856/upload/Vi7wi5KSItxGFsWRG2Us6Q/a%2Fb"
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
        let real = ["https://imagedelivery.net", "https://upload.imagedelivery.net"];
        for host in REAL_HOSTS {
            assert_eq!(urls(Scheme::Http, host).bases(), real, "{host}");
            assert_eq!(urls(Scheme::Https, host).bases(), real, "{host}");
        }
        assert_eq!(urls(Scheme::Https, "API.Cloudflare.com:443").bases(), real);
        assert_eq!(urls(Scheme::Https, "api.cloudflare.com.").bases(), real);
        assert_eq!(
            urls(Scheme::Https, "api.cloudflare.com:8443").bases(),
            ["https://imagedelivery.net:8443", "https://upload.imagedelivery.net:8443"]
        );
        assert_eq!(
            urls(Scheme::Http, "api.cloudflare.com:1856").bases(),
            ["http://imagedelivery.net:1856", "http://upload.imagedelivery.net:1856"]
        );
        assert_eq!(
            urls(Scheme::Http, "api.cloudflare.com.test").bases()[0],
            "http://api.cloudflare.com.test"
        );
    }

    #[test]
    fn named_bases_overrule_the_host_and_the_nearer_name_the_further() {
        let base = |text: &str| Some(text.to_owned());
        let address = Address::new(Scheme::Http, Host::parse("api.cloudflare.com"));
        let public = Bases { public: base("https://a.test/b"), ..Bases::default() };
        let delivery = Bases { delivery: base("https://img.test"), ..public.clone() };
        let upload = Bases { upload: base("https://up.test"), ..Bases::default() };

        assert_eq!(
            Urls::new(public, &address).bases(),
            ["https://a.test/b", "https://a.test/b/upload"]
        );
        assert_eq!(
            Urls::new(delivery, &address).bases(),
            ["https://img.test", "https://a.test/b/upload"]
        );
        assert_eq!(
            Urls::new(upload, &address).bases(),
            ["https://imagedelivery.net", "https://up.test"]
        );
    }

    #[test]
    fn bases_that_are_set_hold_until_they_are_taken_back() {
        let settings = Bases { public: Some("https://a.test".to_owned()), ..Bases::default() };
        let named = NamedBases::new(settings.clone());
        let elsewhere = named.clone();

        named.set(Some(Bases::default()));
        assert_eq!(elsewhere.get(), Bases::default());

        named.set(None);
        assert_eq!(named.get(), settings);
    }
}
