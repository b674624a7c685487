//! `/_tintype/…`: what the service has no door for. For whoever runs the program, not for clients
//! of the service; JSON in and out, open to scripts of every origin.

mod asked;

mod archive;
mod clock;
mod facts;
mod faults;
mod outside;
mod requests;
mod sign;
mod states;
mod urls;

use std::time::Duration;

use axum::{
    Extension, Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, post, put},
};
use serde_json::json;
use tower_http::cors::CorsLayer;

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
    get "/_tintype/clock" clock::show asked::OF_ACCOUNT,
        "What the clock shows: `{\"now\":\"…\",\"frozen\":false,\"offset_ms\":0}`; of an account, also whether it has a time of its `own`.", "";
    post "/_tintype/clock" clock::change clock::FIELDS,
        "Sets, moves, stops or lets go the clock, and answers with what it shows then. What is dated or expires goes by it.",
        "curl $TINTYPE/_tintype/clock -d '{\"advance\":\"90s\"}'";
    post "/_tintype/seed" states::seed states::SEED_FIELDS,
        "Loads a folder of images: one of the server's machine, or one sent as a tar (`content-type: application/x-tar`). `{\"accounts\":1,\"images\":7}`.",
        "tar -C fixtures/demo -c . | curl $TINTYPE/_tintype/seed -H 'content-type: application/x-tar' --data-binary @-";
    post "/_tintype/reset" states::reset states::RESET_FIELDS,
        "Goes back to the seed, or to nothing if there is none. Clock, ids, faults and requests begin anew; bases that `/_tintype/urls` was given stay.",
        "curl -X POST $TINTYPE/_tintype/reset";
    get "/_tintype/snapshots" states::list asked::OF_ACCOUNT,
        "The states that were kept: `{\"snapshots\":[{\"name\":\"…\",\"account\":null,\"saved\":\"…\",\"accounts\":1,\"images\":7}]}`.", "";
    put "/_tintype/snapshots/{name}" states::save asked::OF_ACCOUNT,
        "Keeps the state as it is now.", "curl -X PUT $TINTYPE/_tintype/snapshots/full";
    post "/_tintype/snapshots/{name}" states::save asked::OF_ACCOUNT,
        "The same.", "";
    delete "/_tintype/snapshots/{name}" states::delete asked::OF_ACCOUNT,
        "Forgets a state.", "";
    post "/_tintype/snapshots/{name}/restore" states::restore asked::OF_ACCOUNT,
        "Goes back to a state.", "curl -X POST $TINTYPE/_tintype/snapshots/full/restore";
    get "/_tintype/export" archive::export asked::OF_ACCOUNT,
        "The state as a tar: `manifest.json` and a `blobs/<SHA-256>` for each original.",
        "curl -o state.tar $TINTYPE/_tintype/export";
    post "/_tintype/import" archive::import asked::OF_ACCOUNT,
        "Replaces the accounts that an export holds. Version, digests and every image are checked first.",
        "curl $TINTYPE/_tintype/import --data-binary @state.tar";
    post "/_tintype/faults" faults::add crate::faults::FIELDS,
        "Adds a rule, or a list of rules, by which calls fail: `{\"ids\":[1]}`. Of the rules that meet a call, the oldest is what happens; each counts its calls by itself.",
        "curl $TINTYPE/_tintype/faults -d '{\"operation\":\"Upload an image\",\"to\":2,\"status\":503}'";
    get "/_tintype/faults" faults::list asked::OF_ACCOUNT,
        "The rules, with how many `calls` each concerned and how many of them were `hits`.", "";
    delete "/_tintype/faults" faults::clear asked::OF_ACCOUNT,
        "Removes every rule, or those of an account: `{\"removed\":2}`.", "";
    delete "/_tintype/faults/{id}" faults::remove asked::OF_ACCOUNT,
        "Removes one rule, if it is the account's.", "";
    get "/_tintype/requests" requests::list requests::FIELDS,
        "The last requests and what became of them, oldest first, and `next`, to go on from with `since`. Control isn't among them.",
        "curl -G $TINTYPE/_tintype/requests --data-urlencode 'operation=Upload an image' -d wait=5s";
    delete "/_tintype/requests" requests::clear asked::OF_ACCOUNT,
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
        .layer(for_local_tools())
        .with_state(app)
}

async fn nowhere() -> Response {
    let mut paths: Vec<_> = CONTROLS.iter().map(|control| control.path).collect();
    paths.dedup();
    refuse(StatusCode::NOT_FOUND, &format!("there is no such control: {}", paths.join(", ")))
}

/// A slip: the path is there, but not for this method.
async fn other_method(method: Method) -> Response {
    refuse(StatusCode::METHOD_NOT_ALLOWED, &format!("{method} is nothing here"))
}

/// Lets pages of every origin ask and read: tools run at ports of their own.
fn for_local_tools() -> CorsLayer {
    CorsLayer::permissive().max_age(Duration::from_secs(86_400))
}

/// What every refusal of this surface looks like.
pub(crate) fn refuse(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}
