//! `GET /_tintype/explain`: answered by the surface that it asks about, which isn't known here.

use std::convert::Infallible;

use axum::{Extension, Router, extract::Request, response::Response};
use tower::ServiceExt;

use super::Fields;

/// Answers what only other surfaces can.
#[derive(Clone)]
pub(crate) struct Explainer(pub(crate) Router);

pub(super) const FIELDS: Fields = &[
    ("url", "a path or URL of an image, percent-encoded"),
    ("accept", "the client's `Accept`; without it, that of the request"),
];

pub(super) async fn explain(
    Extension(Explainer(router)): Extension<Explainer>,
    request: Request,
) -> Response {
    let answer: Result<Response, Infallible> = router.oneshot(request).await;
    answer.unwrap_or_else(|never| match never {})
}
