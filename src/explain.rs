//! What a URL would do, said instead of done: `GET /_tintype/explain?url=…`.
//!
//! The surface that the URL belongs to finds everything out as it does for an answer, and says it.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    answer::{Answer, Refusal},
    render::{RenderError, Renderer},
    transform::Probe,
    urls::{Address, Host, Scheme},
};

/// Marks a request whose answer is to be explained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explain;

/// What is known of a URL, as a JSON object.
pub(crate) struct Explanation(Map<String, Value>);

/// The request that `/_tintype/explain?url=…&accept=…` asks about, or why that makes no sense. Its
/// other headers are those of the request that asks.
pub(crate) fn inner(request: Request) -> Result<Request, &'static str> {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let of = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let url = of("url").ok_or("what about? ?url=<a path or URL of an image>")?;
    let accept = of("accept");
    let url: Uri = url.parse().map_err(|_| "url is no URL")?;
    if let Some(host) = url.authority() {
        let host = Host::parse(host.as_str()).ok_or("url is no URL")?;
        let scheme = if url.scheme_str() == Some("https") { Scheme::Https } else { Scheme::Http };
        parts.extensions.insert(Address::new(scheme, Some(host)));
    }
    if let Some(accept) = accept {
        let accept = HeaderValue::from_str(&accept).map_err(|_| "accept is no header")?;
        parts.headers.insert(header::ACCEPT, accept);
    }
    parts.uri = url;
    parts.extensions.insert(Explain);
    Ok(Request::from_parts(parts, body))
}

impl Explanation {
    pub(crate) fn of(surface: &str, uri: &Uri) -> Self {
        let mut explanation = Self(Map::new());
        explanation.say("url", uri.to_string());
        explanation.say("surface", surface);
        explanation
    }

    pub(crate) fn say(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// What the client would get.
    pub(crate) async fn answer(
        &mut self,
        answer: &Answer,
        renderer: &Renderer,
    ) -> Result<(), Arc<RenderError>> {
        self.say("options", answer.order.options().to_string());
        self.say("remarks", answer.remarks.clone());
        let headers: Map<_, _> = answer
            .headers
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into())
            })
            .collect();
        self.say("headers", headers);
        let (prospect, kept) = renderer.explain(answer.order.clone()).await?;
        let state = if kept { "HIT" } else { "MISS" };
        self.say("cache", json!({ "key": answer.order.key().to_string(), "state": state }));
        self.say("source", prospect.source.as_ref().map(source));
        self.say("plan", prospect.plan);
        self.say("format", json!({ "type": prospect.media_type, "why": prospect.why }));
        self.say("warnings", prospect.warnings);
        Ok(())
    }

    /// That the client would be refused.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        let Refusal { code, status, message } = refusal;
        let status = status.as_u16();
        self.say("error", json!({ "code": code, "status": status, "message": message }));
    }
}

fn source(probe: &Probe) -> Value {
    json!({
        "type": probe.format.media_type(),
        "width": probe.stored.width,
        "height": probe.stored.height,
        "frames": probe.frames,
    })
}

impl IntoResponse for Explanation {
    fn into_response(self) -> Response {
        let open = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
        (open, axum::Json(Value::Object(self.0))).into_response()
    }
}
