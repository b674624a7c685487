//! Named variants: create, list, details, edit, delete.

use std::collections::BTreeMap;

use axum::{extract::State, response::IntoResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    envelope::{Empty, Success},
    error::{ApiError, Result},
    extract::{Account, Json, VariantPath},
};
use crate::{
    app::App,
    domain::{self, Variant, VariantName},
    error::ErrorCode,
    store::{accounts, variants},
};

#[derive(Deserialize)]
pub(super) struct CreateRequest {
    id: String,
    options: Map<String, Value>,
    #[serde(default, rename = "neverRequireSignedURLs")]
    never_require_signed_urls: bool,
}

#[derive(Deserialize)]
pub(super) struct EditRequest {
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: Option<bool>,
}

#[derive(Serialize)]
struct VariantBody {
    id: String,
    options: Map<String, Value>,
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: bool,
}

/// `{"variant": …}`
#[derive(Serialize)]
struct OneBody {
    variant: VariantBody,
}

/// `{"variants": {"public": …}}`: a map, unlike every other list.
#[derive(Serialize)]
struct ManyBody {
    variants: BTreeMap<String, VariantBody>,
}

/// `GET …/v1/variants`
pub(super) async fn list(
    State(app): State<App>,
    Account(account): Account,
) -> Result<impl IntoResponse> {
    let variants = app.store.read(move |conn| variants::list(conn, &account.id)).await?;
    let named = variants.into_iter().map(|variant| (variant.name.to_string(), variant.into()));
    Ok(Success(ManyBody { variants: named.collect() }))
}

/// `POST …/v1/variants`
pub(super) async fn create(
    State(app): State<App>,
    Account(account): Account,
    Json(request): Json<CreateRequest>,
) -> Result<impl IntoResponse> {
    let variant = new_variant(&request)?;
    let (created, clock) = (variant.clone(), app.clock.of(&account.id));
    app.store
        .tx(move |tx| {
            // It may have been reset since the request came.
            accounts::find_or_create(tx, &account.id, &clock)?;
            if variants::find(tx, &account.id, &variant.name)?.is_some() {
                return Err(ErrorCode::AlreadyExists.into());
            }
            if variants::names(tx, &account.id)?.len() >= Variant::LIMIT {
                let detail = format!("an account has at most {} variants", Variant::LIMIT);
                return Err(ApiError::bad_request(detail));
            }
            Ok(variants::insert(tx, &account.id, &variant)?)
        })
        .await?;
    Ok(Success(OneBody { variant: created.into() }))
}

/// `GET …/v1/variants/{variant_id}`
pub(super) async fn details(
    State(app): State<App>,
    Account(account): Account,
    VariantPath(name): VariantPath,
) -> Result<impl IntoResponse> {
    let variant = find(&app, account, name).await?;
    Ok(Success(OneBody { variant: variant.into() }))
}

/// `GET …/v1/variants/{variant_id}/flat`
pub(super) async fn details_flat(
    State(app): State<App>,
    Account(account): Account,
    VariantPath(name): VariantPath,
) -> Result<impl IntoResponse> {
    let variant = find(&app, account, name).await?;
    Ok(Success(VariantBody::from(variant)))
}

async fn find(app: &App, account: domain::Account, name: VariantName) -> Result<Variant> {
    let find = move |conn: &_| variants::find(conn, &account.id, &name);
    app.store.read(find).await?.ok_or_else(|| ErrorCode::VariantNotFound.into())
}

/// `PATCH …/v1/variants/{variant_id}`: what isn't named stays as it is.
pub(super) async fn edit(
    State(app): State<App>,
    Account(account): Account,
    VariantPath(name): VariantPath,
    Json(request): Json<EditRequest>,
) -> Result<impl IntoResponse> {
    let edited = app
        .store
        .tx(move |tx| {
            let variant = variants::find(tx, &account.id, &name)?;
            let mut variant = variant.ok_or(ErrorCode::VariantNotFound)?;
            variant.set_options(&request.options).map_err(ApiError::bad_request)?;
            if let Some(never) = request.never_require_signed_urls {
                variant.never_require_signed_urls = never;
            }
            variants::update(tx, &account.id, &variant)?;
            Ok::<_, ApiError>(variant)
        })
        .await?;
    Ok(Success(OneBody { variant: edited.into() }))
}

/// `DELETE …/v1/variants/{variant_id}`
pub(super) async fn delete(
    State(app): State<App>,
    Account(account): Account,
    VariantPath(name): VariantPath,
) -> Result<impl IntoResponse> {
    // Seen on the real service: 200, and `public` is still there (management-api.md §6, 27).
    if name.as_str() != Variant::PUBLIC {
        let deleted = app.store.tx(move |tx| variants::delete(tx, &account.id, &name)).await?;
        deleted.then_some(()).ok_or(ErrorCode::VariantNotFound)?;
    }
    Ok(Success(Empty {}))
}

fn new_variant(request: &CreateRequest) -> Result<Variant> {
    let mut variant = Variant::new(request.id.parse().map_err(ApiError::bad_request)?);
    variant.never_require_signed_urls = request.never_require_signed_urls;
    variant.set_options(&request.options).map_err(ApiError::bad_request)?;
    Ok(variant)
}

impl From<Variant> for VariantBody {
    fn from(variant: Variant) -> Self {
        let given = variant.options.given().map(|(name, text)| {
            let number = text.parse().map(Value::Number);
            (name.to_owned(), number.unwrap_or(Value::String(text)))
        });
        let mut options: Map<String, Value> = given.collect();
        if let Some(ttl) = variant.browser_ttl {
            options.insert("browser_ttl".to_owned(), ttl.seconds().into());
        }
        Self {
            id: variant.name.to_string(),
            options,
            never_require_signed_urls: variant.never_require_signed_urls,
        }
    }
}
