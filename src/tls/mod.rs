//! TLS: our own CA and its certificates, or a pair of files; the port that speaks it.
//!
//! It knows nothing of HTTP but what to say to somebody who speaks it here without TLS. The time is
//! the machine's: clients don't go by the emulator's clock.

mod authority;
mod folder;
mod identity;
mod listener;
mod names;
mod own;
mod plain;
mod trust;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;

use crate::{clock::Clock, config};
use authority::Authority;
use folder::Folder;
use identity::Identity;
pub use listener::Secured;
use names::Names;
use own::Pair;
pub use trust::{ca, hosts};

/// Why TLS can't be spoken. Each text is for the person who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} can't be used: {reason}", .path.display())]
    File { path: PathBuf, reason: io::Error },
    #[error("{} is no CA of tintype's: {reason}; without the folder, a new one is made", .folder.display())]
    Broken { folder: PathBuf, reason: String },
    #[error("the CA in {} {why}", .path.display())]
    Left { path: PathBuf, why: String },
    #[error("the CA ends before another certificate of it would")]
    TooLate,
    #[error("the CA isn't valid yet")]
    TooEarly,
    #[error("--tls-cert {} and --tls-key {} can't be used: {reason}", .certificate.display(), .key.display())]
    Own { certificate: PathBuf, key: PathBuf, reason: String },
    #[error("a certificate could not be made: {0}")]
    Making(rcgen::Error),
    #[error("the certificate that was made can't be used: {0}")]
    Made(rustls::Error),
}

// The texts have the reasons in them: as sources they would be said twice.
impl From<rcgen::Error> for TlsError {
    fn from(error: rcgen::Error) -> Self {
        Self::Making(error)
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Made(error)
    }
}

/// A result of preparing TLS.
type Result<T> = std::result::Result<T, TlsError>;

/// What TLS is spoken with, and where that is from.
pub struct Tls {
    identity: Current,
    source: Source,
}

/// The certificate in use. Clones see when it is replaced.
#[derive(Clone)]
struct Current {
    identity: Arc<RwLock<Arc<Identity>>>,
    origin: Origin,
}

/// Who made the certificate in use: what can be done about it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Authority,
    Own,
}

/// Where certificates come from.
enum Source {
    Authority { authority: Box<Authority>, names: Names, until: DateTime<Utc> },
    Own(Pair),
}

/// Our certificates are replaced so long before their end.
const EARLY: TimeDelta = TimeDelta::days(30);

impl Tls {
    /// Reads or makes what the settings ask for; own certificates come from the data folder's CA.
    pub fn open(settings: &config::Tls, data: &Path) -> Result<Self> {
        let (source, identity) = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => {
                let (pair, identity) = Pair::open(certificate, key)?;
                (Source::Own(pair), identity)
            }
            _ => {
                let (folder, names) = (Folder::of(data), Names::with(&settings.names));
                let (authority, issued) = Authority::open(&folder, &names, Clock::system().now())?;
                let (identity, until) = issued;
                (Source::Authority { authority: Box::new(authority), names, until }, identity)
            }
        };
        Ok(Self { identity: Current::new(identity, source.origin()), source })
    }

    /// The certificate of the CA, in PEM, if it is our own.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        match &self.source {
            Source::Authority { authority, .. } => Some(authority.pem()),
            Source::Own(_) => None,
        }
    }

    /// The certificate of the CA, if it is our own.
    #[must_use]
    pub fn root(&self) -> Option<CertificateDer<'static>> {
        match &self.source {
            Source::Authority { authority, .. } => Some(authority.root()),
            Source::Own(_) => None,
        }
    }

    /// The file that says whom to trust, or what is shown instead.
    #[must_use]
    pub fn file(&self) -> &Path {
        match &self.source {
            Source::Authority { authority, .. } => authority.path(),
            Source::Own(pair) => pair.certificate(),
        }
    }

    /// Begins to accept connections.
    #[must_use]
    pub fn accept(self, listener: TcpListener) -> Secured {
        Secured::accept(listener, self.identity.clone(), keep(self.source, self.identity))
    }
}

impl Current {
    fn new(identity: Identity, origin: Origin) -> Self {
        Self { identity: Arc::new(RwLock::new(Arc::new(identity))), origin }
    }

    fn get(&self) -> Arc<Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, identity: Identity) {
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }
}

/// Looks from time to time whether there is a newer certificate, or ought to be.
async fn keep(mut source: Source, current: Current) {
    loop {
        tokio::time::sleep(source.period()).await;
        let look = move || {
            let newer = source.newer();
            (source, newer)
        };
        // It ends with the program.
        let Ok((looked, newer)) = tokio::task::spawn_blocking(look).await else { return };
        source = looked;
        if let Some(identity) = newer {
            current.replace(identity);
            tracing::info!("a new certificate is used from now on");
        }
    }
}

impl Source {
    fn origin(&self) -> Origin {
        match self {
            Self::Authority { .. } => Origin::Authority,
            Self::Own(_) => Origin::Own,
        }
    }

    /// How long a newer certificate may go unnoticed.
    fn period(&self) -> Duration {
        match self {
            Self::Authority { .. } => Duration::from_secs(3600),
            Self::Own(_) => Duration::from_secs(1),
        }
    }

    fn newer(&mut self) -> Option<Identity> {
        match self {
            Self::Own(pair) => pair.newer(),
            Self::Authority { authority, names, until } => {
                let now = Clock::system().now();
                if now + EARLY < *until {
                    return None;
                }
                match authority.issue(names, now) {
                    Ok((identity, end)) => {
                        *until = end;
                        Some(identity)
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the certificate could not be renewed");
                        None
                    }
                }
            }
        }
    }
}
