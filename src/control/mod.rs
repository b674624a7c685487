//! `/_tintype/…`: what the service has no door for. For whoever runs the program, not for clients
//! of the service; JSON in and out, open to scripts of every origin.

mod extract;
mod facts;
mod faults;
mod outside;
mod requests;
mod sign;
mod urls;

use axum::{
    Extension, Router,
    http::{HeaderValue, Method, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, post, put},
};
use serde_json::json;

use crate::{app::App, call::Operations};
pub(crate) use outside::Explainer;

/// Names, and what they mean.
type Fields = &'static [(&'static str, &'static str)];

/// A control: how it is asked for and what it does.
pub(crate) struct Control {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    route: fn() -> MethodRouter<App>,
    /// What it does, in a line or two.
    pub(crate) summary: &'static str,
    /// Parameters of its query, or fields of its JSON.
    pub(crate) takes: Fields,
    /// A line for a shell; empty if the path says it all.
    pub(crate) example: &'static str,
}

macro_rules! controls {
    ($($method:ident $path:literal $file:ident::$handler:ident $takes:expr, $summary:literal, $example:literal;)*) => {
        /// The controls.
        pub(crate) const CONTROLS: &[Control] = &[$(Control {
            method: stringify!($method),
            path: $path,
            route: || $method($file::$handler),
            summary: $summary,
            takes: $takes,
            example: $example,
        }),*];
    };
}

controls! {
    get "/_tintype/health" facts::health &[],
        "Answers `{\"ok\":true}` as long as the program runs.", "";
    get "/_tintype/ready" facts::ready &[],
        "Answers `{\"ready\":true}` when images can be kept and found; 503 when the data folder fails.", "";
    get "/_tintype/version" facts::version &[],
        "The program's version, and the engine's, which is part of every cache key.", "";
    get "/_tintype/metrics" facts::metrics &[],
        "Numbers for Prometheus: answers, renditions, cache, queue, workers, memory.", "";
    get "/_tintype/options" facts::options &[],
        "The table of image options: names, where they are valid, how faithful they are.", "";
    get "/_tintype/operations" facts::operations &[],
        "The operations of all surfaces, with the names that faults and requests go by.", "";
    get "/_tintype/errors" facts::errors &[],
        "The catalogue of error codes.", "";
    get "/_tintype/explain" outside::explain outside::FIELDS,
        "What a URL of an image would do, and why, without doing it.",
        "curl -G $TINTYPE/_tintype/explain -d url=/cdn-cgi/image/width=400/photo.jpg";
    get "/_tintype/sign" sign::sign sign::FIELDS,
        "A delivery URL, signed: `{\"url\":\"…\"}`.",
        "curl -G $TINTYPE/_tintype/sign -d image=cat -d variant=public -d expires=1h";
    get "/_tintype/urls" urls::show &[],
        "What the URLs in answers begin with: the bases that are `set`, and what they come to `here`, for whoever asks as this request does.", "";
    put "/_tintype/urls" urls::set urls::FIELDS,
        "Sets other bases than the settings', until they are removed or the program ends. What isn't named goes by what a request's client calls the server.",
        "curl -X PUT $TINTYPE/_tintype/urls -d '{\"public\":\"https://images.test\"}'";
    delete "/_tintype/urls" urls::unset &[],
        "Goes back to the bases of the settings.", "";
    get "/_tintype/ca.pem" urls::authority &[],
        "The certificate of the CA that `--tls` speaks with; 404 without TLS, or with a certificate of your own.",
        "curl -o ca.pem $TINTYPE/_tintype/ca.pem";
    post "/_tintype/faults" faults::add crate::faults::FIELDS,
        "Adds a rule, or a list of rules, by which calls fail: `{\"ids\":[1]}`. Of the rules that meet a call, the oldest is what happens; each counts its calls by itself.",
        "curl $TINTYPE/_tintype/faults -d '{\"operation\":\"Upload an image\",\"to\":2,\"status\":503}'";
    get "/_tintype/faults" faults::list faults::OF_ACCOUNT,
        "The rules, with how many `calls` each concerned and how many of them were `hits`.", "";
    delete "/_tintype/faults" faults::clear faults::OF_ACCOUNT,
        "Removes every rule, or those of an account: `{\"removed\":2}`.", "";
    delete "/_tintype/faults/{id}" faults::remove &[],
        "Removes one rule.", "";
    get "/_tintype/requests" requests::list requests::FIELDS,
        "The last requests and what became of them, oldest first, and `next`, to go on from with `since`. Control isn't among them.",
        "curl -G $TINTYPE/_tintype/requests --data-urlencode 'operation=Upload an image' -d wait=5s";
    delete "/_tintype/requests" requests::clear faults::OF_ACCOUNT,
        "Forgets every request, or those of an account: `{\"removed\":2}`.", "";
    get "/_tintype/requests/events" requests::events crate::requests::FIELDS,
        "The same as server-sent events, as they come; with `since` or `Last-Event-ID`, what came after that first.",
        "curl -N $TINTYPE/_tintype/requests/events";
}

/// The router, for the table. `explainer` answers what only other surfaces can.
pub(crate) fn router(app: App, explainer: Explainer, operations: Operations) -> Router {
    CONTROLS
        .iter()
        .fold(Router::new(), |router, control| router.route(control.path, (control.route)()))
        .fallback(nowhere)
        .method_not_allowed_fallback(other_method)
        .layer(Extension(explainer))
        .layer(Extension(operations))
        .layer(middleware::map_response(for_every_origin))
        .with_state(app)
}

async fn nowhere() -> Response {
    let mut paths: Vec<_> = CONTROLS.iter().map(|control| control.path).collect();
    paths.dedup();
    refuse(StatusCode::NOT_FOUND, &format!("there is no such control: {}", paths.join(", ")))
}

/// What a browser asks before it sends, or a slip.
async fn other_method(method: Method) -> Response {
    if method != Method::OPTIONS {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, &format!("{method} is nothing here"));
    }
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn for_every_origin(mut response: Response) -> Response {
    let everyone = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    response
}

/// What every refusal of this surface looks like.
pub(crate) fn refuse(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}
