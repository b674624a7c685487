//! What is kept: rows in SQLite, originals and renditions on disk. The only module that knows SQL or file paths.
//!
//! It speaks `domain`, never JSON bodies, never status codes. A row exists ⇒ its blob exists: the
//! blob is written first and removed last, and both ends of that happen under the one writer lock.

pub mod accounts;
pub mod batch_tokens;
mod blobs;
mod columns;
pub mod drafts;
pub mod image_ids;
pub mod images;
mod migrations;
mod open;
mod readers;
mod renditions;
pub mod signing_keys;
pub mod snapshots;
pub mod states;
pub mod tokens;
pub mod variants;

use std::{
    cell::RefCell,
    ops::Deref,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

pub use rusqlite::Connection;
use rusqlite::TransactionBehavior;

use crate::{
    domain::{Digest, RenditionKey},
    workers::Workers,
};
use blobs::Blobs;
pub use blobs::{Pin, StagedBlob};
pub use open::OpenError;
use readers::Readers;
use renditions::Renditions;
pub use states::PlaceError;

/// How many reads run at the same time.
const READS_AT_ONCE: usize = 16;

/// The data folder. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    /// The one connection that writes.
    writer: Mutex<Connection>,
    readers: Readers,
    /// Each read takes a connection and a thread; a burst of them waits for these.
    reads: Workers,
    blobs: Blobs,
    renditions: Renditions,
    /// How many transactions there were: what was read before the last one may not hold any more.
    generation: AtomicU64,
    /// Held as long as the store is open: a second server on the folder is refused.
    _lock: std::fs::File,
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, and the machine's: it is on the disk.
    Synced,
    /// The end of the process: the operating system has it.
    Unsynced,
}

impl From<bool> for Durability {
    fn from(synced: bool) -> Self {
        if synced { Self::Synced } else { Self::Unsynced }
    }
}

/// What can go wrong between us and the disk. None of it is the client's doing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    #[error("the database holds {0}, which this version can't read")]
    Unreadable(String),
}

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl Store {
    /// Opens the data folder, creating and migrating it as needed. Renditions may take so many
    /// bytes of it; with 0, none is kept.
    pub fn open(folder: &Path, renditions: u64, durability: Durability) -> Result<Self, OpenError> {
        let lock = open::lock(folder)?;
        let connection = open::database(folder, durability)?;
        let blobs = Blobs::open(folder, durability);
        let blobs = blobs.map_err(|error| OpenError::io(folder, error))?;
        let renditions = Renditions::open(folder, renditions);
        let renditions = renditions.map_err(|error| OpenError::io(folder, error))?;
        let (writer, readers) = (Mutex::new(connection), Readers::new(folder));
        let reads = Workers::with_permits(READS_AT_ONCE);
        Ok(Self(Arc::new(Inner {
            writer,
            readers,
            reads,
            blobs,
            renditions,
            generation: AtomicU64::default(),
            _lock: lock,
        })))
    }

    /// Runs `work` as one immediate transaction on a blocking thread: committed when it
    /// gives `Ok`, rolled back when it gives `Err`.
    pub async fn tx<T, E>(
        &self,
        work: impl FnOnce(&Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.blocking(move |inner| {
            let mut connection = inner.lock();
            let (done, loose) = Tx::run(&mut connection, &inner.blobs, work);
            // Before anybody is told that it is done.
            inner.generation.fetch_add(1, Ordering::Release);
            for digest in loose {
                // What was asked for is done; the sweep at the next start tries again.
                if let Err(error) = inner.remove_if_unused(&connection, digest) {
                    tracing::warn!(%error, %digest, "a blob was left behind");
                }
            }
            done
        })
        .await
    }

    /// Runs `work`, which only reads, on a blocking thread. It sees one state of the
    /// database: every transaction that was committed before it began, and no later one.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let inner = self.0.clone();
        self.0.reads.run(move || inner.readers.with(work)).await
    }

    /// A number that each transaction raises. What was read after this number was taken holds for as
    /// long as it stays.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Writes bytes to where `Tx::keep` picks them up. Without that they vanish again.
    pub async fn stage(&self, bytes: bytes::Bytes) -> Result<StagedBlob> {
        self.blocking(move |inner| Ok(inner.blobs.stage(&bytes)?)).await
    }

    /// The bytes of a blob, or `None` if its last image was deleted in the meantime.
    pub async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>> {
        self.blocking(move |inner| Ok(inner.blobs.read(digest)?)).await
    }

    /// A rendition that was kept.
    pub async fn rendition(&self, key: RenditionKey) -> Result<Option<Vec<u8>>> {
        self.blocking(move |inner| Ok(inner.renditions.read(&key)?)).await
    }

    /// Whether a rendition is kept, without using it.
    pub async fn has_rendition(&self, key: RenditionKey) -> bool {
        let look = move |inner: &Inner| Ok::<_, StoreError>(inner.renditions.contains(&key));
        self.blocking(look).await.unwrap_or(false)
    }

    /// How many bytes of renditions are kept.
    #[must_use]
    pub fn rendition_bytes(&self) -> u64 {
        self.0.renditions.total()
    }

    /// Keeps a rendition for as long as there is room.
    pub async fn keep_rendition(&self, key: RenditionKey, bytes: Vec<u8>) -> Result<()> {
        self.blocking(move |inner| Ok(inner.renditions.write(&key, &bytes)?)).await
    }

    /// Counts the renditions that earlier runs left, so that they are part of what there is room for.
    pub fn count_renditions(&self) {
        if let Err(error) = self.0.renditions.count() {
            tracing::warn!(%error, "the renditions of earlier runs are not counted");
        }
    }

    /// Removes blobs that no image and no snapshot names: what a crash between blob and row left behind. Looks at one
    /// blob at a time, so that requests go on meanwhile.
    pub fn sweep_orphans(&self) {
        let sweep = || -> Result<usize> {
            let mut removed = 0;
            for digest in self.0.blobs.list()? {
                removed += usize::from(self.0.remove_if_unused(&self.0.lock(), digest)?);
            }
            Ok(removed)
        };
        match sweep() {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "swept blobs that belonged to no image"),
            Err(error) => tracing::warn!(%error, "blobs that belong to no image may be left"),
        }
    }

    async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let inner = self.0.clone();
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

impl Inner {
    /// A panic inside a transaction rolled it back, so the connection is fit for use after one.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caller holds the writer lock, so no row for the blob can come in between.
    fn remove_if_unused(&self, connection: &Connection, digest: Digest) -> Result<bool> {
        if images::any_with_digest(connection, digest)?
            || snapshots::any_with_digest(connection, digest)?
        {
            return Ok(false);
        }
        self.blobs.remove(digest)?;
        Ok(true)
    }
}

/// An open transaction: a connection that can also take in and let go of blobs.
pub struct Tx<'a> {
    transaction: rusqlite::Transaction<'a>,
    blobs: &'a Blobs,
    kept: RefCell<Vec<Digest>>,
    released: RefCell<Vec<Digest>>,
}

impl<'a> Tx<'a> {
    /// Commits what `work` did, or rolls it back. Gives the blobs that may not be needed after that:
    /// those that it let go of, or those that it took in.
    fn run<T, E: From<StoreError>>(
        connection: &'a mut Connection,
        blobs: &'a Blobs,
        work: impl FnOnce(&Tx) -> Result<T, E>,
    ) -> (Result<T, E>, Vec<Digest>) {
        let immediate = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = match immediate {
            Ok(transaction) => transaction,
            Err(error) => return (Err(StoreError::from(error).into()), Vec::new()),
        };
        let (kept, released) = (RefCell::default(), RefCell::default());
        let tx = Tx { transaction, blobs, kept, released };
        let done = work(&tx);
        let Tx { transaction, kept, released, .. } = tx;
        let commit = |done| transaction.commit().map(|()| done).map_err(StoreError::from);
        match done.and_then(|done| Ok(commit(done)?)) {
            Ok(done) => (Ok(done), released.into_inner()),
            Err(error) => (Err(error), kept.into_inner()),
        }
    }

    /// Puts a staged blob in its place, durably: a row may name it from now on.
    pub fn keep(&self, staged: StagedBlob) -> Result<Digest> {
        let digest = self.blobs.keep(staged)?;
        self.kept.borrow_mut().push(digest);
        Ok(digest)
    }

    /// Keeps blobs, which are there now, from being removed for as long as the pin is held.
    #[must_use]
    pub fn pin(&self, digests: Vec<Digest>) -> Pin {
        self.blobs.pin(digests)
    }

    /// Says that a row which named this blob is gone. After the commit, it goes too if it was the last.
    pub fn release(&self, digest: Digest) {
        self.released.borrow_mut().push(digest);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Handle;

    use super::*;
    use crate::clock::Clock;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_read_sees_one_state_whatever_is_committed_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 0, Durability::Synced).unwrap();
        let (other, runtime) = (store.clone(), Handle::current());
        let account = "0123456789abcdef0123456789abcdef".parse().unwrap();

        let counted: Result<_> = store
            .read(move |conn| {
                let count =
                    || conn.query_row("select count(*) from accounts", [], |row| row.get(0));
                let before: u32 = count()?;
                let clock = Clock::frozen(chrono::DateTime::UNIX_EPOCH, 1);
                runtime
                    .block_on(other.tx(move |tx| accounts::find_or_create(tx, &account, &clock)))?;
                Ok((before, count()?))
            })
            .await;

        assert_eq!(counted.unwrap(), (0, 0));
        let after: Result<u32> = store
            .read(|conn| Ok(conn.query_row("select count(*) from accounts", [], |row| row.get(0))?))
            .await;
        assert_eq!(after.unwrap(), 1);
    }
}
