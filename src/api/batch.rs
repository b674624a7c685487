//! Batch tokens: `GET …/v1/batch_token`.

use axum::{
    Extension,
    extract::State,
    http::{Method, Uri},
    response::IntoResponse,
};
use chrono::SecondsFormat;
use serde::Serialize;

use super::{
    credentials::Door,
    envelope::Success,
    error::{ApiError, Result},
    extract::Account,
};
use crate::{
    app::App,
    clock::LATEST,
    domain::BatchToken,
    store::{accounts, batch_tokens},
};

#[derive(Serialize)]
struct TokenBody {
    token: String,
    #[serde(rename = "expiresAt")]
    expires_at: String,
}

/// Gives a token that opens the batch host for an hour.
pub(super) async fn create_token(
    State(app): State<App>,
    Extension(door): Extension<Door>,
    Account(account): Account,
    method: Method,
    uri: Uri,
) -> Result<impl IntoResponse> {
    // Else a token could be prolonged for ever by itself.
    if door == Door::Batch {
        return Err(ApiError::no_route(&method, &uri));
    }
    let clock = app.clock.of(&account.id);
    let now = clock.now();
    let expires = (now + BatchToken::LIFE).min(LATEST);
    let token = BatchToken { text: clock.new_batch_token(), expires };
    let body = TokenBody {
        token: token.text.clone(),
        expires_at: token.expires.to_rfc3339_opts(SecondsFormat::Nanos, true),
    };
    app.store
        .tx(move |tx| {
            // It may have been reset since the request came.
            accounts::find_or_create(tx, &account.id, &clock)?;
            batch_tokens::insert(tx, &account.id, &token, now)
        })
        .await?;
    Ok(Success(body))
}
