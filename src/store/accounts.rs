//! The table `accounts`.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, columns, signing_keys, variants};
use crate::{
    clock::Clock,
    domain::{
        Account, AccountConfig, AccountHash, AccountId, BrowserTtl, KeyName, SigningKey, Variant,
    },
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
    let key = SigningKey { name: KeyName::default(), value: clock.new_key_value() };
    signing_keys::put(conn, &account.id, &key)?;
    Ok(account)
}

/// What the account has set.
pub fn config(conn: &Connection, id: &AccountId) -> Result<AccountConfig> {
    let mut statement = conn.prepare_cached("select * from accounts where id = ?1")?;
    let mut rows = statement.query([id.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(AccountConfig::default()) };
    Ok(AccountConfig {
        flexible_variants: row.get("flexible_variants")?,
        browser_ttl: columns::parse_ttl(row.get("browser_ttl")?)?.unwrap_or_default(),
        preserve_content_credentials: row.get("preserve_content_credentials")?,
    })
}

/// Replaces what the account has set.
pub fn set_config(conn: &Connection, id: &AccountId, config: AccountConfig) -> Result<()> {
    conn.prepare_cached(
        "update accounts
         set flexible_variants = ?2, browser_ttl = ?3, preserve_content_credentials = ?4
         where id = ?1",
    )?
    .execute(params![
        id.as_str(),
        config.flexible_variants,
        BrowserTtl::seconds(config.browser_ttl),
        config.preserve_content_credentials,
    ])?;
    Ok(())
}
