//! From settings to a server that can serve: what the program and the one inside of a test share.

use std::{io, net::SocketAddr, path::PathBuf, thread};

use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::{
    app::App,
    clock::{Clock, Time},
    config::Settings,
    state::{self, SeedingError},
    store::{OpenError, Store, StoreError},
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
    #[error("the seed can't be loaded: {0}")]
    Seed(#[from] SeedingError),
    #[error("can't listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A server before it serves.
pub struct Prepared {
    pub app: App,
    pub listener: TcpListener,
    /// Where it is asked: `http://127.0.0.1:1856`.
    pub base_url: String,
    /// With `--ephemeral`, the folder that keeps everything; it goes when this is dropped.
    pub temporary: Option<TempDir>,
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
    let (address, seed) = (settings.listen, settings.seed.clone());
    let store = Store::open(&settings.data, settings.cache_size.as_u64(), settings.fsync.into())?;
    let sweeper = store.clone();
    thread::spawn(move || {
        sweeper.count_renditions();
        sweeper.sweep_orphans();
    });
    let time = settings.clock.map_or(Time::SYSTEM, Time::Frozen);
    let clock = Clock::new(time, settings.id_seed);
    let app = App::new(settings, clock, store);
    if let Some(folder) = seed {
        state::seed(&app, None, &folder).await?;
    }
    let refused = |reason| StartError::Listen { address, reason };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let base_url = format!("http://{}", listener.local_addr().map_err(refused)?);
    Ok(Prepared { app, listener, base_url, temporary })
}
