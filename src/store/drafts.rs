//! The table `drafts`. An expired draft is as good as none.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Result, StoreError, columns};
use crate::domain::{AccountId, Draft, ImageId};

/// Adds a draft, and takes the opportunity to remove the account's expired ones. The id must be free.
pub fn insert(conn: &Connection, account: &AccountId, draft: &Draft) -> Result<()> {
    conn.prepare_cached("delete from drafts where account_id = ?1 and expires_at <= ?2")?
        .execute(params![account.as_str(), draft.created.timestamp_millis()])?;
    put(conn, account, draft)
}

/// Adds a draft, expired or not. The id must be free.
pub fn put(conn: &Connection, account: &AccountId, draft: &Draft) -> Result<()> {
    conn.prepare_cached(
        "insert into drafts (account_id, image_id, creator, metadata, require_signed_urls,
                             created_at, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        account.as_str(),
        draft.id.as_str(),
        draft.creator,
        columns::print_metadata(draft.metadata.as_ref()),
        draft.require_signed_urls,
        draft.created.timestamp_millis(),
        draft.expires.timestamp_millis(),
    ])?;
    Ok(())
}

/// Every draft of the account, expired ones too; but not one whose id an image has taken since.
pub fn all(conn: &Connection, account: &AccountId) -> Result<Vec<Draft>> {
    let mut statement = conn.prepare_cached(
        "select * from drafts
         where account_id = ?1 and image_id not in (select id from images where account_id = ?1)
         order by created_at, image_id",
    )?;
    let rows = statement.query_and_then([account.as_str()], from_row)?;
    rows.collect()
}

/// The draft with this id that has not expired at `now`.
pub fn find(
    conn: &Connection,
    account: &AccountId,
    id: &ImageId,
    now: DateTime<Utc>,
) -> Result<Option<Draft>> {
    conn.prepare_cached(
        "select * from drafts where account_id = ?1 and image_id = ?2 and expires_at > ?3",
    )?
    .query_row(params![account.as_str(), id.as_str(), now.timestamp_millis()], |row| {
        Ok(from_row(row))
    })
    .optional()?
    .transpose()
}

/// Replaces what may be edited: creator, metadata, and whether URLs have to be signed.
pub fn update(conn: &Connection, account: &AccountId, draft: &Draft) -> Result<()> {
    conn.prepare_cached(
        "update drafts set creator = ?3, metadata = ?4, require_signed_urls = ?5
         where account_id = ?1 and image_id = ?2",
    )?
    .execute(params![
        account.as_str(),
        draft.id.as_str(),
        draft.creator,
        columns::print_metadata(draft.metadata.as_ref()),
        draft.require_signed_urls,
    ])?;
    Ok(())
}

/// Removes a draft; `false` if there is none.
pub fn delete(conn: &Connection, account: &AccountId, id: &ImageId) -> Result<bool> {
    let deleted = conn
        .prepare_cached("delete from drafts where account_id = ?1 and image_id = ?2")?
        .execute([account.as_str(), id.as_str()])?;
    Ok(deleted > 0)
}

fn from_row(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: ImageId::named(row.get("image_id")?),
        creator: row.get("creator")?,
        metadata: columns::parse_metadata(row.get("metadata")?)?,
        require_signed_urls: row.get("require_signed_urls")?,
        created: columns::parse_time(row.get("created_at")?)?,
        expires: columns::parse_time(row.get("expires_at")?)?,
    })
}
