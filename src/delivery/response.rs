//! The headers of a delivered image (delivery-and-transforms.md §7).

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use chrono::{DateTime, Utc};

use super::access::Audience;
use crate::{domain::BrowserTtl, render::RenditionKey, transform::Rendition};

/// The service's own policy: an image runs nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; navigate-to 'none'; form-action 'none'";

/// More warnings, and longer ones, are cut: clients refuse answers with too many or too long headers.
const MAX_WARNINGS: usize = 10;
const MAX_WARNING_LETTERS: usize = 200;

/// What is known of an answer before it is rendered.
pub(super) struct Validators {
    etag: String,
    cache_control: String,
    /// The headers that the answer depends on.
    vary: String,
}

/// How long an answer may be kept. A signed URL's answer ends with its signature; the browser TTL
/// is for public ones (§5).
pub(super) fn cache_control(audience: Audience, ttl: BrowserTtl, now: DateTime<Utc>) -> String {
    match audience {
        Audience::Public => {
            format!("public, max-age={}, stale-while-revalidate=7200", ttl.seconds())
        }
        Audience::Signed { expiry: Some(expiry) } => {
            format!("private, max-age={}", (expiry - now.timestamp()).max(0))
        }
        Audience::Signed { expiry: None } => format!("private, max-age={}", ttl.seconds()),
    }
}

impl Validators {
    pub(super) fn new(key: &RenditionKey, cache_control: String, vary: &[&str]) -> Self {
        Self { etag: format!("\"{}\"", key.as_str()), cache_control, vary: vary.join(", ") }
    }

    /// Whether the client has this very answer (`If-None-Match`, compared weakly as RFC 9110 says).
    pub(super) fn still_hold(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(header::IF_NONE_MATCH).iter();
        let mut tags = values.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        tags.any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag
        })
    }

    pub(super) fn not_modified(self) -> Response {
        (StatusCode::NOT_MODIFIED, self.headers()).into_response()
    }

    /// The image, with what the client should know of options that did not take effect.
    pub(super) fn deliver(self, rendition: Rendition, remarks: Vec<String>) -> Response {
        let mut headers = self.headers();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(rendition.media_type));
        headers.insert("cf-images", HeaderValue::from_static("internal=ok/m"));
        let warnings = rendition.warnings.into_iter().map(str::to_owned);
        let warnings: Vec<_> = warnings.chain(remarks).collect();
        for warning in warnings.iter().take(MAX_WARNINGS) {
            headers.append(header::WARNING, warning_value(warning));
        }
        if let Some(more) = warnings.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
            headers.append(header::WARNING, warning_value(&format!("and {more} more")));
        }
        (headers, rendition.bytes).into_response()
    }

    /// The headers that a 304 repeats.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([
            (header::ETAG, value(&self.etag)),
            (header::CACHE_CONTROL, value(&self.cache_control)),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        ]);
        if !self.vary.is_empty() {
            headers.insert(header::VARY, value(&self.vary));
        }
        headers
    }
}

pub(super) fn method_not_allowed() -> Response {
    let allow = [(header::ALLOW, "GET, HEAD")];
    (StatusCode::METHOD_NOT_ALLOWED, allow, "images are read with GET or HEAD\n").into_response()
}

/// A warning as the service writes it. It may quote what the client sent, whatever that is.
fn warning_value(text: &str) -> HeaderValue {
    let unfit = |letter: char| letter.is_control() || letter == '"';
    let text: String = text.chars().take(MAX_WARNING_LETTERS).collect();
    let warning = format!("cf-images 299 \"{}\"", text.replace(unfit, "?"));
    HeaderValue::from_bytes(warning.as_bytes()).expect("what a header can't hold was replaced")
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("the text is plain ASCII")
}
