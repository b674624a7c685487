//! Renditions on disk, up to a size: `renditions/ab/abcdef…`. A cache: what is lost is made again,
//! so nothing is synced.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use tempfile::NamedTempFile;

use crate::{domain::RenditionKey, shelf::Shelf};

/// The files, and how much room they take.
pub(super) struct Renditions {
    folder: PathBuf,
    /// In bytes; 0 keeps nothing.
    capacity: u64,
    /// What is known to be there. A file that isn't known yet is served all the same.
    known: Mutex<Shelf<RenditionKey, ()>>,
}

impl Renditions {
    const STAGED: &str = "staged";

    /// Opens the folder; what a crash left staged is removed.
    pub(super) fn open(data: &Path, capacity: u64) -> io::Result<Self> {
        let folder = data.join("renditions");
        let staged = folder.join(Self::STAGED);
        if staged.exists() {
            fs::remove_dir_all(&staged)?;
        }
        fs::create_dir_all(&staged)?;
        Ok(Self { folder, capacity, known: Mutex::new(Shelf::new(capacity)) })
    }

    /// The bytes of a rendition, which count as used now.
    pub(super) fn read(&self, key: &RenditionKey) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(self.place(key)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // The order survives a restart by it; without it, another rendition goes first.
        let _ = futimens(&file, &touched());
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut file, &mut bytes)?;
        self.lock().put(*key, (), bytes.len() as u64);
        Ok(Some(bytes))
    }

    /// Keeps a rendition, and lets go of others until all fit.
    pub(super) fn write(&self, key: &RenditionKey, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > self.capacity {
            return Ok(());
        }
        match self.store(key, bytes) {
            Ok(()) => {}
            // Nothing else is of so little use to whoever needs room on the disk.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                self.give_up(bytes.len() as u64);
                self.store(key, bytes)?;
            }
            // Somebody has emptied the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(self.folder.join(Self::STAGED))?;
                self.store(key, bytes)?;
            }
            Err(error) => return Err(error),
        }
        self.lock().put(*key, (), bytes.len() as u64);
        self.evict();
        Ok(())
    }

    /// Whole or not at all.
    fn store(&self, key: &RenditionKey, bytes: &[u8]) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(self.folder.join(Self::STAGED))?;
        file.write_all(bytes)?;
        let place = self.place(key);
        fs::create_dir_all(place.parent().expect("a rendition lies on a shelf"))?;
        file.persist(place)?;
        Ok(())
    }

    /// Lets go of renditions that take so many bytes together.
    fn give_up(&self, bytes: u64) {
        let mut left = bytes;
        while let Some((key, (), size)) = self.lock().pop().filter(|_| left > 0) {
            self.remove(&key);
            left = left.saturating_sub(size);
        }
    }

    fn remove(&self, key: &RenditionKey) {
        if let Err(error) = fs::remove_file(self.place(key)) {
            tracing::warn!(%error, %key, "a rendition was left behind");
        }
    }

    /// How many bytes are known to be there.
    pub(super) fn total(&self) -> u64 {
        self.lock().total()
    }

    /// Whether a rendition is there. It doesn't count as used by that.
    pub(super) fn contains(&self, key: &RenditionKey) -> bool {
        self.place(key).exists()
    }

    /// Finds out what earlier runs left, and lets go of what is over the capacity.
    pub(super) fn count(&self) -> io::Result<()> {
        let mut found = Vec::new();
        for shelf in fs::read_dir(&self.folder)? {
            // What isn't ours is nothing to stumble over.
            let Ok(files) = fs::read_dir(shelf?.path()) else { continue };
            for file in files {
                let file = file?;
                // It may have been let go of in the meantime.
                let Ok(about) = file.metadata() else { continue };
                let key = file.file_name().to_str().and_then(RenditionKey::parse);
                let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.extend(key.map(|key| (used, key, about.len())));
            }
        }
        found.sort_by_key(|(used, ..)| *used);
        let mut known = self.lock();
        // What was used since the start is younger than all of it.
        let since: Vec<_> = std::iter::from_fn(|| known.pop()).collect();
        let found = found.into_iter().map(|(_, key, size)| (key, (), size));
        found.chain(since).for_each(|(key, (), size)| known.put(key, (), size));
        drop(known);
        self.evict();
        Ok(())
    }

    fn evict(&self) {
        loop {
            let Some((key, ())) = self.lock().overflow() else { return };
            self.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelf<RenditionKey, ()>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, key: &RenditionKey) -> PathBuf {
        let name = key.to_string();
        self.folder.join(&name[..2]).join(name)
    }
}

/// The file was used now.
fn touched() -> Timestamps {
    let at = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    Timestamps { last_access: at(UTIME_OMIT), last_modification: at(UTIME_NOW) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> RenditionKey {
        RenditionKey::parse(&digit.to_string().repeat(32)).unwrap()
    }

    fn kept(renditions: &Renditions) -> String {
        ('a'..='f').filter(|digit| renditions.contains(&key(*digit))).collect()
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let data = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(data.path(), 30).unwrap();
        for digit in ['a', 'b', 'c'] {
            renditions.write(&key(digit), &[0; 10]).unwrap();
        }

        assert_eq!(renditions.read(&key('a')).unwrap().unwrap(), [0; 10]);
        renditions.write(&key('d'), &[0; 5]).unwrap();
        assert_eq!(kept(&renditions), "acd");
        renditions.write(&key('e'), &[0; 20]).unwrap();
        assert_eq!(kept(&renditions), "de");
    }

    #[test]
    fn what_is_larger_than_all_the_room_is_not_kept() {
        let data = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(data.path(), 30).unwrap();
        renditions.write(&key('a'), &[0; 10]).unwrap();

        renditions.write(&key('b'), &[0; 31]).unwrap();

        assert_eq!(kept(&renditions), "a");
        assert_eq!(renditions.read(&key('b')).unwrap(), None);
    }

    #[test]
    fn the_room_and_the_order_survive_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(data.path(), 30).unwrap();
        for (seconds, digit) in [(30, 'a'), (10, 'b'), (20, 'c')] {
            renditions.write(&key(digit), &[0; 10]).unwrap();
            let file = File::options().write(true).open(renditions.place(&key(digit))).unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            file.set_modified(at).unwrap();
        }

        let renditions = Renditions::open(data.path(), 20).unwrap();
        renditions.count().unwrap();

        assert_eq!(kept(&renditions), "ac");
        renditions.write(&key('d'), &[0; 10]).unwrap();
        assert_eq!(kept(&renditions), "ad");
    }
}
