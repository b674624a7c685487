//! Which door a request knocks on: its host first, then its first path segment (pure).
//!
//! | host                 | path                               | surface  |
//! |----------------------|------------------------------------|----------|
//! | `api.cloudflare.com` | any                                | API      |
//! | `imagedelivery.net`  | any                                | delivery |
//! | any other            | `/client/…`                        | API      |
//! | any other            | `/cdn-cgi/imagedelivery/…`         | delivery |
//! | any other            | `/<account hash>/…`                | delivery |
//! | any other            | anything else                      | none     |

use crate::domain::AccountHash;

/// A part of the program with its own callers, routes and way of saying no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// The management API, for holders of a token.
    Api,
    /// Image delivery, for browsers.
    Delivery,
    /// Nothing of ours.
    Nowhere,
}

impl Surface {
    /// The surface for a `Host` header (a port is ignored) and a raw path.
    #[must_use]
    pub fn of(host: &str, path: &str) -> Self {
        match host.rsplit_once(':').map_or(host, |(name, _)| name) {
            "api.cloudflare.com" => return Self::Api,
            "imagedelivery.net" => return Self::Delivery,
            _ => {}
        }
        let mut segments = path.split('/').skip(1);
        match (segments.next().unwrap_or_default(), segments.next()) {
            ("client", _) => Self::Api,
            ("cdn-cgi", Some("imagedelivery")) => Self::Delivery,
            (first, Some(_)) if AccountHash::parse(first).is_some() => Self::Delivery,
            _ => Self::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_decides_before_the_path() {
        let hash = "Vi7wi5KSItxGFsWRG2Us6Q";
        for (host, path, expected) in [
            ("api.cloudflare.com", "/anything", Surface::Api),
            ("api.cloudflare.com:443", "/client/v4/accounts", Surface::Api),
            ("imagedelivery.net", "/client/v4/accounts", Surface::Delivery),
            ("imagedelivery.net", "/", Surface::Delivery),
            ("127.0.0.1:1856", "/client/v4/accounts/a/images/v1", Surface::Api),
            ("127.0.0.1:1856", "/client/v5/oops", Surface::Api),
            ("shop.test", &format!("/cdn-cgi/imagedelivery/{hash}/cat/public"), Surface::Delivery),
            ("localhost", &format!("/{hash}/cat/public"), Surface::Delivery),
            ("[::1]:1856", &format!("/{hash}/cat/public"), Surface::Delivery),
            ("localhost", "/", Surface::Nowhere),
            ("localhost", "/favicon.ico", Surface::Nowhere),
            ("localhost", &format!("/{hash}"), Surface::Nowhere),
            ("localhost", "/short/cat/public", Surface::Nowhere),
        ] {
            assert_eq!(Surface::of(host, path), expected, "{host} {path}");
        }
    }
}
