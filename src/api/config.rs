//! What an account sets for all its images: `…/v1/config`.

use axum::{extract::State, response::IntoResponse};
use serde::{Deserialize, Serialize};

use super::{
    envelope::Success,
    error::{ApiError, Result},
    extract::{Account, Json},
};
use crate::{
    app::App,
    domain::{AccountConfig, BrowserTtl},
    store::accounts,
};

#[derive(Deserialize)]
pub(super) struct EditRequest {
    flexible_variants: Option<bool>,
    browser_ttl: Option<u32>,
    preserve_content_credentials: Option<bool>,
}

#[derive(Serialize)]
struct ConfigBody {
    flexible_variants: bool,
    browser_ttl: u32,
    preserve_content_credentials: bool,
}

/// `GET …/v1/config`
pub(super) async fn details(
    State(app): State<App>,
    Account(account): Account,
) -> Result<impl IntoResponse> {
    let config = app.store.read(move |conn| accounts::config(conn, &account.id)).await?;
    Ok(Success(ConfigBody::from(config)))
}

/// `PATCH …/v1/config`: what isn't named stays as it is.
pub(super) async fn edit(
    State(app): State<App>,
    Account(account): Account,
    Json(request): Json<EditRequest>,
) -> Result<impl IntoResponse> {
    let browser_ttl = request.browser_ttl.map(BrowserTtl::from_seconds).transpose();
    let browser_ttl = browser_ttl.map_err(ApiError::bad_request)?;
    let clock = app.clock.of(&account.id);
    let edited = app
        .store
        .tx(move |tx| {
            // It may have been reset since the request came.
            accounts::find_or_create(tx, &account.id, &clock)?;
            let mut config = accounts::config(tx, &account.id)?;
            config.flexible_variants =
                request.flexible_variants.unwrap_or(config.flexible_variants);
            config.browser_ttl = browser_ttl.unwrap_or(config.browser_ttl);
            config.preserve_content_credentials =
                request.preserve_content_credentials.unwrap_or(config.preserve_content_credentials);
            accounts::set_config(tx, &account.id, config)?;
            Ok::<_, ApiError>(config)
        })
        .await?;
    Ok(Success(ConfigBody::from(edited)))
}

impl From<AccountConfig> for ConfigBody {
    fn from(config: AccountConfig) -> Self {
        Self {
            flexible_variants: config.flexible_variants,
            browser_ttl: config.browser_ttl.seconds(),
            preserve_content_credentials: config.preserve_content_credentials,
        }
    }
}
