//! Images: upload, list (v1), details, delete, blob.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::SecondsFormat;
use serde::Serialize;
use url::Url;

use super::{
    envelope::{Empty, Success},
    error::{ApiError, Result},
    extract::{Account, ImagePath, Query, RequestUrls},
    form::{Source, UploadForm},
};
use crate::{
    app::App,
    domain::{self, Draft, Image, ImageId, Metadata},
    error::ErrorCode,
    fetch::{self, Ask},
    ingest::{self, MAX_BYTES, Upload},
    store::{self, StoreError, drafts, variants},
    urls::Urls,
};

/// An image as the API shows it (management-api.md §1.0); keys in the order seen on the wire.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageBody {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<String>,
    filename: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Metadata>,
    uploaded: String,
    #[serde(rename = "requireSignedURLs")]
    require_signed_urls: bool,
    variants: Vec<String>,
}

/// A draft's own keys: shown only while it is one.
#[derive(Serialize)]
pub(super) struct DraftBody {
    #[serde(flatten)]
    image: ImageBody,
    draft: bool,
}

#[derive(Serialize)]
struct ImagesBody {
    images: Vec<ImageBody>,
    /// Not on the wire of the service: without it, the documented `for await` of the SDKs yields
    /// nothing. Left out with `--strict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<ImageBody>>,
}

/// `POST …/v1`
pub(super) async fn upload(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    form: UploadForm,
) -> Result<impl IntoResponse> {
    let upload = match form.source {
        Source::File(upload) => upload,
        Source::Url(url) => fetch(&app, &url).await?,
    };
    let image = ingest::new_image(&app, account.id.clone(), form.new, upload).await?;
    let shown = Shown::read(&app, account, urls).await?;
    Ok(Success(shown.body(image)))
}

async fn fetch(app: &App, url: &str) -> Result<Upload> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| ApiError::bad_request("the url must be an http or https URL"))?;
    if url.host_str() == Some("imagedelivery.net") {
        let reason = "images of imagedelivery.net can't be uploaded by url";
        return Err(ApiError::because(ErrorCode::FetchFailed, reason));
    }
    // The last segment of a long URL is no reason to refuse it.
    let filename = fetch::filename(&url).map(|name| name.chars().take(255).collect());
    let ask = Ask { url, accept: "image/*".to_owned(), via: None, limit: MAX_BYTES };
    Ok(Upload { filename, bytes: app.upload_fetcher.fetch(ask).await?.bytes })
}

/// `GET …/v1`
pub(super) async fn list(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    query: Query,
) -> Result<impl IntoResponse> {
    // v1 forgives a bad number where v2 refuses it (management-api.md §6, 20).
    let number = |name| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let page = number("page").map_or(1, |page| page.clamp(1, u32::MAX.into()) as u32);
    let limit = number("per_page")
        .map_or(MAX_PER_PAGE_DEFAULT, |limit| limit.clamp(1, MAX_PER_PAGE.into()) as u32);
    let (id, creator) = (account.id.clone(), query.raw("creator").map(str::to_owned));
    let images = app
        .store
        .read(move |conn| store::images::list_numbered(conn, &id, creator.as_deref(), page, limit))
        .await?;
    let shown = Shown::read(&app, account, urls).await?;
    let images = shown.bodies(images);
    let items = (!app.settings.strict).then(|| images.clone());
    Ok(Success(ImagesBody { images, items }))
}

/// How many images a page has when nothing is asked for.
pub(super) const MAX_PER_PAGE_DEFAULT: u32 = 1000;
/// How many images a page may have.
pub(super) const MAX_PER_PAGE: u32 = 10_000;

/// `GET …/v1/{image_id}` and `GET …/v1/{image_id}/blob`
pub(super) async fn details_or_blob(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    path: ImagePath,
) -> Result<Response> {
    match path.blob_of() {
        Some(id) => blob(app, account, id?).await,
        None => details(app, account, urls, path.id()?).await,
    }
}

async fn details(app: App, account: domain::Account, urls: Urls, id: ImageId) -> Result<Response> {
    let (owner, now) = (account.id.clone(), app.clock.of(&account.id).now());
    let found = app.store.read(move |conn| {
        let image = store::images::find(conn, &owner, &id)?;
        let draft = match image {
            Some(_) => None,
            None => drafts::find(conn, &owner, &id, now)?,
        };
        Ok::<_, ApiError>((image, draft))
    });
    let (image, draft) = found.await?;
    let shown = Shown::read(&app, account, urls).await?;
    match (image, draft) {
        (Some(image), _) => Ok(Success(shown.body(image)).into_response()),
        (None, Some(draft)) => Ok(Success(shown.draft_body(draft)).into_response()),
        (None, None) => Err(ErrorCode::ImageNotFound.into()),
    }
}

async fn blob(app: App, account: domain::Account, id: ImageId) -> Result<Response> {
    let owner = account.id;
    let image = app.store.read(move |conn| store::images::find(conn, &owner, &id)).await?;
    let image = image.ok_or(ErrorCode::ImageNotFound)?;
    let bytes = app.store.blob(image.digest).await?.ok_or(ErrorCode::ImageNotFound)?;
    Ok(([(header::CONTENT_TYPE, image.format.media_type())], bytes).into_response())
}

/// `DELETE …/v1/{image_id}`
pub(super) async fn delete(
    State(app): State<App>,
    Account(account): Account,
    path: ImagePath,
) -> Result<impl IntoResponse> {
    let (id, now) = (path.id()?, app.clock.of(&account.id).now());
    app.store
        .tx(move |tx| {
            match store::images::delete(tx, &account.id, &id)? {
                Some(digest) => tx.release(digest),
                None if drafts::find(tx, &account.id, &id, now)?.is_some() => {
                    drafts::delete(tx, &account.id, &id)?;
                }
                None => return Err(ErrorCode::ImageNotFound.into()),
            }
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(Success(Empty {}))
}

/// What every image of an answer is shown with: the account's variants and the right URLs.
pub(super) struct Shown {
    account: domain::Account,
    variants: Vec<String>,
    urls: Urls,
}

impl Shown {
    pub(super) async fn read(
        app: &App,
        account: domain::Account,
        urls: Urls,
    ) -> Result<Self, StoreError> {
        let id = account.id.clone();
        let variants = app.store.read(move |conn| variants::names(conn, &id)).await?;
        Ok(Self { account, variants, urls })
    }

    pub(super) fn body(&self, image: Image) -> ImageBody {
        let url = |variant: &String| self.urls.variant(&self.account.hash, &image.id, variant);
        ImageBody {
            variants: self.variants.iter().map(url).collect(),
            id: image.id.to_string(),
            creator: image.creator,
            filename: image.filename,
            meta: image.metadata,
            uploaded: image.uploaded.to_rfc3339_opts(SecondsFormat::Millis, true),
            require_signed_urls: image.require_signed_urls,
        }
    }

    pub(super) fn draft_body(&self, draft: Draft) -> DraftBody {
        let url = |variant: &String| self.urls.variant(&self.account.hash, &draft.id, variant);
        let image = ImageBody {
            variants: self.variants.iter().map(url).collect(),
            id: draft.id.to_string(),
            creator: draft.creator,
            filename: None,
            meta: draft.metadata,
            uploaded: draft.created.to_rfc3339_opts(SecondsFormat::Millis, true),
            require_signed_urls: draft.require_signed_urls,
        };
        DraftBody { image, draft: true }
    }

    pub(super) fn bodies(&self, images: Vec<Image>) -> Vec<ImageBody> {
        images.into_iter().map(|image| self.body(image)).collect()
    }
}
