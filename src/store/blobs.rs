//! Originals on disk, each under its SHA-256: `blobs/ab/abcdef…`.
//!
//! A blob is written to `blobs/staged/`, synced (unless nobody asked for that), and renamed to its
//! place: it is there whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, TempPath};

use super::Durability;
use crate::domain::Digest;

pub(super) struct Blobs {
    folder: PathBuf,
    durability: Durability,
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
        Ok(Self { folder, durability })
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

    pub(super) fn remove(&self, digest: Digest) -> io::Result<()> {
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
