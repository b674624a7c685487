//! Reads the settings, starts the log, opens the app, serves until a signal.

use std::{fs, io::Write, path::Path, process::ExitCode, thread};

use anyhow::Context;
use tintype::{
    app::App,
    banner,
    clock::Clock,
    config::{LogFormat, Settings},
    server,
    store::Store,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

fn main() -> ExitCode {
    match Settings::from_environment().map_err(anyhow::Error::from).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tintype: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut settings: Settings) -> anyhow::Result<()> {
    match settings.log {
        LogFormat::Text => tracing_subscriber::fmt().with_writer(std::io::stderr).init(),
        LogFormat::Json => tracing_subscriber::fmt().json().with_writer(std::io::stderr).init(),
    }
    let temporary = settings.ephemeral.then(tempfile::tempdir).transpose()?;
    if let Some(folder) = &temporary {
        settings.data = folder.path().to_owned();
    }
    let store = Store::open(&settings.data)?;
    let sweeper = store.clone();
    thread::spawn(move || sweeper.sweep_orphans());

    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(serve(App::new(settings, Clock::system(), store)))
}

async fn serve(app: App) -> anyhow::Result<()> {
    let settings = app.settings.clone();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("can't listen on {}", settings.listen))?;
    let base = format!("http://{}", listener.local_addr()?);
    let (account, keys) = app.default_account().await?;
    print!("{}", banner::text(&settings, &base, &account, &keys));
    std::io::stdout().flush()?;
    if let Some(path) = &settings.ready_file {
        write_ready_file(path, &base)?;
    }
    Ok(server::serve(listener, app, stop).await?)
}

/// Whoever waits for the file sees it whole or not at all.
fn write_ready_file(path: &Path, base: &str) -> anyhow::Result<()> {
    let failed = || format!("can't write the ready file {}", path.display());
    let draft = path.with_extension("tmp");
    fs::write(&draft, base).with_context(failed)?;
    fs::rename(&draft, path).with_context(failed)
}
