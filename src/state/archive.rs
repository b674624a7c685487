//! States in a file: a tar of `manifest.json` and then `blobs/<digest>`, one for each original. Both
//! ways it streams: no more than one original is in memory at a time.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, Read},
    path::{Component, Path},
};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tar::{Archive, Entry, Header};
use tokio::{runtime::Handle, sync::mpsc, task};

use super::{Loaded, ManifestError, StateError, manifest, read};
use crate::{
    app::App,
    domain::{AccountId, AccountState, Digest, Image},
    ingest::{self, IngestError, MAX_BYTES, Original, Upload},
    store::{PlaceError, StagedBlob, StoreError, states},
};

const MANIFEST: &str = "manifest.json";
const BLOBS: &str = "blobs";

/// The longest manifest that is read: some hundred thousand images.
const MAX_MANIFEST: u64 = 256 << 20;

/// How many pieces of a body wait to be looked at.
const AHEAD: usize = 4;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("the export can't be read: {0}")]
    Io(#[from] io::Error),
    #[error("this is no export of tintype: it doesn't begin with {MANIFEST}")]
    NoManifest,
    #[error("{0} is too long")]
    TooLong(String),
    #[error("{0} belongs to no image of the manifest")]
    Stray(String),
    #[error("{BLOBS}/{0} is damaged: its bytes have another digest")]
    Damaged(Digest),
    #[error("{BLOBS}/{digest} is {found}, and the manifest says {said}")]
    OtherFormat { digest: Digest, found: &'static str, said: &'static str },
    #[error("{BLOBS}/{0} is missing")]
    Missing(Digest),
    #[error("{BLOBS}/{0}: {1}")]
    Image(Digest, IngestError),
    #[error("the account {0} is not in the export")]
    NoAccount(AccountId),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        Self::State(error.into())
    }
}

impl From<PlaceError> for ArchiveError {
    fn from(error: PlaceError) -> Self {
        Self::State(error.into())
    }
}

/// The state of an account, or of everybody, piece by piece. Equal states make equal bytes.
pub async fn export(
    app: &App,
    whose: Option<AccountId>,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + 'static, StateError> {
    let (manifest, digests, pin) = app
        .store
        .tx(move |tx| {
            let states = read(tx, whose.as_ref())?;
            // By name, which is what they are in the tar.
            let digests = states.iter().flat_map(AccountState::digests);
            let digests: BTreeMap<_, _> =
                digests.map(|digest| (digest.to_string(), digest)).collect();
            // What is deleted from now on is still exported.
            let pin = tx.pin(digests.values().copied().collect());
            Ok::<_, StateError>((manifest::print(&states), digests, pin))
        })
        .await?;
    let store = app.store.clone();
    let blobs = stream::iter(digests).then(move |(name, digest)| {
        let (store, _pinned) = (store.clone(), &pin);
        async move {
            let bytes = store.blob(digest).await.map_err(io::Error::other)?;
            let bytes = bytes.ok_or_else(|| io::Error::other(format!("blob {name} is gone")))?;
            entry(&format!("{BLOBS}/{name}"), &bytes)
        }
    });
    let first = entry(MANIFEST, manifest.as_bytes());
    // Two empty blocks are the end of a tar.
    let last = Ok(Bytes::from_static(&[0; 1024]));
    Ok(stream::iter([first]).chain(blobs).chain(stream::iter([last])))
}

/// A file as tar has it: a header, the bytes, and zeros up to a multiple of 512.
fn entry(name: &str, bytes: &[u8]) -> io::Result<Bytes> {
    let mut header = Header::new_gnu();
    header.set_path(name)?;
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    let mut entry = header.as_bytes().to_vec();
    entry.extend_from_slice(bytes);
    entry.resize(entry.len().next_multiple_of(512), 0);
    Ok(entry.into())
}

/// Replaces the accounts that an export holds, or one of them, by what it holds; others are left.
/// Nothing is changed unless version, digests and every image are found good.
pub async fn import(
    app: &App,
    whose: Option<AccountId>,
    body: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
) -> Result<Loaded, ArchiveError> {
    let (looker, runtime) = (app.clone(), Handle::current());
    let look = move |body: Incoming| {
        let unpacking = Unpacking { app: looker, runtime };
        unpacking.unpack(whose.as_ref(), Archive::new(body))
    };
    let (states, staged) = read_blocking(body, look).await?;
    let images = states.iter().map(|state| state.images.len()).sum();
    let imported = Loaded { accounts: states.len(), images };
    app.store
        .tx(move |tx| {
            for staged in staged {
                tx.keep(staged)?;
            }
            for state in &states {
                states::delete(tx, &state.account.id)?;
            }
            for state in &states {
                states::replace(tx, state)?;
            }
            Ok::<_, ArchiveError>(imported)
        })
        .await
}

/// Unpacks the files of a tar into a folder, which may be looked at as a seed then. Files only: links
/// could lead anywhere.
pub async fn unpack_folder(
    folder: &Path,
    body: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
) -> Result<(), ArchiveError> {
    let folder = folder.to_owned();
    let unpack = move |body: Incoming| {
        for entry in Archive::new(body).entries()? {
            let mut entry = entry?;
            let name = name(&entry)?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            // A seed's texts are short, and no image may be longer.
            if entry.size() > MAX_BYTES as u64 {
                return Err(ArchiveError::TooLong(name));
            }
            if !entry.unpack_in(&folder)? {
                return Err(io::Error::other(format!("{name} is outside of the folder")).into());
            }
        }
        Ok(())
    };
    read_blocking(body, unpack).await
}

/// What comes of an export while it is looked at.
struct Unpacking {
    app: App,
    runtime: Handle,
}

impl Unpacking {
    /// The states that are wanted and the originals they need, which wait on disk.
    fn unpack(
        &self,
        whose: Option<&AccountId>,
        mut archive: Archive<Incoming>,
    ) -> Result<(Vec<AccountState>, Vec<StagedBlob>), ArchiveError> {
        let mut entries = archive.entries()?.filter(|entry| !is_folder(entry));
        let first = entries.next().ok_or(ArchiveError::NoManifest)?;
        // What isn't a tar at all fails here too.
        let first = first.map_err(|_| ArchiveError::NoManifest)?;
        if name(&first)? != MANIFEST {
            return Err(ArchiveError::NoManifest);
        }
        let mut states = manifest::parse(&read_entry(first, MAX_MANIFEST)?)?;
        let all: HashSet<_> = states.iter().flat_map(AccountState::digests).collect();
        if let Some(account) = whose {
            states.retain(|state| state.account.id == *account);
            if states.is_empty() {
                return Err(ArchiveError::NoAccount(account.clone()));
            }
        }
        let images = || states.iter().flat_map(|state| &state.images);
        let mut awaited: HashSet<_> = images().map(|image| image.digest).collect();
        let (mut staged, mut formats) = (Vec::new(), HashMap::new());
        for entry in entries {
            let entry = entry?;
            let name = name(&entry)?;
            let hex = name.strip_prefix(BLOBS).and_then(|rest| rest.strip_prefix('/'));
            let digest = hex.and_then(Digest::parse).filter(|digest| all.contains(digest));
            let digest = digest.ok_or_else(|| ArchiveError::Stray(name.clone()))?;
            if awaited.remove(&digest) {
                let original = self.examine(digest, read_entry(entry, MAX_BYTES as u64)?.into())?;
                formats.insert(digest, original.format.media_type());
                staged.push(original.staged);
            }
        }
        for Image { digest, format, .. } in images() {
            let (digest, said) = (*digest, format.media_type());
            let found = *formats.get(&digest).ok_or(ArchiveError::Missing(digest))?;
            if found != said {
                return Err(ArchiveError::OtherFormat { digest, found, said });
            }
        }
        Ok((states, staged))
    }

    /// Looks at an original as closely as at any upload.
    fn examine(&self, digest: Digest, bytes: Bytes) -> Result<Original, ArchiveError> {
        if Digest::of(&bytes) != digest {
            return Err(ArchiveError::Damaged(digest));
        }
        let upload = Upload { filename: None, bytes };
        let original = self.runtime.block_on(ingest::examine(&self.app, upload));
        original.map_err(|error| ArchiveError::Image(digest, error))
    }
}

fn is_folder(entry: &io::Result<Entry<Incoming>>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.header().entry_type().is_dir())
}

/// The entry's path with `/`, without the `./` that some tools begin it with.
fn name(entry: &Entry<Incoming>) -> io::Result<String> {
    let path = entry.path()?;
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts = parts.map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(parts.collect::<Vec<_>>().join("/"))
}

fn read_entry(mut entry: Entry<Incoming>, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    if entry.size() > limit {
        return Err(ArchiveError::TooLong(name(&entry)?));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A body as a reader that blocks until more of it has come.
struct Incoming {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.piece = piece?,
            }
        }
        let length = into.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

/// Runs `read` on a blocking thread, with the body as it comes. The body is taken to its end even if
/// `read` gives up: a client that is cut off while it sends never sees why.
async fn read_blocking<T: Send + 'static>(
    mut body: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
    read: impl FnOnce(Incoming) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let (sender, pieces) = mpsc::channel(AHEAD);
    let reading = task::spawn_blocking(move || read(Incoming { pieces, piece: Bytes::new() }));
    while let Some(piece) = body.next().await {
        let failed = piece.is_err();
        // Nobody listens after a failure.
        let _ = sender.send(piece).await;
        if failed {
            break;
        }
    }
    drop(sender);
    reading.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
