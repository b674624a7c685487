//! The answer with a rendition, or without one: headers, validators, 304, refusals
//! (delivery-and-transforms.md §7). Shared by the surfaces that deliver images.

use std::{fmt::Display, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    error::ErrorCode,
    render::{Cache, Order, Original, RenderError, Rendered, Renderer},
    transform::{Accepts, Client, Options, Place, TransformError},
};

/// The service's own policy: an image runs nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; navigate-to 'none'; form-action 'none'; \
     img-src data:; style-src 'unsafe-inline'";

const CF_IMAGES: HeaderName = HeaderName::from_static("cf-images");
const CF_RESIZED: HeaderName = HeaderName::from_static("cf-resized");
const CF_CACHE_STATUS: HeaderName = HeaderName::from_static("cf-cache-status");

/// More warnings, and longer ones, are cut: clients refuse answers with too many or too long headers.
const MAX_WARNINGS: usize = 10;
const MAX_WARNING_LETTERS: usize = 200;

/// What marks the answers of a surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `cf-images`: hosted images.
    Images,
    /// `cf-resized`: images of zones.
    Resized,
}

/// What is to be answered with, as a surface found it out.
pub(crate) struct Prepared {
    pub(crate) mark: Mark,
    pub(crate) original: Original,
    pub(crate) options: Options,
    /// What the client should know of options that were left out, or are only approximated.
    pub(crate) remarks: Vec<String>,
    /// The validator that the original came with.
    pub(crate) origin_etag: Option<String>,
}

/// An answer that knows its client, before anything is rendered.
pub(crate) struct Answer {
    pub(crate) order: Order,
    pub(crate) remarks: Vec<String>,
    /// Those that don't depend on the rendition: those that a 304 repeats.
    pub(crate) headers: HeaderMap,
    mark: Mark,
    etag: String,
}

impl Mark {
    fn header(self) -> HeaderName {
        match self {
            Self::Images => CF_IMAGES,
            Self::Resized => CF_RESIZED,
        }
    }

    fn place(self) -> Place {
        match self {
            Self::Images => Place::Flexible,
            Self::Resized => Place::Zone,
        }
    }

    /// A refusal: one line of text, its code also in the header.
    pub(crate) fn refuse(self, refusal: &Refusal) -> Response {
        let Refusal { code, status, message } = refusal;
        let mut headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ]);
        headers.extend(everywhere());
        headers.insert(self.header(), value(&format!("err={code}")));
        (*status, headers, format!("ERROR {code}: {message}")).into_response()
    }
}

/// Why there is no image, as the client is told.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Refusal {
    /// The code's own text, and the reason where the client can do something about it.
    pub(crate) fn new(code: ErrorCode, detail: Option<&dyn Display>) -> Self {
        let row = code.row();
        let message = match detail {
            Some(detail) => format!("{}: {detail}", row.message),
            None => row.message.to_owned(),
        };
        let status = StatusCode::from_u16(row.status).expect("the catalogue has HTTP statuses");
        Self { code: row.code, status, message }
    }
}

/// The code for a rendition that could not be made.
pub(crate) fn render_code(error: &RenderError) -> ErrorCode {
    match error {
        RenderError::Gone => ErrorCode::ImageMissing,
        RenderError::Busy(_) => ErrorCode::Busy,
        RenderError::Store(_) => ErrorCode::RenderFailed,
        RenderError::Transform(error) => match error {
            TransformError::TooLarge { .. } | TransformError::AnimationTooLong { .. } => {
                ErrorCode::DeliveredTooLarge
            }
            TransformError::UnsupportedFormat | TransformError::Undecodable(_) => {
                ErrorCode::Undecodable
            }
            TransformError::NoVector => ErrorCode::NotConvertible,
            TransformError::Unencodable(_) => ErrorCode::RenderFailed,
        },
    }
}

impl Prepared {
    /// The client that sent these headers, as far as the answer depends on it.
    pub(crate) fn client(&self, headers: &HeaderMap) -> Client {
        let vary = self.options.varies_by(self.mark.place());
        Client::read(|name| match vary.contains(&name) {
            true => all_values(headers, name),
            false => String::new(),
        })
    }

    /// The answer for a client, with what is known of how long it may keep it.
    pub(crate) fn for_client(&self, client: &Client, cache_control: Option<&str>) -> Answer {
        let Accepts { avif, webp, .. } = client.accepts;
        let accepts = Accepts { avif, webp, ..Accepts::standard(self.mark.place()) };
        let options = self.options.clone().for_client(client);
        let order = Order::new(self.original.clone(), options, accepts);
        let key = order.key();
        let etag = match self.origin_etag.as_deref().and_then(opaque) {
            Some(origin) => format!("\"cf-{key}:{origin}\""),
            None => format!("\"{key}\""),
        };
        let mut headers = HeaderMap::from_iter(everywhere());
        headers.insert(header::ETAG, value(&etag));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY_POLICY),
        );
        if let Some(cache_control) = cache_control {
            headers.insert(header::CACHE_CONTROL, value(cache_control));
        }
        let vary = self.options.varies_by(self.mark.place());
        if !vary.is_empty() {
            headers.insert(header::VARY, value(&vary.join(", ")));
        }
        Answer { order, remarks: self.remarks.clone(), headers, mark: self.mark, etag }
    }
}

impl Answer {
    /// Sends the image, or 304 to who has it (`If-None-Match`).
    pub(crate) async fn send(
        &self,
        renderer: &Renderer,
        request: &HeaderMap,
    ) -> Result<Response, Arc<RenderError>> {
        if is_known(&self.etag, request) {
            return Ok(self.not_modified());
        }
        let (rendered, cache) = renderer.render(&self.order).await?;
        // Only now it is sure that there is one.
        if tags(request).any(|tag| tag == "*") {
            return Ok(self.not_modified());
        }
        Ok(self.deliver(&rendered, cache))
    }

    fn not_modified(&self) -> Response {
        (StatusCode::NOT_MODIFIED, self.headers.clone()).into_response()
    }

    fn deliver(&self, rendered: &Rendered, cache: Cache) -> Response {
        let mut response = Response::new(Body::from(rendered.bytes.clone()));
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        let (mark, status) = match cache {
            Cache::Hit => ("internal=ok/h", "HIT"),
            Cache::Miss => ("internal=ok/m", "MISS"),
        };
        headers.insert(header::CONTENT_TYPE, value(&rendered.media_type));
        headers.insert(self.mark.header(), HeaderValue::from_static(mark));
        headers.insert(CF_CACHE_STATUS, HeaderValue::from_static(status));
        let warnings: Vec<_> = rendered.warnings.iter().chain(&self.remarks).collect();
        for warning in warnings.iter().take(MAX_WARNINGS) {
            headers.append(header::WARNING, warning_value(warning));
        }
        if let Some(more) = warnings.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
            headers.append(header::WARNING, warning_value(&format!("and {more} more")));
        }
        response
    }
}

pub(crate) fn method_not_allowed() -> Response {
    let allow = [(header::ALLOW, "GET, HEAD")];
    (StatusCode::METHOD_NOT_ALLOWED, allow, "images are read with GET or HEAD\n").into_response()
}

/// The values of every line of a header; empty if there is none.
pub(crate) fn all_values(headers: &HeaderMap, name: &str) -> String {
    let lines = headers.get_all(name).iter();
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    lines.join(",")
}

/// What every answer says.
pub(crate) fn everywhere() -> [(HeaderName, HeaderValue); 2] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]
}

/// Whether the client has what this entity tag is of. Compared weakly, as RFC 9110 says.
pub(crate) fn is_known(etag: &str, request: &HeaderMap) -> bool {
    tags(request).any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The entity tags that the client has.
fn tags(request: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = request.get_all(header::IF_NONE_MATCH).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// What stands between the quotes of an entity tag.
fn opaque(etag: &str) -> Option<&str> {
    let tag = etag.strip_prefix("W/").unwrap_or(etag);
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    // A comma would part it in two when it comes back.
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"\",".contains(&byte);
    inner.bytes().all(fits).then_some(inner)
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
