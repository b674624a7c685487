//! The table `batch_tokens`.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Result,
    columns::{self, unreadable},
};
use crate::domain::{AccountId, BatchToken};

/// Adds a token, and takes the opportunity to remove the account's that have expired at `now`.
pub fn insert(
    conn: &Connection,
    account: &AccountId,
    token: &BatchToken,
    now: DateTime<Utc>,
) -> Result<()> {
    conn.prepare_cached("delete from batch_tokens where account_id = ?1 and expires_at <= ?2")?
        .execute(params![account.as_str(), now.timestamp_millis()])?;
    put(conn, account, token)
}

/// Adds a token, expired or not.
pub fn put(conn: &Connection, account: &AccountId, token: &BatchToken) -> Result<()> {
    // A seeded clock makes the same tokens in each run.
    conn.prepare_cached(
        "insert or replace into batch_tokens (token, account_id, expires_at) values (?1, ?2, ?3)",
    )?
    .execute(params![token.text, account.as_str(), token.expires.timestamp_millis()])?;
    Ok(())
}

/// The account that a token stands for, and the token, which may have expired.
pub fn find(conn: &Connection, token: &str) -> Result<Option<(AccountId, BatchToken)>> {
    conn.prepare_cached("select * from batch_tokens where token = ?1")?
        .query_row([token], |row| Ok(from_row(row)))
        .optional()?
        .transpose()
}

/// Every token of the account, expired ones too.
pub fn list(conn: &Connection, account: &AccountId) -> Result<Vec<BatchToken>> {
    let mut statement =
        conn.prepare_cached("select * from batch_tokens where account_id = ?1 order by token")?;
    let rows = statement.query_and_then([account.as_str()], from_row)?;
    rows.map(|row| Ok(row?.1)).collect()
}

fn from_row(row: &Row) -> Result<(AccountId, BatchToken)> {
    let id: String = row.get("account_id")?;
    let account = id.parse().map_err(|_| unreadable("account id", &id))?;
    let expires = columns::parse_time(row.get("expires_at")?)?;
    Ok((account, BatchToken { text: row.get("token")?, expires }))
}
