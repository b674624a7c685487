//! From settings to a server that can serve: what the program and the one inside of a test share.

use std::{io, net::SocketAddr, path::PathBuf, thread};

use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::{
    app::App,
    clock::{Clock, Time},
    config::Settings,
    roots::{self, Roots},
    server::Doors,
    state::{self, SeedingError},
    store::{OpenError, Store, StoreError},
    tls::{Tls, TlsError},
};

/// Why a server can't start. Each text is a whole sentence for whoever wrote the settings.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("--origin-dir {} is no folder", .0.display())]
    NoOrigin(PathBuf),
    #[error("there can be no temporary folder: {0}")]
    Temporary(io::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the seed can't be loaded")]
    Seed(#[from] SeedingError),
    #[error("can't listen on {address} ({flag}): {reason}")]
    Listen { flag: &'static str, address: SocketAddr, reason: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A server before it serves.
pub struct Prepared {
    pub app: App,
    pub doors: Doors,
    pub bases: Bases,
    /// With `--ephemeral`, the folder that keeps everything; it goes when this is dropped.
    pub temporary: Option<TempDir>,
}

/// Where a server is asked.
#[derive(Debug, Clone)]
pub struct Bases {
    /// `http://127.0.0.1:1856`
    pub plain: String,
    /// `https://127.0.0.1:8443`, if TLS is on.
    pub secured: Option<String>,
    /// The file of the CA, or of the certificate that the settings name.
    pub certificate: Option<PathBuf>,
}

/// Opens the data folder, loads the seed, and takes the address. Connections are accepted from here on,
/// and wait.
pub async fn prepare(mut settings: Settings) -> Result<Prepared, StartError> {
    if let Some(folder) = settings.origin_dir.clone().filter(|folder| !folder.is_dir()) {
        return Err(StartError::NoOrigin(folder));
    }
    let temporary = settings.ephemeral.then(tempfile::tempdir).transpose();
    let temporary = temporary.map_err(StartError::Temporary)?;
    if let Some(folder) = &temporary {
        settings.data = folder.path().to_owned();
        // It won't be there after a power cut anyway.
        settings.fsync = false;
    }
    let (address, seed, tls) = (settings.listen, settings.seed.clone(), settings.tls.clone());
    let store = Store::open(&settings.data, settings.cache_size.as_u64(), settings.fsync.into())?;
    let secured = match tls.listen {
        Some(address) => Some((address, Tls::open(&tls, &settings.data)?)),
        None => None,
    };
    let time = settings.clock.map_or(Time::SYSTEM, Time::Frozen);
    let clock = Clock::new(time, settings.id_seed);
    let ours = secured.as_ref().and_then(|(_, tls)| tls.root());
    let mut app = App::new(settings, clock, store, &roots(ours));
    if let Some(folder) = seed {
        state::seed(&app, None, &folder).await?;
    }
    let (plain, base) = listen("--listen", address).await?;
    let mut bases = Bases { plain: format!("http://{base}"), secured: None, certificate: None };
    let mut doors = Doors { plain, secured: None };
    if let Some((address, tls)) = secured {
        let (listener, base) = listen("--tls", address).await?;
        app.authority = tls.authority().map(Into::into);
        bases.secured = Some(format!("https://{base}"));
        bases.certificate = Some(tls.file().to_owned());
        doors.secured = Some(tls.accept(listener));
    }
    // Once nothing can fail any more: a temporary folder would go under it.
    let sweeper = app.store.clone();
    thread::spawn(move || {
        sweeper.count_renditions();
        sweeper.sweep_orphans();
    });
    Ok(Prepared { app, doors, bases, temporary })
}

/// Whom images may be fetched from: with our own CA, the URLs that we hand out work for us too.
fn roots(ours: Option<CertificateDer<'static>>) -> Roots {
    let named = roots::named().unwrap_or_else(|error| {
        tracing::warn!(%error, "images are fetched from whom the web trusts, and nobody else");
        Vec::new()
    });
    Roots::with(named.into_iter().chain(ours))
}

/// Takes an address, and says which it is: of port 0 something else becomes.
async fn listen(
    flag: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |reason| StartError::Listen { flag, address, reason };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let taken = listener.local_addr().map_err(refused)?;
    Ok((listener, taken))
}
