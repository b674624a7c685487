//! Update image: `PATCH …/v1/{image_id}`, as JSON or, as Terraform sends it, as a form.

use axum::{
    extract::{FromRequest, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{
    envelope::Success,
    error::{ApiError, Result},
    extract::{Account, ImagePath, RequestUrls, read_body},
    form::FormParts,
    images::Shown,
};
use crate::{
    app::App,
    clock::Clock,
    domain::{AccountId, Draft, Image, Metadata, check_creator, check_metadata},
    error::ErrorCode,
    store::{Tx, drafts, image_ids, images},
};

/// What an edit asks for. The outer `None` leaves a thing as it is, the inner one clears it.
pub(super) struct Changes {
    metadata: Option<Option<Metadata>>,
    creator: Option<Option<String>>,
    require_signed_urls: Option<bool>,
}

/// What was edited.
enum Edited {
    Image(Image),
    Draft(Draft),
}

pub(super) async fn edit(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    path: ImagePath,
    changes: Changes,
) -> Result<Response> {
    let (owner, id) = (account.id.clone(), path.id()?);
    let clock = app.clock.of(&owner);
    let edited = app
        .store
        .tx(move |tx| match images::find(tx, &owner, &id)? {
            Some(image) => edit_image(tx, &owner, image, changes, &clock),
            None => {
                let draft = drafts::find(tx, &owner, &id, clock.now())?;
                edit_draft(tx, &owner, draft.ok_or(ErrorCode::ImageNotFound)?, changes)
            }
        })
        .await?;
    let shown = Shown::read(&app, account, urls).await?;
    Ok(match edited {
        Edited::Image(image) => Success(shown.body(image)).into_response(),
        Edited::Draft(draft) => Success(shown.draft_body(draft)).into_response(),
    })
}

/// A change of who may see the image gives it a new id: the URLs that are out there end.
fn edit_image(
    tx: &Tx,
    account: &AccountId,
    mut image: Image,
    changes: Changes,
    clock: &Clock,
) -> Result<Edited> {
    let old_id = image.id.clone();
    let private = changes.require_signed_urls.unwrap_or(image.require_signed_urls);
    if private != image.require_signed_urls {
        if image.id.is_custom() {
            return Err(ErrorCode::CustomIdPrivate.into());
        }
        image.id = image_ids::generate(tx, account, clock)?;
        image.require_signed_urls = private;
    }
    image.metadata = changes.metadata.unwrap_or(image.metadata);
    image.creator = changes.creator.unwrap_or(image.creator);
    images::update(tx, account, &old_id, &image)?;
    Ok(Edited::Image(image))
}

/// A draft keeps its id: nothing was delivered under it, and its upload URL is out there.
fn edit_draft(tx: &Tx, account: &AccountId, mut draft: Draft, changes: Changes) -> Result<Edited> {
    draft.require_signed_urls = changes.require_signed_urls.unwrap_or(draft.require_signed_urls);
    if draft.require_signed_urls && draft.id.is_custom() {
        return Err(ErrorCode::CustomIdPrivate.into());
    }
    draft.metadata = changes.metadata.unwrap_or(draft.metadata);
    draft.creator = changes.creator.unwrap_or(draft.creator);
    drafts::update(tx, account, &draft)?;
    Ok(Edited::Draft(draft))
}

impl FromRequest<App> for Changes {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let label = request.headers().get(header::CONTENT_TYPE);
        let label = label.map(|label| label.as_bytes().to_ascii_lowercase());
        let is_form = label.is_some_and(|label| label.starts_with(b"multipart/"));
        if is_form {
            return Self::from_form(&FormParts::from_request(request, app).await?);
        }
        let body = read_body(request).await?;
        if body.is_empty() {
            return Self::from_json(&Map::new());
        }
        Self::from_json(&serde_json::from_slice(&body).map_err(ApiError::bad_request)?)
    }
}

impl Changes {
    fn from_form(parts: &FormParts) -> Result<Self> {
        let described = parts.described()?;
        Ok(Self {
            metadata: parts.has_metadata().then_some(described.metadata),
            creator: parts.sent("creator").map(|_| described.creator),
            require_signed_urls: parts
                .text("requireSignedURLs")
                .map(|_| described.require_signed_urls),
        })
    }

    fn from_json(body: &Map<String, Value>) -> Result<Self> {
        let metadata = match body.get("metadata") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::Object(metadata)) => {
                Some(check_metadata(metadata.clone()).map_err(ApiError::bad_request)?)
            }
            Some(_) => return Err(ApiError::bad_request("metadata must be a JSON object")),
        };
        let creator = match body.get("creator") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(creator)) => {
                Some(check_creator(creator.clone()).map_err(ApiError::bad_request)?)
            }
            Some(_) => return Err(ApiError::bad_request("creator must be a string")),
        };
        let require_signed_urls = match body.get("requireSignedURLs") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(required)) => Some(*required),
            Some(_) => {
                return Err(ApiError::bad_request("requireSignedURLs must be true or false"));
            }
        };
        Ok(Self { metadata, creator, require_signed_urls })
    }
}
