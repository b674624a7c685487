//! The table `variants`.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Result,
    columns::{self, unreadable},
};
use crate::domain::{AccountId, BrowserTtl, Variant, VariantName};

/// The account's variants, by name.
pub fn list(conn: &Connection, account: &AccountId) -> Result<Vec<Variant>> {
    let mut statement =
        conn.prepare_cached("select * from variants where account_id = ?1 order by name")?;
    let rows = statement.query_and_then([account.as_str()], from_row)?;
    rows.collect()
}

/// The names alone, for the URLs of an image.
pub fn names(conn: &Connection, account: &AccountId) -> Result<Vec<String>> {
    let mut statement =
        conn.prepare_cached("select name from variants where account_id = ?1 order by name")?;
    let names = statement.query_map([account.as_str()], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

pub fn find(conn: &Connection, account: &AccountId, name: &VariantName) -> Result<Option<Variant>> {
    conn.prepare_cached("select * from variants where account_id = ?1 and name = ?2")?
        .query_row([account.as_str(), name.as_str()], |row| Ok(from_row(row)))
        .optional()?
        .transpose()
}

/// Adds a variant. The name must be free.
pub fn insert(conn: &Connection, account: &AccountId, variant: &Variant) -> Result<()> {
    conn.prepare_cached(
        "insert into variants (account_id, name, options, browser_ttl, never_require_signed_urls)
         values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        account.as_str(),
        variant.name.as_str(),
        variant.options.to_string(),
        variant.browser_ttl.map(BrowserTtl::seconds),
        variant.never_require_signed_urls,
    ])?;
    Ok(())
}

/// Replaces everything but the name.
pub fn update(conn: &Connection, account: &AccountId, variant: &Variant) -> Result<()> {
    conn.prepare_cached(
        "update variants set options = ?3, browser_ttl = ?4, never_require_signed_urls = ?5
         where account_id = ?1 and name = ?2",
    )?
    .execute(params![
        account.as_str(),
        variant.name.as_str(),
        variant.options.to_string(),
        variant.browser_ttl.map(BrowserTtl::seconds),
        variant.never_require_signed_urls,
    ])?;
    Ok(())
}

/// Removes a variant; `false` if there is none of that name.
pub fn delete(conn: &Connection, account: &AccountId, name: &VariantName) -> Result<bool> {
    let deleted = conn
        .prepare_cached("delete from variants where account_id = ?1 and name = ?2")?
        .execute([account.as_str(), name.as_str()])?;
    Ok(deleted > 0)
}

fn from_row(row: &Row) -> Result<Variant> {
    let name: String = row.get("name")?;
    let options: String = row.get("options")?;
    Ok(Variant {
        name: name.parse().map_err(|_| unreadable("variant", &name))?,
        options: options.parse().map_err(|_| unreadable("options", &options))?,
        browser_ttl: columns::parse_ttl(row.get("browser_ttl")?)?,
        never_require_signed_urls: row.get("never_require_signed_urls")?,
    })
}
