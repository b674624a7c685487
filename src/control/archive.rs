//! `/_tintype/export` and `/_tintype/import`: states as a file.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, header},
    response::IntoResponse,
};
use futures_util::{Stream, TryStreamExt};
use serde_json::{Value, json};

use super::asked::{Refusal, Whose};
use crate::{
    app::App,
    state::{self, ArchiveError, Loaded},
};

/// `GET /_tintype/export`: everybody's state, or an account's, as a tar.
pub(super) async fn export(
    State(app): State<App>,
    Whose(whose): Whose,
) -> Result<impl IntoResponse, Refusal> {
    let pieces = state::export(&app, whose).await?;
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "application/x-tar"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"tintype.tar\""),
    ];
    Ok((headers, Body::from_stream(pieces)))
}

/// `POST /_tintype/import`: replaces the accounts that an export holds, or the one that is named.
pub(super) async fn import(
    State(app): State<App>,
    Whose(whose): Whose,
    request: Request,
) -> Result<axum::Json<Value>, Refusal> {
    Ok(loaded(state::import(&app, whose, body(request)).await?))
}

/// What the answer says of that.
pub(super) fn loaded(Loaded { accounts, images }: Loaded) -> axum::Json<Value> {
    axum::Json(json!({ "accounts": accounts, "images": images }))
}

/// The body as it comes.
pub(super) fn body(request: Request) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin {
    request.into_body().into_data_stream().map_err(io::Error::other)
}

impl From<ArchiveError> for Refusal {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::State(error) => error.into(),
            error => Self::bad(&error),
        }
    }
}
