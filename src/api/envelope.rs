//! `{result, success, errors, messages}`: what every answer of the API is wrapped in
//! (management-api.md §1.0).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A successful answer; always status 200.
pub(super) struct Success<T>(pub(super) T);

#[derive(Serialize)]
struct Envelope<T> {
    result: T,
    success: bool,
    errors: [Message; 0],
    messages: [Message; 0],
}

/// An item of `errors` or `messages`.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) code: u16,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) error_chain: Vec<Message>,
}

/// A failed answer.
#[derive(Serialize)]
pub(super) struct Failure {
    /// Present, as null, in the long form only: `Some(None)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Option<()>>,
    pub(super) success: bool,
    pub(super) errors: [Message; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<Vec<Message>>,
}

/// The result of operations that have none: `{}`.
#[derive(Serialize)]
pub(super) struct Empty {}

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        Json(Envelope { result: self.0, success: true, errors: [], messages: [] }).into_response()
    }
}
