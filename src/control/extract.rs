//! Extractors and refusals of control: bad input is answered with 400 and a reason.

use axum::{
    body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refuse;
use crate::{
    app::App,
    domain::{Account, AccountId, InvalidAccountId},
    store::StoreError,
};

/// The longest JSON that is read.
const MAX_BODY: usize = 4 << 20;

/// A request that control can't do anything with.
pub(super) struct Refusal {
    status: StatusCode,
    why: String,
}

/// A result of control.
pub(super) type Result<T, E = Refusal> = std::result::Result<T, E>;

impl Refusal {
    pub(super) fn bad(why: &(impl ToString + ?Sized)) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why: why.to_string() }
    }

    pub(super) fn not_found(why: &(impl ToString + ?Sized)) -> Self {
        Self { status: StatusCode::NOT_FOUND, why: why.to_string() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            why: "the data folder could not be read".to_owned(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refuse(self.status, &self.why)
    }
}

/// The query's parameters.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        query
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|e| Refusal::bad(&e.body_text()))
    }
}

/// A body of JSON, however it is labelled.
pub(super) struct Json(pub(super) Value);

impl<S: Sync> FromRequest<S> for Json {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        let bytes = body::to_bytes(request.into_body(), MAX_BODY).await;
        let bytes = bytes.map_err(|_| Refusal::bad("the body could not be read"))?;
        let no_json = |error| Refusal::bad(&format!("the body is no JSON: {error}"));
        serde_json::from_slice(&bytes).map(Self).map_err(no_json)
    }
}

/// The account with this id, which may not have been used yet.
pub(super) async fn account(app: &App, id: Option<&str>) -> Result<Option<Account>> {
    let Some(id) = id else { return Ok(None) };
    let id: AccountId = id.parse().map_err(|why: InvalidAccountId| Refusal::bad(&why))?;
    Ok(Some(app.prospective_account(id).await?))
}
