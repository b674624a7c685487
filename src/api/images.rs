//! Images: upload, list (v1), details, delete, blob.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::SecondsFormat;
use serde::Serialize;

use super::{
    envelope::{Empty, Success},
    error::{ApiError, Result},
    extract::{Account, ImagePath, Query, RequestUrls},
    form::UploadForm,
};
use crate::{
    app::App,
    domain::{self, Image, ImageId, Metadata},
    error::ErrorCode,
    ingest,
    store::{self, StoreError, variants},
    urls::Urls,
};

/// An image as the API shows it (management-api.md §1.0); keys in the order seen on the wire.
#[derive(Serialize)]
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

#[derive(Serialize)]
struct ImagesBody {
    images: Vec<ImageBody>,
}

/// `POST …/v1`
pub(super) async fn upload(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    form: UploadForm,
) -> Result<impl IntoResponse> {
    let image = ingest::ingest(&app, account.id.clone(), form.new, form.file).await?;
    let shown = Shown::read(&app, account, urls).await?;
    Ok(Success(shown.body(image)))
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
    Ok(Success(ImagesBody { images: shown.bodies(images) }))
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
    let image = find(&app, &account, id).await?;
    let shown = Shown::read(&app, account, urls).await?;
    Ok(Success(shown.body(image)).into_response())
}

async fn blob(app: App, account: domain::Account, id: ImageId) -> Result<Response> {
    let image = find(&app, &account, id).await?;
    let bytes = app.store.blob(image.digest).await?.ok_or(ErrorCode::ImageNotFound)?;
    Ok(([(header::CONTENT_TYPE, image.format.media_type())], bytes).into_response())
}

async fn find(app: &App, account: &domain::Account, id: ImageId) -> Result<Image> {
    let account = account.id.clone();
    let image = app.store.read(move |conn| store::images::find(conn, &account, &id)).await?;
    image.ok_or_else(|| ErrorCode::ImageNotFound.into())
}

/// `DELETE …/v1/{image_id}`
pub(super) async fn delete(
    State(app): State<App>,
    Account(account): Account,
    path: ImagePath,
) -> Result<impl IntoResponse> {
    let id = path.id()?;
    app.store
        .tx(move |tx| {
            let digest = store::images::delete(tx, &account.id, &id)?;
            tx.release(digest.ok_or(ErrorCode::ImageNotFound)?);
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

    pub(super) fn bodies(&self, images: Vec<Image>) -> Vec<ImageBody> {
        images.into_iter().map(|image| self.body(image)).collect()
    }
}
