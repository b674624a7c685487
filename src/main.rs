//! Reads the command line; starts the log, opens the app, serves until a signal.

use std::{
    fs,
    io::{IsTerminal, Write},
    path::Path,
    process::ExitCode,
    thread,
    time::Duration,
};

use anyhow::Context;
use tintype::{
    app::App,
    banner,
    clock::{Clock, Time},
    config::{Command, LogFormat, Settings},
    remote, server, state,
    store::Store,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

fn main() -> ExitCode {
    match Command::from_environment().map_err(anyhow::Error::from).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tintype: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(settings) => start(*settings),
        Command::Sign(wanted) => print(&remote::sign(&wanted)?),
        Command::Seed(wanted) => print(&remote::seed(&wanted)?),
        Command::Reset(wanted) => Ok(remote::reset(&wanted)?),
        Command::Snapshots(wanted) => print(&remote::snapshots(&wanted)?),
        Command::Clock(wanted) => print(&remote::clock(&wanted)?),
        Command::Export(wanted) => Ok(remote::export(&wanted)?),
        Command::Import(wanted) => print(&remote::import(&wanted)?),
        Command::Faults(wanted) => print(&remote::faults(&wanted)?),
        Command::Requests(wanted) => {
            // A reader that has seen enough closes the pipe.
            let show = |line: &str| writeln!(std::io::stdout(), "{line}").is_ok();
            Ok(remote::requests(&wanted, show)?)
        }
        Command::Healthcheck(wanted) => Ok(remote::healthcheck(&wanted)?),
    }
}

/// Prints what there is to be said.
fn print(text: &str) -> anyhow::Result<()> {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Ok(write!(std::io::stdout(), "{text}{end}")?)
}

fn start(mut settings: Settings) -> anyhow::Result<()> {
    start_log(settings.log);
    if let Some(folder) = settings.origin_dir.as_deref().filter(|folder| !folder.is_dir()) {
        anyhow::bail!("--origin-dir {} is no folder", folder.display());
    }
    let temporary = settings.ephemeral.then(tempfile::tempdir).transpose()?;
    if let Some(folder) = &temporary {
        settings.data = folder.path().to_owned();
        // It won't be there after a power cut anyway.
        settings.fsync = false;
    }
    let store = Store::open(&settings.data, settings.cache_size.as_u64(), settings.fsync.into())?;
    let sweeper = store.clone();
    thread::spawn(move || {
        sweeper.count_renditions();
        sweeper.sweep_orphans();
    });

    let runtime = tokio::runtime::Runtime::new()?;
    let time = settings.clock.map_or(Time::SYSTEM, Time::Frozen);
    let clock = Clock::new(time, settings.id_seed);
    let served = runtime.block_on(serve(App::new(settings, clock, store)));
    // A render can't be stopped half way, and nobody waits for it any more.
    runtime.shutdown_timeout(Duration::from_millis(100));
    served
}

fn start_log(format: LogFormat) {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
}

async fn serve(app: App) -> anyhow::Result<()> {
    let settings = app.settings.clone();
    let (stop, hurry) = (signals(1)?, signals(2)?);
    if let Some(folder) = &settings.seed {
        state::seed(&app, None, folder).await.context("the seed can't be loaded")?;
    }
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("can't listen on {}", settings.listen))?;
    let base = format!("http://{}", listener.local_addr()?);
    let (account, keys) = app.default_account().await?;
    // The banner is for people: a closed stdout is no reason not to serve.
    let banner = banner::text(&settings, &base, &account, &keys);
    let _ = std::io::stdout().write_all(banner.as_bytes()).and_then(|()| std::io::stdout().flush());
    if let Some(path) = &settings.ready_file {
        write_ready_file(path, &base)?;
    }
    Ok(server::serve(listener, app, stop, hurry).await?)
}

/// Ends when SIGINT or SIGTERM has come so many times.
fn signals(times: usize) -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        for _ in 0..times {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
    })
}

/// Whoever waits for the file sees it whole or not at all.
fn write_ready_file(path: &Path, base: &str) -> anyhow::Result<()> {
    let failed = || format!("can't write the ready file {}", path.display());
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    fs::write(&draft, base).with_context(failed)?;
    fs::rename(&draft, path).with_context(failed)
}
