//! Batch tokens: `GET …/v1/batch_token`.

use axum::{extract::State, response::IntoResponse};
use chrono::SecondsFormat;
use serde::Serialize;

use super::{envelope::Success, error::Result, extract::Account};
use crate::{app::App, domain::BatchToken, store::batch_tokens};

#[derive(Serialize)]
struct TokenBody {
    token: String,
    #[serde(rename = "expiresAt")]
    expires_at: String,
}

/// Gives a token that opens the batch host for an hour.
pub(super) async fn create_token(
    State(app): State<App>,
    Account(account): Account,
) -> Result<impl IntoResponse> {
    let now = app.clock.now();
    let token = BatchToken { text: app.clock.new_batch_token(), expires: now + BatchToken::LIFE };
    let body = TokenBody {
        token: token.text.clone(),
        expires_at: token.expires.to_rfc3339_opts(SecondsFormat::Nanos, true),
    };
    app.store.tx(move |tx| batch_tokens::insert(tx, &account.id, &token, now)).await?;
    Ok(Success(body))
}
