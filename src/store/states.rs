//! All the rows of an account, read and replaced as one.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Result, StoreError, Tx, accounts, batch_tokens,
    columns::{self, unreadable},
    drafts, images, signing_keys, tokens, variants,
};
use crate::domain::{AccountHash, AccountId, AccountState, Digest};

/// Why a state can't be put in place beside what other accounts hold.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("the account hash {hash} is that of the account {owner}")]
    HashTaken { hash: AccountHash, owner: AccountId },
    #[error("a batch token of the account {account} is one of the account {owner}")]
    BatchTokenTaken { account: AccountId, owner: AccountId },
    /// The bytes of an image were removed since they were looked for.
    #[error("the original {0} is gone")]
    OriginalGone(Digest),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every account there is.
pub fn list(conn: &Connection) -> Result<Vec<AccountId>> {
    let mut statement = conn.prepare_cached("select id from accounts order by id")?;
    let ids = statement.query_and_then([], |row| {
        let id: String = row.get(0)?;
        id.parse().map_err(|_| unreadable("account id", &id))
    })?;
    ids.collect()
}

/// What the account holds, if it has been used before.
pub fn read(conn: &Connection, id: &AccountId) -> Result<Option<AccountState>> {
    let Some(account) = accounts::find(conn, id)? else { return Ok(None) };
    let created = conn
        .prepare_cached("select created_at from accounts where id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(Some(AccountState {
        created: columns::parse_time(created.unwrap_or_default())?,
        config: accounts::config(conn, id)?,
        tokens: tokens::list(conn, id)?,
        keys: signing_keys::list(conn, id)?,
        variants: variants::list(conn, id)?,
        images: images::all(conn, id)?,
        drafts: drafts::all(conn, id)?,
        batch_tokens: batch_tokens::list(conn, id)?,
        account,
    }))
}

/// Removes an account with all that it holds.
pub fn delete(tx: &Tx, id: &AccountId) -> Result<()> {
    delete_rows(tx, id)?;
    tx.prepare_cached("delete from accounts where id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// Puts a state in the place of whatever the account held. The blobs of its images are there.
pub fn replace(tx: &Tx, state: &AccountState) -> Result<(), PlaceError> {
    let id = &state.account.id;
    delete_rows(tx, id)?;
    put_account(tx, state)?;
    accounts::set_config(tx, id, state.config)?;
    for token in &state.tokens {
        tokens::insert(tx, id, token)?;
    }
    for key in &state.keys {
        signing_keys::put(tx, id, key)?;
    }
    for variant in &state.variants {
        variants::insert(tx, id, variant)?;
    }
    for image in &state.images {
        images::insert(tx, id, image)?;
    }
    for draft in &state.drafts {
        drafts::put(tx, id, draft)?;
    }
    for token in &state.batch_tokens {
        if let Some((owner, _)) = batch_tokens::find(tx, &token.text)? {
            return Err(PlaceError::BatchTokenTaken { account: id.clone(), owner });
        }
        batch_tokens::put(tx, id, token)?;
    }
    Ok(())
}

fn put_account(tx: &Tx, state: &AccountState) -> Result<(), PlaceError> {
    let account = &state.account;
    if let Some(owner) = accounts::find_by_hash(tx, &account.hash)?.filter(|it| it.id != account.id)
    {
        return Err(PlaceError::HashTaken { hash: account.hash.clone(), owner: owner.id });
    }
    tx.prepare_cached(
        "insert into accounts (id, hash, created_at) values (?1, ?2, ?3)
         on conflict (id) do update set hash = excluded.hash, created_at = excluded.created_at",
    )
    .and_then(|mut statement| {
        let created = state.created.timestamp_millis();
        statement.execute(params![account.id.as_str(), account.hash.as_str(), created])
    })
    .map_err(StoreError::from)?;
    Ok(())
}

/// Everything but the account itself.
fn delete_rows(tx: &Tx, id: &AccountId) -> Result<()> {
    let mut deleted =
        tx.prepare_cached("delete from images where account_id = ?1 returning digest")?;
    let digests = deleted.query_map([id.as_str()], |row| row.get::<_, String>(0))?;
    let digests: HashSet<String> = digests.collect::<rusqlite::Result<_>>()?;
    for hex in digests {
        tx.release(Digest::parse(&hex).ok_or_else(|| unreadable("digest", &hex))?);
    }
    for sql in [
        "delete from drafts where account_id = ?1",
        "delete from variants where account_id = ?1",
        "delete from signing_keys where account_id = ?1",
        "delete from tokens where account_id = ?1",
        "delete from batch_tokens where account_id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([id.as_str()])?;
    }
    Ok(())
}
