//! The table `accounts`.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, signing_keys, variants};
use crate::{
    clock::Clock,
    domain::{Account, AccountHash, AccountId, SigningKey, Variant},
};

/// The account with this id, if it has been used before.
pub fn find(conn: &Connection, id: &AccountId) -> Result<Option<Account>> {
    let hash = conn
        .prepare_cached("select hash from accounts where id = ?1")?
        .query_row([id.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(hash.and_then(|hash| AccountHash::parse(&hash)).map(|hash| Account { id: id.clone(), hash }))
}

/// The account that images are delivered under `hash` for.
pub fn find_by_hash(conn: &Connection, hash: &AccountHash) -> Result<Option<Account>> {
    let id = conn
        .prepare_cached("select id from accounts where hash = ?1")?
        .query_row([hash.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(id.and_then(|id| id.parse().ok()).map(|id| Account { id, hash: hash.clone() }))
}

/// The account with this id; at first use it is created with what every account starts with: the
/// variant `public` and the key `default`.
pub fn find_or_create(conn: &Connection, id: &AccountId, clock: &Clock) -> Result<Account> {
    if let Some(account) = find(conn, id)? {
        return Ok(account);
    }
    let account = Account { id: id.clone(), hash: AccountHash::derive(id) };
    conn.prepare_cached("insert into accounts (id, hash, created_at) values (?1, ?2, ?3)")?
        .execute(params![
            account.id.as_str(),
            account.hash.as_str(),
            clock.now().timestamp_millis()
        ])?;
    variants::insert(conn, &account.id, &Variant::public())?;
    let key = SigningKey { name: SigningKey::DEFAULT.to_owned(), value: clock.new_key_value() };
    signing_keys::insert(conn, &account.id, &key)?;
    Ok(account)
}
