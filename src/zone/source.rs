//! Where a zone's source images come from: whole URLs, the origin of the settings, or its folder.

use std::{fmt, path::PathBuf};

use axum::http::{HeaderMap, header};
use url::Url;

use super::{
    error::{Result, ZoneError},
    path::{InvalidPath, Source, ZonePath},
};
use crate::{
    answer::all_values,
    app::App,
    domain::AllowedOrigins,
    fetch::{Ask, Fetched},
    urls,
};

/// The service's limit for source images.
const MAX_BYTES: usize = 100 << 20;

/// What a request to an origin says it came through (delivery-and-transforms.md §1.3).
pub(super) const VIA: &str = "1.1 image-resizing";

/// A source image that may be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    Web(Url),
    /// Below `--origin`.
    Origin(Url),
    /// Below `--origin-dir`, by a path as sent.
    Folder(PathBuf, String),
}

impl Place {
    /// Finds out where a source is, and refuses what may not be transformed.
    pub(super) fn of(app: &App, source: Source, headers: &HeaderMap) -> Result<Self> {
        let settings = &app.settings;
        let host = all_values(headers, header::HOST.as_str());
        let place = match (source, &settings.origin, &settings.origin_dir) {
            (Source::Absolute(url), ..) => {
                Self::Web(checked(url, &settings.allowed_origins, &host)?)
            }
            (Source::Relative(path), _, Some(folder)) => Self::Folder(folder.clone(), path),
            (Source::Relative(path), Some(origin), _) => {
                Self::Origin(joined(origin.as_str(), &path)?)
            }
            (Source::Relative(path), None, None) => {
                Self::Web(joined(&format!("http://{host}"), &path)?)
            }
        };
        let path = match &place {
            Self::Web(url) | Self::Origin(url) => url.path(),
            Self::Folder(_, path) => path,
        };
        if path.starts_with(ZonePath::PREFIX) { Err(ZoneError::Loop) } else { Ok(place) }
    }

    /// The image's bytes.
    pub(super) async fn fetch(self, app: &App, headers: &HeaderMap) -> Result<Fetched> {
        let ask = |url| {
            let accept = all_values(headers, header::ACCEPT.as_str());
            let accept = if accept.is_empty() { "image/*".to_owned() } else { accept };
            Ask { url, accept, via: Some(VIA), limit: MAX_BYTES }
        };
        Ok(match self {
            Self::Web(url) => app.fetcher.fetch(ask(url)).await?,
            Self::Origin(url) => app.origin_fetcher.fetch(ask(url)).await?,
            Self::Folder(folder, path) => app.fetcher.read(folder, path, MAX_BYTES).await?,
        })
    }

    /// Where a client finds the source itself, if it belongs to the zone.
    pub(super) fn on_the_zone(&self, headers: &HeaderMap) -> Option<String> {
        let host = all_values(headers, header::HOST.as_str());
        match self {
            Self::Web(url) => {
                AllowedOrigins::SameZone.allow(url, zone(&host)).then(|| url.to_string())
            }
            Self::Origin(url) => Some(url.to_string()),
            Self::Folder(_, path) => Some(path.clone()),
        }
    }
}

/// Origins are asked anonymously, whatever a URL says.
fn checked(mut url: Url, allowed: &AllowedOrigins, host: &str) -> Result<Url> {
    // An http URL with a host always takes these.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if allowed.allow(&url, zone(host)) {
        return Ok(url);
    }
    Err(ZoneError::OriginNotAllowed(url.host_str().unwrap_or_default().to_owned()))
}

/// The domain that a request came to.
fn zone(host: &str) -> &str {
    urls::split_port(host).0
}

fn joined(base: &str, path: &str) -> Result<Url> {
    // Without a host, the path's first segment would be taken for one.
    let url = Some(format!("{base}{path}")).filter(|_| !base.ends_with('/'));
    url.and_then(|url| Url::parse(&url).ok()).ok_or(InvalidPath::UnreadableSource.into())
}

/// For people.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) | Self::Origin(url) => url.fmt(f),
            Self::Folder(folder, path) => write!(f, "{}{path}", folder.display()),
        }
    }
}
