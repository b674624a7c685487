//! TLS: our own CA and its certificates, or a pair of files; the port that speaks it.
//!
//! It knows nothing of HTTP but what to say to somebody who speaks it here without TLS. The time is
//! the machine's: clients don't go by the emulator's clock.

mod authority;
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
use tokio::net::TcpListener;

use crate::{clock::Clock, config};
use authority::Authority;
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
    #[error("--tls-cert {} and --tls-key {} can't be used: {reason}", .certificate.display(), .key.display())]
    Own { certificate: PathBuf, key: PathBuf, reason: String },
    #[error("a certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
    #[error("the certificate that was made can't be used: {0}")]
    Made(#[from] rustls::Error),
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
struct Current(Arc<RwLock<Arc<Identity>>>);

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
                let names = Names::with(&settings.names);
                let now = Clock::system().now();
                let authority = Box::new(Authority::open(&folder(data), &names, now)?);
                let (identity, until) = authority.issue(&names, now)?;
                (Source::Authority { authority, names, until }, identity)
            }
        };
        Ok(Self { identity: Current(Arc::new(RwLock::new(Arc::new(identity)))), source })
    }

    /// The certificate of the CA, in PEM, if it is our own.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        match &self.source {
            Source::Authority { authority, .. } => Some(authority.pem()),
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

/// Where the CA is in a data folder.
fn folder(data: &Path) -> PathBuf {
    data.join("tls")
}

impl Current {
    fn get(&self) -> Arc<Identity> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, identity: Identity) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
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
