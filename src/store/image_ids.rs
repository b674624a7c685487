//! Which ids are taken: images and drafts share them.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{Result, drafts, images};
use crate::{
    clock::Clock,
    domain::{AccountId, ImageId},
};

/// Whether an image of the account has the id, or a draft that has not expired at `now`.
pub fn is_taken(
    conn: &Connection,
    account: &AccountId,
    id: &ImageId,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(images::find(conn, account, id)?.is_some()
        || drafts::find(conn, account, id, now)?.is_some())
}

/// A new id. A seeded clock begins anew with each run, so what it makes may be taken.
pub fn generate(conn: &Connection, account: &AccountId, clock: &Clock) -> Result<ImageId> {
    loop {
        let id = clock.new_image_id();
        if !is_taken(conn, account, &id, clock.now())? {
            return Ok(id);
        }
    }
}
