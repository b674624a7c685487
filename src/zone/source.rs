//! Where a zone's source images come from: whole URLs, the origin of the settings, or its folder.

use std::fmt;

use url::Url;

use super::{
    error::{Result, ZoneError},
    path::{InvalidPath, Source, ZonePath},
};
use crate::{
    app::App,
    domain::AllowedOrigins,
    fetch::{Ask, FetchError, Fetched},
    urls::Address,
};

/// The service's limit for source images.
const MAX_BYTES: usize = 100 << 20;

/// What a request to an origin says it came through (delivery-and-transforms.md §1.3).
const VIA: &str = "1.1 image-resizing";

/// A source image that may be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum SourceImage {
    /// Anywhere.
    Web(Url),
    /// Below `--origin`.
    Origin(Url),
    /// Below `--origin-dir`, by a path as sent.
    Folder(String),
}

impl SourceImage {
    /// Finds out where a source is, and refuses what may not be transformed.
    pub(super) fn of(app: &App, source: Source, address: &Address) -> Result<Self> {
        let settings = &app.settings;
        let place = match (source, &settings.origin, &app.origin_folder) {
            (Source::Absolute(url), ..) => {
                Self::Web(checked(url, &settings.allowed_origins, address)?)
            }
            (Source::Relative(path), _, Some(_)) => Self::Folder(path),
            (Source::Relative(path), Some(origin), _) => Self::Origin(below(origin.url(), &path)?),
            (Source::Relative(path), None, None) => {
                address.host().ok_or(InvalidPath::UnreadableSource)?;
                let base = Url::parse(&address.base());
                Self::Web(below(&base.map_err(|_| InvalidPath::UnreadableSource)?, &path)?)
            }
        };
        let path = match &place {
            Self::Web(url) | Self::Origin(url) => url.path(),
            Self::Folder(path) => path,
        };
        if path.starts_with(ZonePath::PREFIX) { Err(ZoneError::Loop) } else { Ok(place) }
    }

    /// The image's bytes.
    pub(super) async fn fetch(self, app: &App, accept: String) -> Result<Fetched, FetchError> {
        match (self, &app.origin_folder) {
            (Self::Web(url) | Self::Origin(url), _) => {
                let ask = Ask { url, accept, via: Some(VIA), limit: MAX_BYTES };
                app.source_fetcher.fetch(ask).await
            }
            (Self::Folder(path), Some(folder)) => folder.read(path, MAX_BYTES).await,
            (Self::Folder(_), None) => unreachable!("without a folder, no place is in it"),
        }
    }

    /// Where a client finds the source itself, if it belongs to the zone.
    pub(super) fn on_the_zone(&self, address: &Address) -> Option<String> {
        match self {
            Self::Web(url) => {
                AllowedOrigins::SameZone.allow(url, address.host()?.name()).then(|| url.to_string())
            }
            Self::Origin(url) => Some(anonymous(url.clone()).to_string()),
            // Two slashes, or what browsers take for them, would lead to another host.
            Self::Folder(path) => {
                let leads_away = path[1..].starts_with(['/', '\\']);
                (!leads_away).then(|| path.clone())
            }
        }
    }
}

/// Origins are asked anonymously, whatever a URL says.
fn checked(url: Url, allowed: &AllowedOrigins, address: &Address) -> Result<Url> {
    let url = anonymous(url);
    if allowed.allow(&url, address.name()) {
        return Ok(url);
    }
    Err(ZoneError::OriginNotAllowed(url.host_str().unwrap_or_default().to_owned()))
}

fn anonymous(mut url: Url) -> Url {
    // An http URL with a host always takes these.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// A path, as sent, below a base; dots don't lead out of it.
fn below(base: &Url, path: &str) -> Result<Url> {
    let start = base.path().trim_end_matches('/');
    let url = Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/')));
    let stays = |url: &Url| {
        url.path().strip_prefix(start).is_some_and(|rest| rest.starts_with('/'))
            && url.origin() == base.origin()
    };
    url.ok().filter(stays).ok_or(InvalidPath::UnreadableSource.into())
}

/// For people.
impl fmt::Display for SourceImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) | Self::Origin(url) => anonymous(url.clone()).fmt(f),
            Self::Folder(path) => write!(f, "--origin-dir {path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_do_not_lead_out_of_a_base() {
        let base = Url::parse("http://us:pa@h.test/base/").unwrap();
        let below = |path: &str| below(&base, path).map(|url| anonymous(url).to_string()).ok();

        assert_eq!(below("/a.png?v=1").as_deref(), Some("http://h.test/base/a.png?v=1"));
        assert_eq!(below("//a.png").as_deref(), Some("http://h.test/base//a.png"));
        for out in ["/../a.png", "/%2e%2e/a.png", "/x/../../a.png", "/../basement/a.png"] {
            assert_eq!(below(out), None, "{out}");
        }
    }
}
