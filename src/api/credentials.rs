//! Who is asking, and may they? The gateway's part of a request (management-api.md §4.3).

use axum::http::{HeaderMap, Method, header, request::Parts};

use super::error::{ApiError, Result};
use crate::{
    app::App,
    config::Auth,
    domain::{AccountId, BatchToken, Credentials, Scope},
    error::ErrorCode,
    store::{batch_tokens, tokens},
};

/// The way a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Api,
    /// The batch host: the token stands for the account.
    Batch,
}

/// Lets a request to the API pass, or says why not.
pub(super) async fn authorize(app: &App, parts: &Parts, account: &AccountId) -> Result<()> {
    if app.settings.auth == Auth::None {
        return Ok(());
    }
    let credentials = read(&parts.headers)?;
    // Seen on the real service: a batch token is for the batch host only.
    if matches!(&credentials, Credentials::Token(token) if is_batch_token(token)) {
        return Err(ErrorCode::InvalidToken.into());
    }
    if app.settings.auth == Auth::Any {
        return Ok(());
    }
    // A batch token can write, so asking for one is no mere reading.
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let reads = reads && !parts.uri.path().ends_with("/batch_token");
    let scope = if reads { Scope::Read } else { Scope::Write };
    let mut listed = app.settings.tokens.iter().filter(|grant| grant.credentials == credentials);
    let is_listed = listed.clone().next().is_some();
    if listed.any(|grant| grant.covers(scope, account)) {
        return Ok(());
    }
    let owned = app.store.read(move |conn| tokens::find(conn, &credentials)).await?;
    if owned.iter().any(|(owner, token)| owner == account && scope <= token.scope) {
        return Ok(());
    }
    let is_known = is_listed || !owned.is_empty();
    Err(if is_known { ErrorCode::NotAuthorized } else { ErrorCode::InvalidToken }.into())
}

/// The account that a request to the batch host is for.
pub(super) async fn batch_account(app: &App, headers: &HeaderMap) -> Result<AccountId> {
    let Credentials::Token(token) = read(headers)? else {
        return Err(ErrorCode::InvalidToken.into());
    };
    let found = app.store.read(move |conn| batch_tokens::find(conn, &token)).await?;
    let alive = found.filter(|(account, token)| token.expires > app.clock.of(account).now());
    alive.map(|(account, _)| account).ok_or_else(|| ErrorCode::InvalidToken.into())
}

fn is_batch_token(token: &str) -> bool {
    let secret = token.strip_prefix(BatchToken::PREFIX);
    secret.is_some_and(|secret| secret.len() == 40 && hex::decode(secret).is_ok())
}

/// Reads well-formed credentials.
fn read(headers: &HeaderMap) -> Result<Credentials> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let token = token.filter(|token| is_word(token, b"-._~+/="));
        let token =
            token.ok_or_else(|| ApiError::invalid_header(ErrorCode::InvalidAuthorization))?;
        return Ok(Credentials::Token(token.to_owned()));
    }
    let (Some(email), Some(key)) = (headers.get("x-auth-email"), headers.get("x-auth-key")) else {
        return Err(ErrorCode::MissingCredentials.into());
    };
    let email = email.to_str().ok().filter(|email| email.contains('@'));
    let email = email.ok_or_else(|| ApiError::invalid_header(ErrorCode::InvalidEmailHeader))?;
    let key = key.to_str().ok().filter(|key| is_word(key, b"-_"));
    let key = key.ok_or_else(|| ApiError::invalid_header(ErrorCode::InvalidKeyHeader))?;
    Ok(Credentials::Key { email: email.to_owned(), key: key.to_owned() })
}

fn is_word(text: &str, besides: &[u8]) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || besides.contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}
