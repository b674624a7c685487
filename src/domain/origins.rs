//! Which origins a zone takes source images from (delivery-and-transforms.md §1.3).

use std::str::FromStr;

use url::Url;

/// The origins that a zone transforms images of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Whichever: what is local needs no guard.
    Any,
    /// The zone and its subdomains, as zones of the service start.
    SameZone,
    /// The zone, its subdomains, and these.
    Listed(Vec<Origin>),
}

/// One entry of the list: `shop.test`, `*.shop.test` for the domain and all below it, with a port
/// or without, and with the beginning of a path or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    host: String,
    with_subdomains: bool,
    port: Option<u16>,
    path: String,
}

/// The text names no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin; any, same-zone or a list like shop.test,*.cdn.test,img.test/public")]
pub struct InvalidOrigin(String);

impl AllowedOrigins {
    /// Whether an image at `source` may be transformed by the zone of this name. A zone of no name
    /// has nothing of its own.
    #[must_use]
    pub fn allow(&self, source: &Url, zone: &str) -> bool {
        let zone = zone.to_ascii_lowercase();
        let zone = zone.trim_end_matches('.');
        let host = source.host_str().map(|host| host.trim_end_matches('.'));
        let same_zone = || host.is_some_and(|host| is_within(host, zone));
        match self {
            Self::Any => true,
            Self::SameZone => same_zone(),
            Self::Listed(origins) => {
                same_zone() || origins.iter().any(|origin| origin.covers(source))
            }
        }
    }
}

impl Origin {
    fn covers(&self, source: &Url) -> bool {
        let host = source.host_str().unwrap_or_default();
        let named = host == self.host || (self.with_subdomains && is_within(host, &self.host));
        let port = self.port.is_none() || self.port == source.port_or_known_default();
        named && port && source.path().starts_with(&self.path)
    }
}

/// Whether a host is the domain or one below it.
fn is_within(host: &str, domain: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.ends_with('.');
    !domain.is_empty() && host.strip_suffix(domain).is_some_and(below)
}

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        match text {
            "any" => Ok(Self::Any),
            "same-zone" => Ok(Self::SameZone),
            list => Ok(Self::Listed(list.split(',').map(str::parse).collect::<Result<_, _>>()?)),
        }
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = || InvalidOrigin(text.to_owned());
        let entry = text.trim();
        let is_word = ["any", "same-zone"].contains(&entry);
        if is_word || entry.contains("://") || entry.contains(['@', '?', '#', '\\']) {
            return Err(invalid());
        }
        let (with_subdomains, entry) = match entry.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, entry),
        };
        // Lower case and punycode, as in the URLs that it is compared with.
        let url = Url::parse(&format!("http://{entry}")).map_err(|_| invalid())?;
        let host = url.host_str().filter(|host| !host.is_empty() && !host.contains('*'));
        let host = host.ok_or_else(invalid)?.to_owned();
        let port = entry.split('/').next().and_then(|name| name.rsplit_once(':'));
        let port = port.and_then(|(_, port)| port.parse().ok());
        Ok(Self { host, with_subdomains, port, path: url.path().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(list: &str, zone: &str, source: &str) -> bool {
        let origins: AllowedOrigins = list.parse().unwrap();
        origins.allow(&Url::parse(source).unwrap(), zone)
    }

    #[test]
    fn a_domain_covers_its_subdomains_only_with_a_star() {
        for (list, source, expected) in [
            ("any", "http://evil.test/a.png", true),
            ("same-zone", "https://shop.test/a.png", true),
            ("same-zone", "https://img.shop.test/a.png", true),
            ("same-zone", "https://shop.test./a.png", true),
            ("same-zone", "https://workshop.test/a.png", false),
            ("same-zone", "https://b.test/a.png", false),
            ("b.test", "https://b.test/a.png", true),
            ("b.test", "https://shop.test/a.png", true),
            ("b.test", "https://img.b.test/a.png", false),
            ("*.b.test", "https://b.test/a.png", true),
            ("*.b.test", "https://x.img.b.test/a.png", true),
            ("*.b.test", "https://webb.test/a.png", false),
            ("a.test, B.test/public", "https://b.test/public/a.png", true),
            ("a.test,b.test/public", "https://b.test/private/a.png", false),
            ("b.test:8080", "http://b.test:8080/a.png", true),
            ("b.test:8080", "http://b.test/a.png", false),
            ("b.test:80", "http://b.test/a.png", true),
        ] {
            assert_eq!(allows(list, "shop.test", source), expected, "{list} {source}");
        }
        assert!(!allows("same-zone", "", "http://shop.test/a.png"));
        assert!(allows("same-zone", "SHOP.test.", "http://shop.test/a.png"));
    }

    #[test]
    fn what_names_no_origin_is_refused() {
        for bad in
            ["", "a.test,,b.test", "*", "http://a.test", "a.*.test", "any,a.test", "u@a", "a?b"]
        {
            assert!(bad.parse::<AllowedOrigins>().is_err(), "{bad}");
        }
    }
}
