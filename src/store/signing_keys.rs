//! The table `signing_keys`.

use rusqlite::{Connection, params};

use super::{Result, StoreError, columns::unreadable};
use crate::domain::{AccountId, KeyName, SigningKey};

/// The account's keys, by name.
pub fn list(conn: &Connection, account: &AccountId) -> Result<Vec<SigningKey>> {
    let mut statement = conn.prepare_cached(
        "select name, value from signing_keys where account_id = ?1 order by name",
    )?;
    let keys = statement.query_and_then([account.as_str()], |row| {
        let name: String = row.get("name")?;
        let name = name.parse().map_err(|_| unreadable("key name", &name))?;
        Ok::<_, StoreError>(SigningKey { name, value: row.get("value")? })
    })?;
    keys.collect()
}

/// Adds a key, or gives the key of that name a new value.
pub fn put(conn: &Connection, account: &AccountId, key: &SigningKey) -> Result<()> {
    conn.prepare_cached(
        "insert into signing_keys (account_id, name, value) values (?1, ?2, ?3)
         on conflict do update set value = excluded.value",
    )?
    .execute(params![account.as_str(), key.name.as_str(), key.value])?;
    Ok(())
}

/// Renames a key; `false` if there is none of the old name. The new name must be free.
pub fn rename(
    conn: &Connection,
    account: &AccountId,
    old: &KeyName,
    new: &KeyName,
) -> Result<bool> {
    let renamed = conn
        .prepare_cached("update signing_keys set name = ?3 where account_id = ?1 and name = ?2")?
        .execute([account.as_str(), old.as_str(), new.as_str()])?;
    Ok(renamed > 0)
}

/// Removes a key; `false` if there is none of that name.
pub fn delete(conn: &Connection, account: &AccountId, name: &KeyName) -> Result<bool> {
    let deleted = conn
        .prepare_cached("delete from signing_keys where account_id = ?1 and name = ?2")?
        .execute([account.as_str(), name.as_str()])?;
    Ok(deleted > 0)
}
