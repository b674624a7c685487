//! The schema's history. An applied migration is never edited; a change is a new file.

use rusqlite::Connection;

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_accounts_and_images.sql"),
    include_str!("../../migrations/0002_drafts_config_batch.sql"),
    include_str!("../../migrations/0003_tokens_and_snapshots.sql"),
];

/// The newest version this program knows.
pub(super) const KNOWN: u32 = MIGRATIONS.len() as u32;

/// How many migrations a database has seen.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies what is missing since version `from`, each migration as a whole or not at all.
pub(super) fn apply(connection: &mut Connection, from: u32) -> rusqlite::Result<()> {
    for (version, migration) in (1..).zip(MIGRATIONS).skip(from as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
