//! The table `batch_tokens`.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, columns::unreadable};
use crate::domain::{AccountId, BatchToken};

/// Adds a token, and takes the opportunity to remove those that have expired at `now`.
pub fn insert(
    conn: &Connection,
    account: &AccountId,
    token: &BatchToken,
    now: DateTime<Utc>,
) -> Result<()> {
    conn.prepare_cached("delete from batch_tokens where expires_at <= ?1")?
        .execute([now.timestamp_millis()])?;
    conn.prepare_cached(
        "insert into batch_tokens (token, account_id, expires_at) values (?1, ?2, ?3)",
    )?
    .execute(params![token.text, account.as_str(), token.expires.timestamp_millis()])?;
    Ok(())
}

/// The account that a token stands for at `now`.
pub fn account(conn: &Connection, token: &str, now: DateTime<Utc>) -> Result<Option<AccountId>> {
    let id = conn
        .prepare_cached("select account_id from batch_tokens where token = ?1 and expires_at > ?2")?
        .query_row(params![token, now.timestamp_millis()], |row| row.get::<_, String>(0))
        .optional()?;
    id.map(|id| id.parse().map_err(|_| unreadable("account id", &id))).transpose()
}
