//! Renditions on disk, up to a size: `renditions/ab/abcdef…`. A cache: what is lost is made again,
//! so nothing is synced.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use hashlink::LinkedHashMap;
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use tempfile::NamedTempFile;

use crate::domain::RenditionKey;

/// The files, and how much room they take.
pub(super) struct Renditions {
    folder: PathBuf,
    /// In bytes; 0 keeps nothing.
    capacity: u64,
    usage: Mutex<Usage>,
}

/// What is known to be there. A file that isn't known yet is served all the same.
#[derive(Default)]
struct Usage {
    /// Least recently used first.
    sizes: LinkedHashMap<RenditionKey, u64>,
    total: u64,
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
        Ok(Self { folder, capacity, usage: Mutex::default() })
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
        self.lock().put(key.clone(), bytes.len() as u64);
        Ok(Some(bytes))
    }

    /// Keeps a rendition, and lets go of others until all fit.
    pub(super) fn write(&self, key: &RenditionKey, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > self.capacity {
            return Ok(());
        }
        let mut file = NamedTempFile::new_in(self.folder.join(Self::STAGED))?;
        file.write_all(bytes)?;
        let place = self.place(key);
        fs::create_dir_all(place.parent().expect("a rendition lies on a shelf"))?;
        file.persist(place)?;
        self.lock().put(key.clone(), bytes.len() as u64);
        self.evict();
        Ok(())
    }

    /// Whether a rendition is there. It doesn't count as used by that.
    pub(super) fn contains(&self, key: &RenditionKey) -> bool {
        self.place(key).exists()
    }

    /// Finds out what earlier runs left, and lets go of what is over the capacity.
    pub(super) fn count(&self) -> io::Result<()> {
        let mut found = Vec::new();
        for shelf in fs::read_dir(&self.folder)? {
            for file in fs::read_dir(shelf?.path())? {
                let file = file?;
                // It may have been let go of in the meantime.
                let Ok(about) = file.metadata() else { continue };
                let key = file.file_name().to_str().and_then(RenditionKey::parse);
                let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.extend(key.map(|key| (used, key, about.len())));
            }
        }
        found.sort_by_key(|(used, ..)| *used);
        let mut usage = self.lock();
        // What was used since the start is younger than all of it.
        let since = std::mem::take(&mut *usage);
        for (key, size) in found.into_iter().map(|(_, key, size)| (key, size)).chain(since.sizes) {
            usage.put(key, size);
        }
        drop(usage);
        self.evict();
        Ok(())
    }

    fn evict(&self) {
        loop {
            let Some(key) = self.lock().over(self.capacity) else { return };
            if let Err(error) = fs::remove_file(self.place(&key)) {
                tracing::warn!(%error, %key, "a rendition was left behind");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, key: &RenditionKey) -> PathBuf {
        self.folder.join(&key.as_str()[..2]).join(key.as_str())
    }
}

impl Usage {
    /// Notes a rendition as the one used last.
    fn put(&mut self, key: RenditionKey, size: u64) {
        self.total += size;
        self.total -= self.sizes.remove(&key).unwrap_or_default();
        self.sizes.insert(key, size);
    }

    /// Forgets the one that was not used for the longest time, if all take more than `capacity`.
    fn over(&mut self, capacity: u64) -> Option<RenditionKey> {
        if self.total <= capacity {
            return None;
        }
        let (key, size) = self.sizes.pop_front()?;
        self.total -= size;
        Some(key)
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

    #[test]
    fn a_rendition_written_twice_takes_its_room_once() {
        let data = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(data.path(), 30).unwrap();
        for size in [10, 20, 20] {
            renditions.write(&key('a'), &vec![0; size]).unwrap();
        }
        renditions.write(&key('b'), &[0; 10]).unwrap();

        assert_eq!(kept(&renditions), "ab");
    }
}
