//! Connections that only read: beside the writer, thanks to WAL, and beside each other, so that one
//! long scan holds nobody up.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, OpenFlags};

use super::{Result, StoreError, open};

/// Opens connections as they are needed and keeps a few.
pub(super) struct Readers {
    database: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// How many connections are kept when nobody needs them.
    const KEPT: usize = 4;

    pub(super) fn new(folder: &Path) -> Self {
        Self { database: folder.join(open::DATABASE), idle: Mutex::default() }
    }

    /// Runs `work` with a connection of its own.
    pub(super) fn with<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        // One transaction: statements that belong together see the same state.
        let snapshot = connection.unchecked_transaction().map_err(StoreError::from)?;
        let done = work(&snapshot);
        drop(snapshot);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < Self::KEPT {
            idle.push(connection);
        }
        done
    }

    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.database, flags)?;
        connection.set_prepared_statement_cache_capacity(open::STATEMENTS);
        Ok(connection)
    }
}
