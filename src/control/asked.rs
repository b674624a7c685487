//! What controls are asked with: the account in the query, JSON in the body. What can't be read is
//! answered with `{"error": …}`.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Fields, refuse};
use crate::{
    app::App,
    domain::{Account, AccountId, InvalidAccountId},
    store::StoreError,
};

/// What most controls take.
pub(super) const OF_ACCOUNT: Fields = &[("account", "an account's id; without it, all accounts")];

/// Why a control did nothing.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    why: String,
}

/// A result of control.
pub(super) type Result<T, E = Refusal> = std::result::Result<T, E>;

impl Refusal {
    /// What was asked can't be done.
    pub(super) fn bad(why: &(impl ToString + ?Sized)) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why: why.to_string() }
    }

    /// What was asked must not be done for whoever asks.
    pub(super) fn forbidden(why: &str) -> Self {
        Self { status: StatusCode::FORBIDDEN, why: why.to_string() }
    }

    /// What was asked for isn't there.
    pub(super) fn not_found(why: &(impl ToString + ?Sized)) -> Self {
        Self { status: StatusCode::NOT_FOUND, why: why.to_string() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        let why = format!("the data folder failed: {error}");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, why }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refuse(self.status, &self.why)
    }
}

/// The query of a control: what it takes, and nothing else.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        let axum::extract::Query(query) =
            query.map_err(|error| Refusal::bad(&error.body_text()))?;
        Ok(Self(query))
    }
}

/// A control that takes no parameters is given none.
pub(super) struct Nothing;

impl<S: Sync> FromRequestParts<S> for Nothing {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        match parts.uri.query() {
            None | Some("") => Ok(Self),
            Some(_) => Err(Refusal::bad("it takes no parameters")),
        }
    }
}

/// `?account=ID`: whose state is meant. Without it, everybody's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountQuery {
    account: Option<String>,
}

/// Whose state is meant; `None` means everybody's.
pub(super) struct Whose(pub(super) Option<AccountId>);

impl FromRequestParts<App> for Whose {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Query(AccountQuery { account }) = Query::from_request_parts(parts, app).await?;
        account_id(account).map(Self)
    }
}

/// An account that a query names.
pub(super) fn account_id(text: Option<String>) -> Result<Option<AccountId>, Refusal> {
    text.map(|id| id.parse().map_err(|error: InvalidAccountId| Refusal::bad(&error))).transpose()
}

impl Whose {
    /// With its hash, whether it was used yet or not.
    pub(super) async fn account(self, app: &App) -> Result<Option<Account>> {
        match self.0 {
            None => Ok(None),
            Some(id) => Ok(Some(app.prospective_account(id).await?)),
        }
    }
}

/// A JSON body, however it is labelled.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        read_json(&body(request, app).await?).map(Self)
    }
}

/// The same, of what has to be an object: serde takes a list for the fields of a struct in their order.
pub(super) struct JsonObject<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for JsonObject<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let body = body(request, app).await?;
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(Refusal::bad("the body: a JSON object is needed"));
        }
        read_json(&body).map(Self)
    }
}

async fn body(request: Request, app: &App) -> Result<Bytes> {
    let body = Bytes::from_request(request, app).await;
    body.map_err(|error| Refusal::bad(&error.body_text()))
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| Refusal::bad(&format!("the body: {error}")))
}
