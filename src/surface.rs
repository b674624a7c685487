//! Which door a request knocks on: its host first, then its first path segment (pure).
//!
//! | host                       | path                                 | surface  |
//! |----------------------------|--------------------------------------|----------|
//! | `api.cloudflare.com`       | any                                  | API      |
//! | `batch.imagedelivery.net`  | any                                  | batch    |
//! | `upload.imagedelivery.net` | any                                  | upload   |
//! | `imagedelivery.net`        | any                                  | delivery |
//! | any other                  | `/client/…`, `…/accounts/…`          | API      |
//! | any other                  | `/batch/images/…`                    | batch    |
//! | any other                  | `/upload/…`                          | upload   |
//! | any other                  | `/cdn-cgi/imagedelivery/…`           | delivery |
//! | any other                  | `/cdn-cgi/image/…`                   | zone     |
//! | any other                  | `/_tintype/…`                        | control  |
//! | any other                  | `/<account hash>/…`                  | delivery |
//! | any other                  | anything else                        | none, or the files of `--origin-dir` |
//!
//! A path with `accounts` in it is a call of the API that misses its beginning; the API says so.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::{domain::AccountHash, urls::Address};

/// A part of the program with its own callers, routes and way of saying no.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, IntoStaticStr, EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Surface {
    /// The management API, for holders of a token.
    Api,
    /// The API for holders of a batch token.
    Batch,
    /// One-time upload URLs, for whoever has one.
    Upload,
    /// Image delivery, for browsers.
    Delivery,
    /// Transformations of images of others, for browsers.
    Zone,
    /// The program's own controls, for whoever runs it.
    Control,
    /// Nothing of ours.
    Nowhere,
}

impl Surface {
    /// As in faults, in the log of requests and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The surface for what the client calls us (its port is ignored) and a raw path.
    #[must_use]
    pub fn of(address: &Address, path: &str) -> Self {
        match address.name() {
            "api.cloudflare.com" => return Self::Api,
            "batch.imagedelivery.net" => return Self::Batch,
            "upload.imagedelivery.net" => return Self::Upload,
            "imagedelivery.net" => return Self::Delivery,
            _ => {}
        }
        let mut segments = path.split('/').skip(1);
        match (segments.next().unwrap_or_default(), segments.next()) {
            ("client", _) => Self::Api,
            ("batch", Some("images")) => Self::Batch,
            ("upload", Some(_)) => Self::Upload,
            ("cdn-cgi", Some("imagedelivery")) => Self::Delivery,
            ("cdn-cgi", Some("image")) => Self::Zone,
            ("_tintype", _) => Self::Control,
            (first, Some(_)) if AccountHash::parse(first).is_some() => Self::Delivery,
            ("accounts", _) | (_, Some("accounts")) => Self::Api,
            _ => Self::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::urls::{Host, Scheme};

    #[test]
    fn the_host_decides_before_the_path() {
        let hash = "Vi7wi5KSItxGFsWRG2Us6Q";
        for (host, path, expected) in [
            ("api.cloudflare.com", "/anything", Surface::Api),
            ("API.Cloudflare.com:443", "/client/v4/accounts", Surface::Api),
            ("imagedelivery.net", "/client/v4/accounts", Surface::Delivery),
            ("imagedelivery.net", "/", Surface::Delivery),
            ("127.0.0.1:1856", "/client/v4/accounts/a/images/v1", Surface::Api),
            ("127.0.0.1:1856", "/client/v5/oops", Surface::Api),
            ("batch.imagedelivery.net", "/images/v1", Surface::Batch),
            ("localhost", "/batch/images/v1", Surface::Batch),
            ("upload.imagedelivery.net", &format!("/{hash}/cat"), Surface::Upload),
            ("localhost", &format!("/upload/{hash}/cat"), Surface::Upload),
            ("localhost", "/accounts/a/images/v1", Surface::Api),
            ("localhost", &format!("/{hash}/accounts/a/public"), Surface::Delivery),
            ("localhost", "/v4/accounts/a/images/v1", Surface::Api),
            ("shop.test", &format!("/cdn-cgi/imagedelivery/{hash}/cat/public"), Surface::Delivery),
            ("localhost", &format!("/{hash}/cat/public"), Surface::Delivery),
            ("[::1]:1856", &format!("/{hash}/cat/public"), Surface::Delivery),
            ("shop.test", "/cdn-cgi/image/w=100/a.png", Surface::Zone),
            ("imagedelivery.net", "/cdn-cgi/image/w=100/a.png", Surface::Delivery),
            ("localhost", "/cdn-cgi/imagery", Surface::Nowhere),
            ("localhost", "/_tintype/explain", Surface::Control),
            ("localhost", "/", Surface::Nowhere),
            ("localhost", "/favicon.ico", Surface::Nowhere),
            ("localhost", &format!("/{hash}"), Surface::Nowhere),
            ("localhost", "/short/cat/public", Surface::Nowhere),
        ] {
            let address = Address::new(Scheme::Http, Host::parse(host));
            assert_eq!(Surface::of(&address, path), expected, "{host} {path}");
        }
    }
}
