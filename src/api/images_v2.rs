//! Listing by continuation token.

use axum::{extract::State, response::IntoResponse};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use super::{
    envelope::Success,
    error::{ApiError, Result},
    extract::{Account, Query, RequestUrls},
    images::{ImageBody, MAX_PER_PAGE, MAX_PER_PAGE_DEFAULT, Shown},
};
use crate::{
    app::App,
    domain::MetadataFilter,
    store::images::{self, Cursor, Order, Page},
};

#[derive(Serialize)]
struct ImagesBody {
    images: Vec<ImageBody>,
    /// Null on the last page.
    continuation_token: Option<String>,
}

/// `GET …/v2`
pub(super) async fn list(
    State(app): State<App>,
    Account(account): Account,
    RequestUrls(urls): RequestUrls,
    query: Query,
) -> Result<impl IntoResponse> {
    let page = page(&query)?;
    let id = account.id.clone();
    let (images, next) = app.store.read(move |conn| images::list(conn, &id, &page)).await?;
    let shown = Shown::read(&app, account, urls).await?;
    Ok(Success(ImagesBody {
        images: shown.bodies(images),
        continuation_token: next.map(print_token),
    }))
}

fn page(query: &Query) -> Result<Page> {
    let order = match query.get("sort_order") {
        None | Some("desc") => Order::NewestFirst,
        Some("asc") => Order::OldestFirst,
        Some(_) => return Err(ApiError::bad_request("sort_order is asc or desc")),
    };
    let limit = match query.get("per_page").map(str::parse) {
        None => MAX_PER_PAGE_DEFAULT,
        Some(Ok(limit @ 1..=MAX_PER_PAGE)) => limit,
        Some(_) => {
            let detail = format!("per_page is a number from 1 to {MAX_PER_PAGE}");
            return Err(ApiError::bad_request(detail));
        }
    };
    let after = query.get("continuation_token").map(parse_token).transpose()?;
    let mut filter = MetadataFilter::default();
    query
        .pairs()
        .try_for_each(|(name, value)| filter.add(name, value))
        .map_err(ApiError::bad_request)?;
    let creator = query.raw("creator").map(str::to_owned);
    Ok(Page { order, after, limit, creator, filter })
}

/// 22 characters: the service's own are at most 32.
fn print_token(cursor: Cursor) -> String {
    let bytes = [cursor.uploaded_at.to_be_bytes(), cursor.seq.to_be_bytes()].concat();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn parse_token(token: &str) -> Result<Cursor> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
    let bytes = bytes.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| ApiError::bad_request("the continuation_token is invalid"))?;
    let number = u128::from_be_bytes(bytes);
    Ok(Cursor { uploaded_at: (number >> 64) as i64, seq: number as i64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_what_they_print() {
        for (uploaded_at, seq) in [(0, 0), (1_764_000_000_123, 42), (-1, i64::MAX)] {
            let cursor = Cursor { uploaded_at, seq };
            let token = print_token(cursor);

            assert_eq!(token.len(), 22);
            assert_eq!(parse_token(&token).unwrap(), cursor);
        }
    }
}
