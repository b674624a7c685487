//! `GET /_tintype/sign`: a delivery URL with a signature, for tests and for people.

use axum::{
    Extension, Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fields, refuse};
use crate::{
    app::{App, DEFAULT_ACCOUNT},
    domain::{Account, AccountHash, AccountId, ImageId, SigningKey},
    signing,
    store::{Connection, StoreError, accounts, signing_keys},
    urls::{Address, Urls},
};

pub(super) const FIELDS: Fields = &[
    ("url", "a delivery URL, or its path"),
    ("image", "or the id of an image, with `variant`"),
    ("variant", "a variant's name"),
    ("account", "the image's account; without it, the default one"),
    ("expires", "how long the URL is good for: `1h`, `90s`; without it, for ever"),
    ("key", "the name of one of the account's keys; without it, the first"),
];

/// What is to be signed: a delivery URL or its path, or a variant of an image.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    url: Option<String>,
    image: Option<String>,
    variant: Option<String>,
    /// The account of `image`; without it, the default one.
    account: Option<String>,
    /// How long the URL is good for: `1h`, `90s`. Without it, for ever.
    expires: Option<String>,
    /// The name of one of the account's keys; without it, the first.
    key: Option<String>,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    #[error("what is to be signed? ?url=<delivery URL>, or ?image=<id>&variant=<name>")]
    NothingNamed,
    #[error("url is no delivery URL: /<account hash>/<image id>/<variant>")]
    NoDeliveryUrl,
    #[error("expires is no time like 1h or 90s")]
    NoTime,
    #[error("there is no such account")]
    NoAccount,
    #[error("the account has no such key; it has {0}")]
    NoKey(String),
    #[error("the store could not be read")]
    Store(#[from] StoreError),
}

/// Answers `{"url": "…"}`: the URL, signed as of now.
pub(super) async fn sign(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, SignError> {
    let Query(wanted) = wanted.map_err(|_| SignError::NothingNamed)?;
    let urls = Urls::new(app.bases.get(), &address);
    let url = match (&wanted.url, &wanted.image, &wanted.variant) {
        (Some(url), None, None) => url.clone(),
        (None, Some(image), Some(variant)) if !variant.contains(['?', '#', '/', '%']) => {
            let account = account(&app, wanted.account).await?;
            urls.variant(&account.hash, &ImageId::named(image.clone()), variant)
        }
        _ => return Err(SignError::NothingNamed),
    };
    // A named base may have a path of its own, which is taken off before the URL gets here.
    let [base, _] = urls.bases();
    let target = url.strip_prefix(base).filter(|path| path.starts_with('/')).unwrap_or(&url);
    let uri: Uri = target.parse().map_err(|_| SignError::NoDeliveryUrl)?;
    let short = signing::short_path(uri.path());
    let (owner, key) = find_key(&app, short, wanted.key).await?;
    let lifetime = wanted.expires.as_deref().map(lifetime).transpose()?;
    let now = app.clock.of(&owner).now();
    let after = |lifetime| now.checked_add_signed(lifetime).ok_or(SignError::NoTime);
    let expiry = lifetime.map(after).transpose()?;
    let query = signing::signed_query(&key, short, expiry.map(|expiry| expiry.timestamp()));
    // What the URL was signed with before is no part of it.
    let base = url.split(['?', '#']).next().unwrap_or_default();
    Ok(Json(json!({ "url": format!("{base}?{query}") })))
}

async fn account(app: &App, id: Option<String>) -> Result<Account, SignError> {
    let id = id.as_deref().unwrap_or(DEFAULT_ACCOUNT).parse().map_err(|_| SignError::NoAccount)?;
    let find = move |conn: &Connection| Ok::<_, SignError>(accounts::find(conn, &id)?);
    app.store.read(find).await?.ok_or(SignError::NoAccount)
}

async fn find_key(
    app: &App,
    short: &str,
    name: Option<String>,
) -> Result<(AccountId, SigningKey), SignError> {
    let mut segments = short.split('/').skip(1);
    let hash = segments.next().and_then(AccountHash::parse).ok_or(SignError::NoDeliveryUrl)?;
    if segments.filter(|segment| !segment.is_empty()).count() < 2 {
        return Err(SignError::NoDeliveryUrl);
    }
    let find = move |conn: &Connection| {
        let account = accounts::find_by_hash(conn, &hash)?.ok_or(SignError::NoAccount)?;
        let keys = signing_keys::list(conn, &account.id)?;
        Ok::<_, SignError>((account.id, keys))
    };
    let (owner, keys) = app.store.read(find).await?;
    let names: Vec<_> = keys.iter().map(|key| key.name.to_string()).collect();
    let mut keys = keys.into_iter();
    let found = match name {
        None => keys.next(),
        Some(name) => keys.find(|key| key.name.as_str() == name),
    };
    let key = found.ok_or_else(|| SignError::NoKey(names.join(", ")))?;
    Ok((owner, key))
}

fn lifetime(text: &str) -> Result<TimeDelta, SignError> {
    let lifetime = humantime::parse_duration(text).map_err(|_| SignError::NoTime)?;
    TimeDelta::from_std(lifetime).map_err(|_| SignError::NoTime)
}

impl IntoResponse for SignError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NothingNamed | Self::NoDeliveryUrl | Self::NoTime => StatusCode::BAD_REQUEST,
            Self::NoAccount | Self::NoKey(_) => StatusCode::NOT_FOUND,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        refuse(status, &self.to_string())
    }
}
