//! `/_tintype/seed`, `/_tintype/reset`, `/_tintype/snapshots…`: known states, and going back to them.

use std::path::Path as Folder;

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    http::{header, request::Parts},
};
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Fields,
    archive::{body, loaded},
    asked::{JsonObject, Query, Refusal, Whose, account_id},
};
use crate::{
    app::App,
    domain::{AccountId, InvalidSnapshotName, Snapshot, SnapshotName},
    state::{self, Loaded, SeedingError, StateError, Target},
};

pub(super) const SEED_FIELDS: Fields = &[
    ("dir", "a folder of the server's machine; web pages can't name one"),
    ("account", "in the query: the account whose own seed this is; without it, everybody's"),
];

pub(super) const RESET_FIELDS: Fields =
    &[("to", "`seed` or `nothing`"), ("account", "an account's id; without it, all accounts")];

/// A folder of the machine that the server runs on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedRequest {
    dir: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetQuery {
    account: Option<String>,
    to: Option<To>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum To {
    Nothing,
    Seed,
}

#[derive(Serialize)]
pub(super) struct SnapshotBody {
    name: String,
    account: Option<String>,
    saved: String,
    accounts: usize,
    images: usize,
}

/// `POST /_tintype/seed`: loads a folder of this machine, `{"dir": "…"}`, or one that is sent as a
/// tar. With an account it is that account's own seed.
pub(super) async fn seed(
    State(app): State<App>,
    Whose(whose): Whose,
    request: Request,
) -> Result<axum::Json<Value>, Refusal> {
    let label = request.headers().get(header::CONTENT_TYPE);
    let is_tar = label.is_some_and(|label| label.as_bytes().starts_with(b"application/x-tar"));
    // Browsers say where a page is from. No page has a say in which folders of this machine are
    // read: everybody may ask for an export afterwards.
    let from_page = request.headers().contains_key(header::ORIGIN);
    if is_tar {
        return Ok(loaded(sent_seed(&app, whose, request).await?));
    }
    if from_page {
        return Err(Refusal::forbidden("a web page can't name a folder; send the seed as a tar"));
    }
    let JsonObject(SeedRequest { dir }) = JsonObject::from_request(request, &app).await?;
    Ok(loaded(state::seed(&app, whose, Folder::new(&dir)).await?))
}

async fn sent_seed(
    app: &App,
    whose: Option<AccountId>,
    request: Request,
) -> Result<Loaded, Refusal> {
    let folder = tempfile::tempdir().map_err(|error| Refusal::bad(&error))?;
    state::unpack_folder(folder.path(), body(request)).await?;
    let seeded = state::seed(app, whose, folder.path()).await;
    // The sender knows nothing of our folder.
    let ours = format!("{}/", folder.path().display());
    seeded.map_err(|error| match error {
        SeedingError::Seed(error) => Refusal::bad(&error.to_string().replace(&ours, "")),
        SeedingError::State(error) => error.into(),
    })
}

/// `POST /_tintype/reset`: back to the seed, or to nothing if there is none; `?to=nothing` or
/// `?to=seed` says which. Clock and ids begin anew.
pub(super) async fn reset(
    State(app): State<App>,
    Query(ResetQuery { account, to }): Query<ResetQuery>,
) -> Result<axum::Json<Value>, Refusal> {
    let target = match to {
        None => Target::Either,
        Some(To::Nothing) => Target::Nothing,
        Some(To::Seed) => Target::Seed,
    };
    state::reset(&app, account_id(account)?, target).await?;
    Ok(axum::Json(json!({})))
}

/// `GET /_tintype/snapshots`: everybody's, or an account's.
pub(super) async fn list(
    State(app): State<App>,
    Whose(whose): Whose,
) -> Result<axum::Json<Value>, Refusal> {
    let snapshots = state::list(&app, whose).await?;
    let snapshots: Vec<_> = snapshots.into_iter().map(SnapshotBody::from).collect();
    Ok(axum::Json(json!({ "snapshots": snapshots })))
}

/// `PUT` and `POST /_tintype/snapshots/{name}`: keeps the state as it is now.
pub(super) async fn save(
    State(app): State<App>,
    Whose(whose): Whose,
    Named(name): Named,
) -> Result<axum::Json<SnapshotBody>, Refusal> {
    let snapshot = state::save(&app, whose, name).await?;
    Ok(axum::Json(snapshot.into()))
}

/// `POST /_tintype/snapshots/{name}/restore`: goes back to it.
pub(super) async fn restore(
    State(app): State<App>,
    Whose(whose): Whose,
    Named(name): Named,
) -> Result<axum::Json<Value>, Refusal> {
    state::restore(&app, whose, name).await?;
    Ok(axum::Json(json!({})))
}

/// `DELETE /_tintype/snapshots/{name}`
pub(super) async fn delete(
    State(app): State<App>,
    Whose(whose): Whose,
    Named(name): Named,
) -> Result<axum::Json<Value>, Refusal> {
    state::delete(&app, whose, name).await?;
    Ok(axum::Json(json!({})))
}

/// The snapshot that a path names.
pub(super) struct Named(SnapshotName);

impl FromRequestParts<App> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let name = Path::<String>::from_request_parts(parts, app).await;
        let Path(name) = name.map_err(|error| Refusal::bad(&error.body_text()))?;
        name.parse().map(Self).map_err(|error: InvalidSnapshotName| Refusal::bad(&error))
    }
}

impl From<Snapshot> for SnapshotBody {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            name: snapshot.name.to_string(),
            account: snapshot.whose.as_ref().map(AccountId::to_string),
            saved: snapshot.saved.to_rfc3339_opts(SecondsFormat::Millis, true),
            accounts: snapshot.accounts,
            images: snapshot.images,
        }
    }
}

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Store(error) => error.into(),
            StateError::NoSnapshot(_) | StateError::NoSeed => Self::not_found(&error),
            StateError::SeedsName
            | StateError::Impossible(_)
            | StateError::Manifest(_)
            | StateError::Place(_) => Self::bad(&error),
        }
    }
}

impl From<SeedingError> for Refusal {
    fn from(error: SeedingError) -> Self {
        match error {
            SeedingError::Seed(error) => Self::bad(&error),
            SeedingError::State(error) => error.into(),
        }
    }
}
