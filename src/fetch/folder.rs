//! A folder as an origin: its files, as a static file server would answer with them.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use chrono::{DateTime, TimeDelta, Utc};

use percent_encoding::percent_decode_str;
use ureq::http::StatusCode;

use super::{FetchError, Fetched};
use crate::{clock::Clock, domain::Digest, shelf::Shelf, workers::Workers};

/// A folder whose files are fetched. Clones share the permits, and what is known.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    permits: Workers,
    known: Known,
}

/// Digests of files: finding one out takes longer than reading the file.
#[derive(Debug, Clone)]
struct Known(Arc<Mutex<Shelf<PathBuf, (Version, Digest)>>>);

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    device: u64,
    inode: u64,
    length: u64,
    /// When anything about the file was changed last, which nobody can set.
    changed: DateTime<Utc>,
}

impl Folder {
    const AT_ONCE: usize = 4;

    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let (permits, known) = (Workers::with_permits(Self::AT_ONCE), Known::default());
        Self { path, permits, known }
    }

    /// Reads the file that an absolute URL path, as sent, names below the folder.
    pub async fn read(&self, url_path: String, limit: usize) -> Result<Fetched, FetchError> {
        let (folder, known) = (self.path.clone(), self.known.clone());
        self.permits.run(move || file(&folder, &known, &url_path, limit)).await
    }
}

impl Version {
    /// Shorter ago, a file may be written again without its looking so: clocks of file systems tick.
    const SETTLED: TimeDelta = TimeDelta::seconds(2);

    fn of(about: &Metadata) -> Self {
        let nanoseconds = about.ctime_nsec().try_into().unwrap_or_default();
        let changed = DateTime::from_timestamp(about.ctime(), nanoseconds).unwrap_or_default();
        Self { device: about.dev(), inode: about.ino(), length: about.len(), changed }
    }

    fn is_settled(&self) -> bool {
        self.changed + Self::SETTLED < Clock::system().now()
    }
}

impl Default for Known {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Shelf::new(Self::FILES))))
    }
}

impl Known {
    /// Of how many files the digest is remembered.
    const FILES: u64 = 1_000;

    /// The digest of a file that was read whole, and was of this version before.
    fn digest(&self, path: &Path, version: Version, bytes: &[u8]) -> Digest {
        let known = |digest: &(Version, Digest)| (digest.0 == version).then_some(digest.1);
        if let Some(digest) = self.lock().get(path).and_then(known) {
            return digest;
        }
        let digest = Digest::of(bytes);
        if version.is_settled() && version.length == bytes.len() as u64 {
            let mut shelf = self.lock();
            shelf.put(path.to_owned(), (version, digest), 1);
            shelf.overflow();
        }
        digest
    }

    fn lock(&self) -> MutexGuard<'_, Shelf<PathBuf, (Version, Digest)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file(folder: &Path, known: &Known, url_path: &str, limit: usize) -> Result<Fetched, FetchError> {
    let path = below(url_path).ok_or(FetchError::Status(StatusCode::NOT_FOUND))?;
    let canonical = |path: &Path| fs::canonicalize(path).map_err(|error| missing(&error));
    let (folder, path) = (canonical(folder)?, canonical(&folder.join(path))?);
    // A link may lead out of the folder.
    if !path.starts_with(folder) || !path.is_file() {
        return Err(FetchError::Status(StatusCode::NOT_FOUND));
    }
    let file = File::open(&path).map_err(|error| missing(&error))?;
    let about = file.metadata().map_err(|error| missing(&error))?;
    let expected = usize::try_from(about.len()).unwrap_or(limit).min(limit);
    let mut bytes = Vec::with_capacity(expected);
    (&file).take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| missing(&error))?;
    if bytes.len() > limit {
        return Err(FetchError::TooLarge);
    }
    let version = Version::of(&about);
    // Somebody may have written to it meanwhile.
    let is_steady = file.metadata().is_ok_and(|about| Version::of(&about) == version);
    let digest = if is_steady { known.digest(&path, version, &bytes) } else { Digest::of(&bytes) };
    let changed = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let changed = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(Fetched {
        digest,
        etag: Some(format!("\"{:x}-{:x}\"", changed.as_nanos(), bytes.len())),
        content_type: mime_guess::from_path(&path).first().map(|mime| mime.to_string()),
        cache_control: None,
        bytes: bytes.into(),
    })
}

/// The path below the folder, if that is where the URL's path stays.
fn below(url_path: &str) -> Option<PathBuf> {
    let path = url_path.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let path = Path::new(path.as_ref());
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    (stays && !path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn missing(error: &io::Error) -> FetchError {
    match error.kind() {
        // An invalid name has a zero in it.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput => {
            FetchError::Status(StatusCode::NOT_FOUND)
        }
        io::ErrorKind::PermissionDenied => FetchError::Status(StatusCode::FORBIDDEN),
        _ => FetchError::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("public");
        fs::create_dir_all(folder.join("a b")).unwrap();
        fs::write(folder.join("a b/c.png"), b"in").unwrap();
        fs::write(root.path().join("secret.png"), b"out").unwrap();
        std::os::unix::fs::symlink(root.path(), folder.join("up")).unwrap();

        let known = Known::default();
        let read = |path: &str| file(&folder, &known, path, 100).map(|fetched| fetched.bytes);
        assert_eq!(read("/a%20b/c.png?v=2").unwrap(), "in");
        for path in [
            "/",
            "",
            "/a%20b",
            "/nothing.png",
            "/a%20b/c.png/d",
            "/../secret.png",
            "/%2e%2e/secret.png",
            "//secret.png",
            "/up/secret.png",
            "/a%00b",
            "/%ff",
        ] {
            assert!(
                matches!(read(path), Err(FetchError::Status(_) | FetchError::Broken(_))),
                "{path}"
            );
        }
    }

    #[test]
    fn a_file_says_what_it_is_and_which_version() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.png"), b"one").unwrap();

        let read = |limit| file(folder.path(), &Known::default(), "/a.png", limit);
        let fetched = read(3).unwrap();

        assert_eq!(fetched.content_type.as_deref(), Some("image/png"));
        assert!(fetched.etag.unwrap().ends_with("-3\""));
        assert_eq!(read(2), Err(FetchError::TooLarge));
    }

    #[test]
    fn a_digest_is_remembered_for_one_version_only_and_once_that_has_settled() {
        let (known, path) = (Known::default(), Path::new("a.png"));
        let settled = Version {
            device: 1,
            inode: 2,
            length: 3,
            changed: DateTime::UNIX_EPOCH + TimeDelta::days(365),
        };
        let fresh = Version { changed: Clock::system().now(), ..settled };
        let [one, two] = [&b"one"[..], b"two"];

        assert_eq!(known.digest(path, fresh, one), Digest::of(one));
        assert_eq!(known.digest(path, fresh, two), Digest::of(two));
        assert_eq!(known.digest(path, settled, one), Digest::of(one));
        assert_eq!(known.digest(path, settled, two), Digest::of(one));
        let other = Version { inode: 4, ..settled };
        assert_eq!(known.digest(path, other, two), Digest::of(two));
    }
}
