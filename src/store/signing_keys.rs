//! The table `signing_keys`.

use rusqlite::{Connection, params};

use super::Result;
use crate::domain::{AccountId, SigningKey};

/// The account's keys, by name.
pub fn list(conn: &Connection, account: &AccountId) -> Result<Vec<SigningKey>> {
    let mut statement = conn.prepare_cached(
        "select name, value from signing_keys where account_id = ?1 order by name",
    )?;
    let keys = statement.query_map([account.as_str()], |row| {
        Ok(SigningKey { name: row.get("name")?, value: row.get("value")? })
    })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

/// Adds a key. The name must be free.
pub fn insert(conn: &Connection, account: &AccountId, key: &SigningKey) -> Result<()> {
    conn.prepare_cached("insert into signing_keys (account_id, name, value) values (?1, ?2, ?3)")?
        .execute(params![account.as_str(), key.name, key.value])?;
    Ok(())
}
