//! Extractors: a handler's arguments are valid by the time it runs, or the request was answered
//! in the envelope.

use std::{borrow::Cow, collections::HashMap};

use axum::{
    RequestPartsExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OriginalUri, Path, Request},
    http::{HeaderMap, Uri, header, request::Parts},
};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::error::{ApiError, Result};
use crate::{
    app::App,
    domain::{self, AccountId, ImageId},
    error::ErrorCode,
    urls::Urls,
};

/// The longest JSON body that is read.
const MAX_JSON: usize = 1 << 20;

/// The account in the path, for a request with credentials.
pub(super) struct Account(pub(super) domain::Account);

impl FromRequestParts<App> for Account {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let OriginalUri(uri) =
            OriginalUri::from_request_parts(parts, app).await.expect("never fails");
        // Not by the router's own parameters: those want the whole path to be UTF-8, image id and all.
        let id = uri.path().split('/').nth(4).and_then(|segment| segment.parse::<AccountId>().ok());
        let id = id.ok_or_else(|| ApiError::could_not_route(&uri))?;
        check_credentials(&parts.headers)?;
        Ok(Self(app.account(id).await?))
    }
}

/// Any well-formed credentials are accepted (management-api.md §4.3 for those that are not).
fn check_credentials(headers: &HeaderMap) -> Result<()> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let well_formed = token.is_some_and(|token| is_word(token, b"-._~+/="));
        let refuse = || ApiError::invalid_header(ErrorCode::InvalidAuthorization);
        return well_formed.then_some(()).ok_or_else(refuse);
    }
    let (Some(email), Some(key)) = (headers.get("x-auth-email"), headers.get("x-auth-key")) else {
        return Err(ErrorCode::MissingCredentials.into());
    };
    if !email.to_str().is_ok_and(|email| email.contains('@')) {
        return Err(ApiError::invalid_header(ErrorCode::InvalidEmailHeader));
    }
    if !key.to_str().is_ok_and(|key| is_word(key, b"-_")) {
        return Err(ApiError::invalid_header(ErrorCode::InvalidKeyHeader));
    }
    Ok(())
}

fn is_word(text: &str, besides: &[u8]) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || besides.contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
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
            return Err(ApiError::no_route(&parts.uri));
        }
        Ok(Self { raw: raw.to_owned() })
    }
}

/// The URLs for the answer: under `--public-url`, else as the request came in.
pub(super) struct RequestUrls(pub(super) Urls);

impl FromRequestParts<App> for RequestUrls {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        if let Some(base) = &app.settings.public_url {
            return Ok(Self(Urls::fixed(base.as_str())));
        }
        let scheme = first_value(&parts.headers, "x-forwarded-proto").unwrap_or("http");
        let host = first_value(&parts.headers, "x-forwarded-host")
            .or_else(|| first_value(&parts.headers, "host"))
            .or_else(|| parts.uri.authority().map(|authority| authority.as_str()))
            .unwrap_or("localhost");
        Ok(Self(Urls::for_request(scheme, host)))
    }
}

/// The first of the values that proxies on the way have strung together.
fn first_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

/// A JSON body. What it is labelled doesn't matter: clients label carelessly.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let body: Bytes = axum::body::to_bytes(request.into_body(), MAX_JSON)
            .await
            .map_err(|_| ApiError::bad_request("the body could not be read"))?;
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

/// The query's pairs, decoded. Of equal names the last one counts.
pub(super) struct Query(HashMap<String, String>);

impl Query {
    /// The value of `name`; `None` if it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// The value of `name`, which may be empty.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromRequestParts<App> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        Ok(Self::of(&parts.uri))
    }
}

impl Query {
    fn of(uri: &Uri) -> Self {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }
}
