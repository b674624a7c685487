//! The table `snapshots`, and the blobs that they need.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Result, Tx,
    columns::{self, unreadable},
};
use crate::domain::{AccountId, Digest, Snapshot, SnapshotName};

/// Keeps a snapshot in the place of the one with its name, if there is one. `manifest` says what is
/// in it, and `digests` which blobs it needs, which are there.
pub fn put(tx: &Tx, snapshot: &Snapshot, manifest: &str, digests: &HashSet<Digest>) -> Result<()> {
    let whose = column(snapshot.whose.as_ref());
    delete(tx, snapshot.whose.as_ref(), &snapshot.name)?;
    tx.prepare_cached(
        "insert into snapshots (account_id, name, saved_at, manifest, accounts, images)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        whose,
        snapshot.name.as_str(),
        snapshot.saved.timestamp_millis(),
        manifest,
        snapshot.accounts as i64,
        snapshot.images as i64,
    ])?;
    let mut insert = tx.prepare_cached(
        "insert into snapshot_blobs (digest, account_id, name) values (?1, ?2, ?3)",
    )?;
    for digest in digests {
        insert.execute(params![digest.to_string(), whose, snapshot.name.as_str()])?;
    }
    Ok(())
}

/// What is in a snapshot, as it was put.
pub fn manifest(
    conn: &Connection,
    whose: Option<&AccountId>,
    name: &SnapshotName,
) -> Result<Option<String>> {
    Ok(conn
        .prepare_cached("select manifest from snapshots where account_id = ?1 and name = ?2")?
        .query_row([column(whose), name.as_str()], |row| row.get(0))
        .optional()?)
}

/// What is in every snapshot of a name: everybody's first, then those of accounts.
pub fn manifests(conn: &Connection, name: &SnapshotName) -> Result<Vec<String>> {
    let mut statement =
        conn.prepare_cached("select manifest from snapshots where name = ?1 order by account_id")?;
    let manifests = statement.query_map([name.as_str()], |row| row.get(0))?;
    Ok(manifests.collect::<rusqlite::Result<_>>()?)
}

/// The snapshots of an account, or of everybody, by name.
pub fn list(conn: &Connection, whose: Option<&AccountId>) -> Result<Vec<Snapshot>> {
    let mut statement = conn.prepare_cached(
        "select account_id, name, saved_at, accounts, images from snapshots
         where account_id = ?1 order by name",
    )?;
    let rows = statement.query_and_then([column(whose)], from_row)?;
    rows.collect()
}

/// Removes a snapshot; `false` if there is none.
pub fn delete(tx: &Tx, whose: Option<&AccountId>, name: &SnapshotName) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("select digest from snapshot_blobs where account_id = ?1 and name = ?2")?;
    let digests = statement
        .query_map([column(whose), name.as_str()], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for hex in digests {
        tx.release(Digest::parse(&hex).ok_or_else(|| unreadable("digest", &hex))?);
    }
    let deleted = tx
        .prepare_cached("delete from snapshots where account_id = ?1 and name = ?2")?
        .execute([column(whose), name.as_str()])?;
    Ok(deleted > 0)
}

/// Whether some snapshot needs the blob.
pub fn any_with_digest(conn: &Connection, digest: Digest) -> Result<bool> {
    let any = conn
        .prepare_cached("select exists (select 1 from snapshot_blobs where digest = ?1)")?
        .query_row([digest.to_string()], |row| row.get(0))?;
    Ok(any)
}

/// Whose a snapshot is, as its column says it.
fn column(whose: Option<&AccountId>) -> &str {
    whose.map_or("", AccountId::as_str)
}

fn from_row(row: &Row) -> Result<Snapshot> {
    let (whose, name): (String, String) = (row.get("account_id")?, row.get("name")?);
    let count = |count: i64| usize::try_from(count).unwrap_or_default();
    Ok(Snapshot {
        name: name.parse().map_err(|_| unreadable("snapshot", &name))?,
        whose: match whose.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| unreadable("account id", id))?),
        },
        saved: columns::parse_time(row.get("saved_at")?)?,
        accounts: count(row.get("accounts")?),
        images: count(row.get("images")?),
    })
}
