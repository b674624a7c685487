//! One-time upload URLs: using them. Whoever has the URL may, once; browsers of any origin too.

use std::borrow::Cow;

use axum::{
    Extension,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;

use super::{
    envelope::Success, error::Result, extract::RequestUrls, form::FormParts, images::Shown,
};
use crate::{
    app::App,
    domain::{Account, AccountHash, ImageId},
    error::ErrorCode,
    ingest,
    store::{accounts, drafts, images},
};

/// `POST /upload/<account hash>/<image id>`
pub(super) async fn upload(
    State(app): State<App>,
    RequestUrls(urls): RequestUrls,
    uri: Uri,
    parts: FormParts,
) -> Result<impl IntoResponse> {
    let (hash, id) = target(uri.path()).ok_or(ErrorCode::ImageNotFound)?;
    let account = open_account(&app, hash, id.clone()).await?;
    let upload = parts.into_file()?;
    let owner = account.id.clone();
    let image = ingest::fill_draft(&app, owner.clone(), id, upload).await?;
    let shown = Shown::read(&app, account, urls).await?;
    // Whose time the answer is dated by.
    Ok((Extension(owner), Success(shown.body(image))))
}

/// The account, if the image is awaited; before anything is decoded.
async fn open_account(app: &App, hash: AccountHash, id: ImageId) -> Result<Account> {
    let clock = app.clock.clone();
    app.store
        .read(move |conn| {
            let account = accounts::find_by_hash(conn, &hash)?.ok_or(ErrorCode::ImageNotFound)?;
            if images::find(conn, &account.id, &id)?.is_some() {
                return Err(ErrorCode::AlreadyExists.into());
            }
            let now = clock.of(&account.id).now();
            drafts::find(conn, &account.id, &id, now)?.ok_or(ErrorCode::ImageNotFound)?;
            Ok(account)
        })
        .await
}

/// Account and image in a path, with `/upload` before them or, on the upload host, without.
fn target(path: &str) -> Option<(AccountHash, ImageId)> {
    let path = path.strip_prefix("/upload").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let (hash, id) = path.strip_prefix('/')?.split_once('/')?;
    let id = percent_decode_str(id).decode_utf8().map(Cow::into_owned).ok()?;
    Some((AccountHash::parse(hash)?, ImageId::named(id)))
}

/// `OPTIONS` of an upload URL: what a browser asks before it sends.
pub(super) async fn preflight() -> impl IntoResponse {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers)
}

/// Lets scripts of every origin read the answer, errors included.
pub(super) async fn for_every_origin(mut response: Response) -> Response {
    let everyone = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    response
}
