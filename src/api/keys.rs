//! Signing keys: list, create or rotate, rename, delete. Every operation answers with all keys.

use axum::{
    extract::{Request, State},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};

use super::{
    envelope::Success,
    error::{ApiError, Result},
    extract::{Account, KeyPath, read_body},
};
use crate::{
    app::App,
    domain::{self, KeyName, SigningKey},
    error::ErrorCode,
    store::{Tx, accounts, signing_keys},
};

#[derive(Serialize)]
struct KeysBody {
    keys: Vec<KeyBody>,
}

#[derive(Serialize)]
struct KeyBody {
    name: String,
    value: String,
}

/// The body that the documentation's example sends, although the schema has none.
#[derive(Deserialize)]
struct PutRequest {
    name: Option<String>,
}

/// `GET …/v1/keys`
pub(super) async fn list(
    State(app): State<App>,
    Account(account): Account,
) -> Result<impl IntoResponse> {
    let keys = app.store.read(move |conn| signing_keys::list(conn, &account.id)).await?;
    Ok(body(keys))
}

/// `PUT …/v1/keys/{key_name}`: creates a key or gives it a new value; with another `name` in the
/// body, renames it.
pub(super) async fn put(
    State(app): State<App>,
    Account(account): Account,
    KeyPath(name): KeyPath,
    request: Request,
) -> Result<impl IntoResponse> {
    let request = read_body(request).await?;
    let name: KeyName = name.parse().map_err(ApiError::bad_request)?;
    let new_name = new_name(&request)?.filter(|new_name| *new_name != name);
    let clock = app.clock.of(&account.id);
    let keys = app.store.tx(move |tx| {
        // It may have been reset since the request came.
        accounts::find_or_create(tx, &account.id, &clock)?;
        match new_name {
            Some(new_name) => rename(tx, &account, &name, &new_name),
            None => {
                let key = SigningKey { name, value: clock.new_key_value() };
                create_or_rotate(tx, &account, &key)
            }
        }
    });
    Ok(body(keys.await?))
}

/// `DELETE …/v1/keys/{key_name}`
pub(super) async fn delete(
    State(app): State<App>,
    Account(account): Account,
    KeyPath(name): KeyPath,
) -> Result<impl IntoResponse> {
    let clock = app.clock.of(&account.id);
    let keys = app.store.tx(move |tx| {
        let name = name.parse().map_err(|_| ErrorCode::ImageNotFound)?;
        let deleted = signing_keys::delete(tx, &account.id, &name)?;
        deleted.then_some(()).ok_or(ErrorCode::ImageNotFound)?;
        // The documents say that a fresh default takes the place of the last key; a client that
        // tried says the service refuses (management-api.md §6, 25).
        if signing_keys::list(tx, &account.id)?.is_empty() {
            let fresh = SigningKey { name: KeyName::default(), value: clock.new_key_value() };
            signing_keys::put(tx, &account.id, &fresh)?;
        }
        Ok::<_, ApiError>(signing_keys::list(tx, &account.id)?)
    });
    Ok(body(keys.await?))
}

fn create_or_rotate(
    tx: &Tx,
    account: &domain::Account,
    key: &SigningKey,
) -> Result<Vec<SigningKey>> {
    let keys = signing_keys::list(tx, &account.id)?;
    let known = keys.iter().any(|one| one.name == key.name);
    if !known && keys.len() >= SigningKey::LIMIT {
        let detail = format!("an account has at most {} signing keys", SigningKey::LIMIT);
        return Err(ApiError::bad_request(detail));
    }
    signing_keys::put(tx, &account.id, key)?;
    Ok(signing_keys::list(tx, &account.id)?)
}

fn rename(
    tx: &Tx,
    account: &domain::Account,
    old: &KeyName,
    new: &KeyName,
) -> Result<Vec<SigningKey>> {
    if signing_keys::list(tx, &account.id)?.iter().any(|key| key.name == *new) {
        return Err(ErrorCode::AlreadyExists.into());
    }
    let renamed = signing_keys::rename(tx, &account.id, old, new)?;
    renamed.then_some(()).ok_or(ErrorCode::ImageNotFound)?;
    Ok(signing_keys::list(tx, &account.id)?)
}

/// The name in the body, if there is a body. SDKs label an empty one as JSON.
fn new_name(request: &[u8]) -> Result<Option<KeyName>> {
    if request.trim_ascii().is_empty() {
        return Ok(None);
    }
    let request: PutRequest = serde_json::from_slice(request).map_err(ApiError::bad_request)?;
    request.name.map(|name| name.parse().map_err(ApiError::bad_request)).transpose()
}

fn body(keys: Vec<SigningKey>) -> impl IntoResponse {
    let keys = keys.into_iter();
    let keys = keys.map(|key| KeyBody { name: key.name.to_string(), value: key.value }).collect();
    Success(KeysBody { keys })
}
