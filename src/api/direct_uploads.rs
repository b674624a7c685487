//! One-time upload URLs: creating them.

use axum::{
    extract::{FromRequest, Request, State},
    http::header,
    response::IntoResponse,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    envelope::Success,
    error::{ApiError, Result},
    extract::{Account, Json, RequestUrls, read_body},
    form::FormParts,
};
use crate::{
    app::App,
    domain::{self, Draft, NewImage},
    error::ErrorCode,
    store::{accounts, drafts, image_ids},
    urls::Urls,
};

/// What is said about the image to come.
#[derive(Default)]
pub(super) struct DirectUploadForm {
    new: NewImage,
    expiry: Option<DateTime<Utc>>,
}

/// v1 takes this as JSON, and nothing else of v2's.
#[derive(Deserialize)]
struct RequestV1 {
    expiry: Option<String>,
}

#[derive(Serialize)]
struct DirectUploadBody {
    id: String,
    #[serde(rename = "uploadURL")]
    upload_url: String,
}

/// `POST …/v2/direct_upload`
pub(super) async fn create_v2(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    form: DirectUploadForm,
) -> Result<impl IntoResponse> {
    create(app, account, &urls, form).await
}

/// `POST …/v1/direct_upload`: JSON with an expiry; what v2 takes is taken too.
pub(super) async fn create_v1(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    request: Request,
) -> Result<impl IntoResponse> {
    let form = if label(&request).starts_with("application/json") {
        let Json(RequestV1 { expiry }) = Json::from_request(request, &app).await?;
        DirectUploadForm { new: NewImage::default(), expiry: parse_expiry(expiry.as_deref())? }
    } else {
        DirectUploadForm::from_request(request, &app).await?
    };
    create(app, account, &urls, form).await
}

async fn create(
    app: App,
    account: domain::Account,
    urls: &Urls,
    form: DirectUploadForm,
) -> Result<Success<DirectUploadBody>> {
    if form.new.id.is_some() && form.new.require_signed_urls {
        return Err(ErrorCode::CustomIdPrivate.into());
    }
    let clock = app.clock.of(&account.id);
    let now = clock.now();
    let expires = Draft::expiry(now, form.expiry).map_err(ApiError::bad_request)?;
    let owner = account.id;
    let id = app
        .store
        .tx(move |tx| {
            // It may have been reset since the request came.
            accounts::find_or_create(tx, &owner, &clock)?;
            let id = match form.new.id {
                None => image_ids::generate(tx, &owner, &clock)?,
                Some(id) if image_ids::is_taken(tx, &owner, &id, now)? => {
                    return Err(ErrorCode::AlreadyExists.into());
                }
                Some(id) => id,
            };
            let draft = Draft {
                id,
                creator: form.new.creator,
                metadata: form.new.metadata,
                require_signed_urls: form.new.require_signed_urls,
                created: now,
                expires,
            };
            drafts::insert(tx, &owner, &draft)?;
            Ok::<_, ApiError>(draft.id)
        })
        .await?;
    let upload_url = urls.upload(&account.hash, &id);
    Ok(Success(DirectUploadBody { id: id.to_string(), upload_url }))
}

impl FromRequest<App> for DirectUploadForm {
    type Rejection = ApiError;

    /// A multipart form, or nothing at all, whatever nothing is labelled as.
    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        if length.is_some_and(|length| length == "0") {
            return Ok(Self::default());
        }
        if !label(&request).starts_with("multipart/") {
            let nothing = read_body(request).await.is_ok_and(|body| body.is_empty());
            return nothing.then(Self::default).ok_or_else(|| ErrorCode::NotMultipart.into());
        }
        let parts = FormParts::from_request(request, app).await?;
        let new = NewImage { id: parts.id()?, ..parts.described()? };
        Ok(Self { new, expiry: parse_expiry(parts.text("expiry"))? })
    }
}

fn label(request: &Request) -> String {
    let label = request.headers().get(header::CONTENT_TYPE);
    label.and_then(|label| label.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

fn parse_expiry(text: Option<&str>) -> Result<Option<DateTime<Utc>>> {
    let parse = |text: &str| {
        let date = DateTime::parse_from_rfc3339(text);
        date.map(|date| date.to_utc())
            .map_err(|_| ApiError::bad_request("expiry must be a date as in RFC 3339"))
    };
    text.map(parse).transpose()
}
