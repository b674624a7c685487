//! Extractors: a handler's arguments are valid by the time it runs, or the request was answered
//! in the envelope.

use std::{borrow::Cow, collections::HashMap};

use axum::{
    RequestPartsExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OriginalUri, Path, Request},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::{
    credentials::{self, Door},
    error::{ApiError, Result},
    form::in_time,
};
use crate::{
    app::App,
    domain::{self, AccountId, ImageId},
    error::ErrorCode,
    requests::Notes,
    urls::{Address, Urls},
};

/// The longest body that is read, if it is no form.
const MAX_BODY: usize = 1 << 20;

/// The account that a request is for, once its credentials have been found good. It is created at
/// its first use.
pub(super) struct Account(pub(super) domain::Account);

impl FromRequestParts<App> for Account {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let id = match parts.extensions.get::<Door>() {
            Some(Door::Batch) => credentials::batch_account(app, &parts.headers).await?,
            _ => {
                let id = account_in_path(parts)?;
                credentials::authorize(app, parts, &id).await?;
                id
            }
        };
        Ok(Self(app.account(id).await?))
    }
}

/// Not by the router's own parameters: those want the whole path to be UTF-8, image id and all.
fn account_in_path(parts: &Parts) -> Result<AccountId> {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
    let id = uri.path().split('/').nth(4).and_then(|segment| segment.parse().ok());
    id.ok_or_else(|| ApiError::could_not_route(uri))
}

/// What stands after `/images/v1/`, as sent. Ids arrive as `a%2Fb` and as literal `a/b`, so only
/// the raw path tells `…/blob`, an image's bytes, from an id that ends in `%2Fblob`.
pub(super) struct ImagePath {
    raw: String,
}

impl ImagePath {
    /// First segments that are never an image's, unless they are part of an id with `%2F`.
    const RESERVED: &[&str] =
        &["keys", "variants", "stats", "direct_upload", "config", "batch_token"];

    /// The image that the whole path names.
    pub(super) fn id(&self) -> Result<ImageId> {
        decode(&self.raw)
    }

    /// The image whose bytes the path names, if it names bytes.
    pub(super) fn blob_of(&self) -> Option<Result<ImageId>> {
        self.raw.strip_suffix("/blob").map(decode)
    }
}

fn decode(raw: &str) -> Result<ImageId> {
    let text = percent_decode_str(raw).decode_utf8().map(Cow::into_owned);
    text.map(ImageId::named).map_err(|_| ErrorCode::ImageNotFound.into())
}

impl FromRequestParts<App> for ImagePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        // Nested routers see the path behind their prefix.
        let raw = parts.uri.path().strip_prefix("/v1/").unwrap_or_default();
        let first = raw.split('/').next().unwrap_or_default();
        if first.is_empty() || Self::RESERVED.contains(&first) {
            return Err(ApiError::no_route(&parts.method, &parts.uri));
        }
        Ok(Self { raw: raw.to_owned() })
    }
}

/// The URLs for the answer: below the bases that were named, else as the request came in.
pub(super) struct RequestUrls(pub(super) Urls);

impl FromRequestParts<App> for RequestUrls {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let address = parts.extensions.get::<Address>().expect("every request has its address");
        Ok(Self(Urls::new(app.bases.get(), address)))
    }
}

/// A body that is no form.
pub(super) async fn read_body(request: Request) -> Result<Bytes> {
    let (Parts { extensions, .. }, body) = request.into_parts();
    let body = in_time(axum::body::to_bytes(body, MAX_BODY)).await?;
    let body = body.map_err(|_| ApiError::bad_request("the body could not be read"))?;
    if let Some(notes) = extensions.get::<Notes>() {
        notes.body(&body);
    }
    Ok(body)
}

/// A JSON body. What it is labelled doesn't matter: clients label carelessly.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let body = read_body(request).await?;
        serde_json::from_slice(&body).map(Self).map_err(ApiError::bad_request)
    }
}

/// A variant's name in the path. One that no variant can have is looked up in vain.
pub(super) struct VariantPath(pub(super) domain::VariantName);

impl FromRequestParts<App> for VariantPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let path: Result<Path<HashMap<String, String>>, _> = parts.extract().await;
        let name = path.ok().and_then(|Path(names)| names.get("variant_id")?.parse().ok());
        name.map(Self).ok_or_else(|| ErrorCode::VariantNotFound.into())
    }
}

/// A signing key's name in the path, whatever it is.
pub(super) struct KeyPath(pub(super) String);

impl FromRequestParts<App> for KeyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let path: Result<Path<HashMap<String, String>>, _> = parts.extract().await;
        let name = path.ok().and_then(|Path(mut names)| names.remove("key_name"));
        name.map(Self).ok_or_else(|| ErrorCode::ImageNotFound.into())
    }
}

/// The query's pairs, decoded. Of equal names the last one counts.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The value of `name`; `None` if it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// The value of `name`, which may be empty.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.pairs().filter(|(one, _)| *one == name).last().map(|(_, value)| value)
    }

    /// Every pair, in order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromRequestParts<App> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}
