//! The management API: `/client/v4/accounts/{account_id}/images/…`, for holders of a token.
//!
//! Every answer is the envelope, failures included; an unknown path or method is answered as the
//! gateway in front of the service does.

mod envelope;
mod error;
mod extract;
mod form;
mod images;
mod images_v2;
mod metadata;
mod stats;
mod variants;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Method, Uri},
    routing::get,
};

use crate::app::App;
use error::ApiError;

/// The endpoints.
pub(crate) fn router(app: App) -> Router {
    let images = Router::new()
        .route("/v1", get(images::list).post(images::upload))
        .route("/v1/stats", get(stats::usage))
        .route("/v1/variants", get(variants::list).post(variants::create))
        .route(
            "/v1/variants/{variant_id}",
            get(variants::details).patch(variants::edit).delete(variants::delete),
        )
        .route("/v1/variants/{variant_id}/flat", get(variants::details_flat))
        // Ids contain slashes, and the blob's path ends in /blob: `ImagePath` takes it apart.
        .route("/v1/{*image}", get(images::details_or_blob).delete(images::delete))
        .route("/v2", get(images_v2::list));

    Router::new()
        .nest("/client/v4/accounts/{account_id}/images", images)
        .fallback(no_route)
        .method_not_allowed_fallback(method_not_allowed)
        // Uploads have a limit of their own, in the form.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::no_route(&uri)
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}
