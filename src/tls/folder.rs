//! The files of the CA in a data folder. What is in them is not judged here.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{Names, Result, TlsError};
use crate::config::TlsName;

/// What clients trust. With it, the CA is there.
const CERTIFICATE: &str = "ca.pem";
/// What lets the key speak for the CA.
const ISSUER: &str = "issuer.pem";
const KEY: &str = "ca.key";
/// What the CA may speak for, a name a line: what was added is to be known without reading X.509.
const NAMES: &str = "names";

const OWNER_ONLY: u32 = 0o600;
const EVERYBODY: u32 = 0o644;

/// A folder for a CA, which need not be there yet.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// What the files hold; certificates and key are PEM.
pub(super) struct Kept {
    pub(super) certificate: String,
    /// `None` where an earlier version made the CA.
    pub(super) issuer: Option<String>,
    pub(super) key: String,
    pub(super) names: Names,
}

impl Folder {
    /// That of a data folder.
    pub(super) fn of(data: &Path) -> Self {
        Self(data.join("tls"))
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.0.join(CERTIFICATE)
    }

    pub(super) fn has_issuer(&self) -> bool {
        self.0.join(ISSUER).exists()
    }

    /// Held by whoever reads in order to write: two processes may want to make a CA at the same time.
    pub(super) fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.0).map_err(|reason| file(&self.0, reason))?;
        let path = self.0.join("lock");
        let locked = File::create(&path).and_then(|lock| lock.lock().map(|()| lock));
        locked.map_err(|reason| file(&path, reason))
    }

    /// `None` if there is no CA; half a one is an error.
    pub(super) fn read(&self) -> Result<Option<Kept>> {
        let path = self.certificate();
        let Some(certificate) = read(&path)? else { return Ok(None) };
        let key_path = self.0.join(KEY);
        let key = read(&key_path)?.ok_or_else(|| self.lacks(&key_path))?;
        close(&key_path);
        let issuer = read(&self.0.join(ISSUER))?;
        Ok(Some(Kept { certificate, issuer, key, names: self.names()? }))
    }

    /// Whom the CA may speak for.
    pub(super) fn names(&self) -> Result<Names> {
        let path = self.0.join(NAMES);
        let text = read(&path)?.ok_or_else(|| self.lacks(&path))?;
        let names: std::result::Result<Vec<TlsName>, _> = text.lines().map(str::parse).collect();
        let names = names.map_err(|why| self.broken(&format!("{}: {why}", path.display())))?;
        Ok(Names::with(&names))
    }

    pub(super) fn write(&self, kept: &Kept) -> Result<()> {
        let names: String = kept.names.all().iter().map(|name| format!("{name}\n")).collect();
        write(&self.0.join(KEY), &kept.key, OWNER_ONLY)?;
        write(&self.0.join(NAMES), &names, EVERYBODY)?;
        let issuer = kept.issuer.as_deref().unwrap_or_default();
        write(&self.0.join(ISSUER), issuer, EVERYBODY)?;
        // Last: with it, the CA is there.
        write(&self.certificate(), &kept.certificate, EVERYBODY)
    }

    pub(super) fn broken(&self, reason: &dyn ToString) -> TlsError {
        TlsError::Broken { folder: self.0.clone(), reason: reason.to_string() }
    }

    fn lacks(&self, path: &Path) -> TlsError {
        self.broken(&format!("{} is missing", path.display()))
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        text => text.map(Some).map_err(|reason| file(path, reason)),
    }
}

/// Takes a key away from everybody but its owner. It may have been copied, or come out of an archive.
fn close(key: &Path) {
    let mode = fs::metadata(key).map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        let path = key.display();
        match fs::set_permissions(key, fs::Permissions::from_mode(OWNER_ONLY)) {
            Ok(()) => {
                tracing::warn!(%path, "others could read the CA's key: from now on its owner alone can");
            }
            Err(error) => tracing::warn!(%path, %error, "others can read the CA's key"),
        }
    }
}

/// Whoever reads the file sees it whole.
fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    let written = (|| {
        // One that a crash has left may be open to others.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    })();
    written.map_err(|reason| file(path, reason))
}

fn file(path: &Path, reason: io::Error) -> TlsError {
    TlsError::File { path: path.to_owned(), reason }
}
