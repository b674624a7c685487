//! Originals on disk, each under its SHA-256: `blobs/ab/abcdef…`.
//!
//! A blob is written to `blobs/staged/`, synced (unless nobody asked for that), and renamed to its
//! place: it is there whole or not at all.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tempfile::{NamedTempFile, TempPath};

use super::Durability;
use crate::domain::Digest;

pub(super) struct Blobs {
    folder: PathBuf,
    durability: Durability,
    pinned: Arc<Mutex<HashMap<Digest, usize>>>,
}

/// Keeps blobs from being removed until it is dropped. What nobody needs by then goes at the next
/// start.
pub struct Pin {
    pinned: Arc<Mutex<HashMap<Digest, usize>>>,
    digests: Vec<Digest>,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in &self.digests {
            if let Some(times) = pinned.get_mut(digest) {
                *times -= 1;
            }
        }
        pinned.retain(|_, times| *times > 0);
    }
}

/// Bytes on disk that are not yet a blob. Removed when dropped.
pub struct StagedBlob {
    file: TempPath,
    digest: Digest,
}

impl Blobs {
    const STAGED: &str = "staged";

    /// Opens the folder; what a crash left staged is removed.
    pub(super) fn open(data: &Path, durability: Durability) -> io::Result<Self> {
        let folder = data.join("blobs");
        let staged = folder.join(Self::STAGED);
        if staged.exists() {
            fs::remove_dir_all(&staged)?;
        }
        fs::create_dir_all(&staged)?;
        Ok(Self { folder, durability, pinned: Arc::default() })
    }

    pub(super) fn stage(&self, bytes: &[u8]) -> io::Result<StagedBlob> {
        let mut file = NamedTempFile::new_in(self.folder.join(Self::STAGED))?;
        file.write_all(bytes)?;
        if self.durability == Durability::Synced {
            file.as_file().sync_all()?;
        }
        Ok(StagedBlob { file: file.into_temp_path(), digest: Digest::of(bytes) })
    }

    pub(super) fn keep(&self, staged: StagedBlob) -> io::Result<Digest> {
        let place = self.place(staged.digest);
        if !place.exists() {
            let shelf = place.parent().expect("a blob lies on a shelf");
            let is_new_shelf = !shelf.exists();
            fs::create_dir_all(shelf)?;
            staged.file.persist(&place)?;
            self.sync_folder(shelf)?;
            if is_new_shelf {
                self.sync_folder(&self.folder)?;
            }
        }
        Ok(staged.digest)
    }

    pub(super) fn read(&self, digest: Digest) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.place(digest)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps these blobs for somebody who reads them one after the other.
    pub(super) fn pin(&self, digests: Vec<Digest>) -> Pin {
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in &digests {
            *pinned.entry(*digest).or_default() += 1;
        }
        Pin { pinned: self.pinned.clone(), digests }
    }

    /// Removes a blob, unless it is pinned.
    pub(super) fn remove(&self, digest: Digest) -> io::Result<()> {
        let pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if pinned.contains_key(&digest) {
            return Ok(());
        }
        drop(pinned);
        match fs::remove_file(self.place(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Every blob there is.
    pub(super) fn list(&self) -> io::Result<Vec<Digest>> {
        let mut digests = Vec::new();
        for shelf in fs::read_dir(&self.folder)? {
            let shelf = shelf?.path();
            if !shelf.is_dir() {
                continue;
            }
            for blob in fs::read_dir(shelf)? {
                digests.extend(blob?.file_name().to_str().and_then(Digest::parse));
            }
        }
        Ok(digests)
    }

    fn place(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    /// Makes a rename in the folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        match self.durability {
            Durability::Synced => File::open(folder)?.sync_all(),
            Durability::Unsynced => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staged_blob_that_nobody_keeps_vanishes() {
        let data = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(data.path(), Durability::Synced).unwrap();

        drop(blobs.stage(b"lost").unwrap());

        assert_eq!(fs::read_dir(data.path().join("blobs/staged")).unwrap().count(), 0);
        assert_eq!(blobs.list().unwrap(), []);
    }

    #[test]
    fn equal_bytes_are_one_blob() {
        let data = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(data.path(), Durability::Synced).unwrap();

        let one = blobs.keep(blobs.stage(b"same").unwrap()).unwrap();
        let two = blobs.keep(blobs.stage(b"same").unwrap()).unwrap();

        assert_eq!(one, two);
        assert_eq!(blobs.list().unwrap(), [one]);
        assert_eq!(blobs.read(one).unwrap().unwrap(), b"same");
    }
}
