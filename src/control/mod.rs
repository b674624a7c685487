//! `/_tintype/…`: what the service has no door for. For whoever runs the program, not for clients
//! of the service; JSON in and out.

mod sign;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::app::App;

/// The routes. `/_tintype/explain` isn't among them: the surface that it asks about answers it.
pub(crate) fn router(app: App) -> Router {
    Router::new().route("/_tintype/sign", get(sign::sign)).fallback(nowhere).with_state(app)
}

async fn nowhere() -> Response {
    refuse(StatusCode::NOT_FOUND, "there is no such control: /_tintype/explain, /_tintype/sign")
}

/// What every refusal of this surface looks like.
pub(crate) fn refuse(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}
