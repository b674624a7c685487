//! `/_tintype/…`: what the service has no door for. For whoever runs the program, not for clients
//! of the service; JSON in and out.

mod asked;

mod archive;
mod clock;
mod sign;
mod states;

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::json;
use tower_http::cors::CorsLayer;

use crate::app::App;

/// The routes. `/_tintype/explain` isn't among them: the surface that it asks about answers it.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/_tintype/sign", get(sign::sign))
        .route("/_tintype/clock", get(clock::show).post(clock::change))
        .route("/_tintype/seed", post(states::seed))
        .route("/_tintype/reset", post(states::reset))
        .route("/_tintype/snapshots", get(states::list))
        .route(
            "/_tintype/snapshots/{name}",
            put(states::save).post(states::save).delete(states::delete),
        )
        .route("/_tintype/snapshots/{name}/restore", post(states::restore))
        .route("/_tintype/export", get(archive::export))
        .route("/_tintype/import", post(archive::import))
        .fallback(nowhere)
        .layer(for_local_tools())
        .with_state(app)
}

async fn nowhere() -> Response {
    refuse(StatusCode::NOT_FOUND, "there is no such control: /_tintype/explain, /_tintype/sign")
}

/// Lets pages of every origin ask and read: tools run at ports of their own.
fn for_local_tools() -> CorsLayer {
    CorsLayer::permissive().max_age(Duration::from_secs(86_400))
}

/// The same for an answer that another surface gives.
pub(crate) fn open_to_local_tools(mut response: Response) -> Response {
    let everyone = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    response
}

/// What every refusal of this surface looks like.
pub(crate) fn refuse(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}
