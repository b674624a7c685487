//! A folder as an origin: its files, as a static file server would answer with them.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

use percent_encoding::percent_decode_str;
use ureq::http::StatusCode;

use super::{FetchError, Fetched};
use crate::{domain::Digest, workers::Workers};

/// A folder whose files are fetched. Clones share the permits.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    permits: Workers,
}

impl Folder {
    const AT_ONCE: usize = 4;

    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, permits: Workers::with_permits(Self::AT_ONCE) }
    }

    /// Reads the file that an absolute URL path, as sent, names below the folder.
    pub async fn read(&self, url_path: String, limit: usize) -> Result<Fetched, FetchError> {
        let folder = self.path.clone();
        self.permits.run(move || file(&folder, &url_path, limit)).await
    }
}

fn file(folder: &Path, url_path: &str, limit: usize) -> Result<Fetched, FetchError> {
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
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| missing(&error))?;
    if bytes.len() > limit {
        return Err(FetchError::TooLarge);
    }
    let digest = Digest::of(&bytes);
    Ok(Fetched {
        digest,
        // Not the time of change: that can be set.
        etag: Some(format!("\"{}\"", &digest.to_string()[..32])),
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

        let read = |path: &str| file(&folder, path, 100).map(|fetched| fetched.bytes);
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

        let fetched = file(folder.path(), "/a.png", 3).unwrap();

        assert_eq!(fetched.content_type.as_deref(), Some("image/png"));
        assert_eq!(fetched.etag.unwrap(), format!("\"{}\"", &Digest::of(b"one").to_string()[..32]));
        assert_eq!(file(folder.path(), "/a.png", 2), Err(FetchError::TooLarge));
    }
}
