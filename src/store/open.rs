//! Opening a data folder, and saying clearly why it can't be opened.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{Durability, migrations};

/// The database's name in the data folder.
pub(super) const DATABASE: &str = "tintype.db";

/// How many prepared statements a connection keeps: more than there are.
pub(super) const STATEMENTS: usize = 64;

/// Why a data folder can't be used. Each message is a whole sentence that names the folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the data folder {} can't be written by uid {}: {}; choose another with --data or fix its permissions",
        .folder.display(), .uid, .reason
    )]
    Unwritable { folder: PathBuf, uid: u32, reason: io::Error },
    #[error("the data folder {} is in use by another tintype; stop it or choose another with --data", .0.display())]
    InUse(PathBuf),
    #[error(
        "the data folder {} was written by a newer tintype (its schema is {found}, this version knows {known}); \
         update tintype or choose another folder with --data", .folder.display()
    )]
    Newer { folder: PathBuf, found: u32, known: u32 },
    #[error("the data folder {} can't be used: {reason}", .folder.display())]
    Unusable { folder: PathBuf, reason: String },
}

impl OpenError {
    fn unusable(folder: &Path, reason: &dyn ToString) -> Self {
        Self::Unusable { folder: folder.to_owned(), reason: reason.to_string() }
    }

    fn sqlite(folder: &Path, reason: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
        match reason.sqlite_error_code() {
            Some(CannotOpen | PermissionDenied | ReadOnly) => {
                let reason = io::Error::new(io::ErrorKind::PermissionDenied, reason.to_string());
                Self::io(folder, reason)
            }
            _ => Self::unusable(folder, reason),
        }
    }

    pub(super) fn io(folder: &Path, reason: io::Error) -> Self {
        let refused = [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem];
        if refused.contains(&reason.kind()) {
            let uid = rustix::process::geteuid().as_raw();
            return Self::Unwritable { folder: folder.to_owned(), uid, reason };
        }
        Self::unusable(folder, &reason)
    }
}

/// Creates the folder and takes its lock, which lasts until the file is closed or the process ends.
pub(super) fn lock(folder: &Path) -> Result<File, OpenError> {
    fs::create_dir_all(folder).map_err(|error| OpenError::io(folder, error))?;
    let lock = File::create(folder.join("lock")).map_err(|error| OpenError::io(folder, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::io(folder, error)),
    }
}

/// Opens and migrates the database. A synced commit is on disk before it is acknowledged.
pub(super) fn database(folder: &Path, durability: Durability) -> Result<Connection, OpenError> {
    let synchronous = match durability {
        Durability::Synced => "full",
        Durability::Unsynced => "off",
    };
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(folder.join(DATABASE))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A file that can be read but not written is found out now, not at the first upload.
        connection.execute_batch("begin immediate; rollback")?;
        Ok(connection)
    };
    let mut connection = open().map_err(|error| OpenError::sqlite(folder, &error))?;
    let found =
        migrations::version(&connection).map_err(|error| OpenError::unusable(folder, &error))?;
    if found > migrations::KNOWN {
        let folder = folder.to_owned();
        return Err(OpenError::Newer { folder, found, known: migrations::KNOWN });
    }
    migrations::apply(&mut connection, found)
        .map_err(|error| OpenError::unusable(folder, &error))?;
    Ok(connection)
}
