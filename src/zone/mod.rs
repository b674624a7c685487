//! A zone with transformations switched on: `/cdn-cgi/image/<options>/<source>`, for browsers.

mod error;
mod path;
mod source;

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    answer::{self, Answer, Mark, Prepared, all_values},
    app::App,
    call::Operation,
    error::Evidence,
    explain::{Explain, Explanation},
    fetch::{FetchError, Fetched},
    flights::Flights,
    render::Original,
    transform::{Options, Place, Reading, sniff},
    urls::Address,
};
use error::{Result, ZoneError};
use path::ZonePath;
use source::SourceImage;

/// Shorter times to keep a source are remarked upon: the edge keeps everything for an hour.
const SHORTEST_AGE: u64 = 3600;

/// What can be asked of this surface.
pub(crate) const OPERATION: Operation = Operation {
    method: "get",
    path: "/cdn-cgi/image/{options}/{*source}",
    evidence: Evidence::Documented,
    name: "Transform an image",
};

/// Answers for every path below `/cdn-cgi/image`. Clones share what is under way.
#[derive(Clone)]
pub(crate) struct Zone {
    app: App,
    /// A source that many want at once is fetched, and held, once. What an origin answers may depend
    /// on `Accept`.
    fetches: Flights<(SourceImage, String), Result<Arc<Fetched>, FetchError>>,
}

/// What a URL asks for.
struct Asked {
    /// As the URL has them; whether they can be read comes out later.
    options: String,
    source: SourceImage,
}

/// What is asked for; nothing is fetched yet.
fn read(app: &App, parts: &Parts) -> Result<Asked> {
    let via = all_values(&parts.headers, header::VIA.as_str());
    let is_ours = |word: &str| word.eq_ignore_ascii_case("image-resizing");
    if via.split([',', ' ', '\t']).any(is_ours) {
        return Err(ZoneError::Loop);
    }
    let ZonePath { options, source } = ZonePath::parse(parts.uri.path(), parts.uri.query())?;
    let source = match SourceImage::of(app, source, address(parts)) {
        Ok(source) => source,
        // Of two faults, the first in the URL is told.
        Err(error) => {
            return Err(Options::read(Place::Zone, &options).map_or_else(Into::into, |_| error));
        }
    };
    Ok(Asked { options, source })
}

/// What the client calls the zone.
fn address(parts: &Parts) -> &Address {
    parts.extensions.get().expect("every request has its address")
}

impl Zone {
    pub(crate) fn new(app: App) -> Self {
        Self { app, fetches: Flights::default() }
    }

    pub(crate) async fn answer(&self, request: Request) -> Response {
        let (parts, _) = request.into_parts();
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return answer::method_not_allowed();
        }
        if parts.extensions.get::<Explain>().is_some() {
            return self.explanation(&parts).await.into_response();
        }
        let headers = &parts.headers;
        let asked = match read(&self.app, &parts) {
            Ok(asked) => asked,
            Err(error) => return error.into_response(),
        };
        let refuge = asked.refuge(address(&parts));
        let transformed = async {
            let answer = self.prepare(asked, headers).await?;
            Ok::<_, ZoneError>(answer.send(&self.app.renderer, headers).await?)
        };
        match (transformed.await, refuge) {
            (Ok(response), _) => response,
            (Err(error), Some(source)) => redirect(error, &source),
            (Err(error), None) => error.into_response(),
        }
    }

    /// What the URL would do, and why.
    async fn explanation(&self, parts: &Parts) -> Explanation {
        let headers = &parts.headers;
        let mut explanation = Explanation::of("zone", &parts.uri);
        let outcome = async {
            let asked = read(&self.app, parts)?;
            explanation.say("source_image", asked.source.to_string());
            explanation.say("on_error", asked.refuge(address(parts)));
            let answer = self.prepare(asked, headers).await?;
            Ok::<_, ZoneError>(explanation.answer(&answer, &self.app.renderer).await?)
        };
        if let Err(error) = outcome.await {
            explanation.refuse(&error.refusal());
        }
        explanation
    }

    /// Fetches the source, and says what is to be made of it.
    async fn prepare(&self, asked: Asked, headers: &HeaderMap) -> Result<Answer> {
        let Reading { options, mut remarks } = Options::read(Place::Zone, &asked.options)?;
        let fetched = self.fetch(asked.source, headers).await?;
        check(&fetched)?;
        let Fetched { bytes, digest, cache_control, etag, .. } = &*fetched;
        // The service's own words.
        let brief = cache_control.as_deref().is_some_and(is_brief);
        remarks.extend(brief.then(|| "cache-control is too restrictive".to_owned()));
        remarks.extend(options.caveats());
        let prepared = Prepared {
            mark: Mark::Resized,
            original: Original::Fetched { digest: *digest, bytes: bytes.clone() },
            options,
            remarks,
            origin_etag: etag.clone(),
        };
        Ok(prepared.for_client(&prepared.client(headers), cache_control.as_deref()))
    }

    async fn fetch(
        &self,
        source: SourceImage,
        headers: &HeaderMap,
    ) -> Result<Arc<Fetched>, FetchError> {
        let accept = all_values(headers, header::ACCEPT.as_str());
        let accept = if accept.is_empty() { "image/*".to_owned() } else { accept };
        let app = self.app.clone();
        let key = (source.clone(), accept.clone());
        let work = || async move { source.fetch(&app, accept).await.map(Arc::new) };
        self.fetches.join(key, work).await
    }
}

/// Refuses what isn't an image at all. Formats that are images but not read here are for
/// the engine to refuse.
fn check(fetched: &Fetched) -> Result<()> {
    if sniff(&fetched.bytes).is_some() {
        return Ok(());
    }
    let label = fetched.content_type.as_deref().unwrap_or("unlabelled").to_ascii_lowercase();
    // Some origins label error pages as what was asked for.
    let is_text = is_text(&fetched.bytes);
    let is_tiff = fetched.bytes.starts_with(b"II*\0") || fetched.bytes.starts_with(b"MM\0*");
    match label {
        _ if is_tiff => Err(ZoneError::NoImage("a TIFF".to_owned())),
        label if label.starts_with("image/") && !is_text => Ok(()),
        label => Err(ZoneError::NoImage(label)),
    }
}

/// By its beginning: UTF-8 without zeros.
fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    // A letter that the end cuts in two is no mistake.
    let is_utf8 = std::str::from_utf8(start).map_or_else(|e| e.error_len().is_none(), |_| true);
    is_utf8 && !start.contains(&0)
}

/// Whether a source may be kept for less than the edge keeps it anyway.
fn is_brief(cache_control: &str) -> bool {
    cache_control.split(',').map(str::trim).any(|directive| {
        let age = directive.strip_prefix("max-age=").or(directive.strip_prefix("s-maxage="));
        let short =
            age.and_then(|age| age.parse::<u64>().ok()).is_some_and(|age| age < SHORTEST_AGE);
        short || ["no-store", "no-cache", "private", "must-revalidate"].contains(&directive)
    })
}

impl Asked {
    /// Where a client is sent if the source can't be transformed, for bad options too: to the source,
    /// if the options say so and it belongs to the zone.
    fn refuge(&self, address: &Address) -> Option<String> {
        let mut options = self.options.split(',').filter_map(|option| option.split_once('='));
        let redirects =
            options.any(|(name, value)| (name.trim(), value.trim()) == ("onerror", "redirect"));
        redirects.then(|| self.source.on_the_zone(address)).flatten()
    }
}

fn redirect(error: ZoneError, source: &str) -> Response {
    let mut response = error.into_response();
    if let Ok(location) = HeaderValue::from_str(source) {
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A file of `--origin-dir` as it is, as the origin behind a zone would answer.
pub(crate) async fn original(app: &App, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answer::method_not_allowed();
    }
    let file = SourceImage::Folder(request.uri().path().to_owned());
    let Ok(Fetched { bytes, content_type, etag, .. }) = file.fetch(app, String::new()).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let known = etag.as_deref().is_some_and(|etag| answer::is_known(etag, request.headers()));
    let mut headers = HeaderMap::from_iter(answer::everywhere());
    for (name, value) in [(header::CONTENT_TYPE, content_type), (header::ETAG, etag)] {
        let value = value.and_then(|value| HeaderValue::try_from(value).ok());
        headers.extend(value.map(|value| (name, value)));
    }
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_an_hour_is_brief() {
        for (cache_control, expected) in [
            ("public, max-age=3600", false),
            ("public", false),
            ("", false),
            ("max-age=3599", true),
            ("max-age=86400, must-revalidate", true),
            ("no-store", true),
        ] {
            assert_eq!(is_brief(cache_control), expected, "{cache_control}");
        }
    }
}
