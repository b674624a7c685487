//! Reads the command line; starts the log, opens the app, serves until a signal.

use std::{
    env, fs,
    io::{self, IsTerminal, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{self, ExitCode},
    time::Duration,
};

use anyhow::Context;
use clap::CommandFactory;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tintype::{
    banner,
    config::{Cli, Command, LogFormat, Settings},
    offline, remote, server,
    start::{Prepared, prepare},
    tls,
};
use tokio::signal::unix::{SignalKind, signal};

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
        Command::Transform(wanted) => Ok(offline::transform(&wanted, |line| println!("{line}"))?),
        Command::Upload(wanted) => Ok(remote::upload(&wanted, |line| println!("{line}"))?),
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
            let show = |line: &str| writeln!(io::stdout(), "{line}").is_ok();
            Ok(remote::requests(&wanted, show)?)
        }
        Command::Ca(wanted) => print(&tls::ca(&wanted)?),
        Command::Hosts(wanted) => print(&tls::hosts(&wanted)),
        Command::Healthcheck(wanted) => Ok(remote::healthcheck(&wanted)?),
        Command::Completions(wanted) => {
            clap_complete::generate(
                wanted.shell,
                &mut Cli::command(),
                "tintype",
                &mut io::stdout(),
            );
            Ok(())
        }
        Command::Man => Ok(clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?),
    }
}

/// Prints what there is to be said.
fn print(text: &str) -> anyhow::Result<()> {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Ok(write!(io::stdout(), "{text}{end}")?)
}

fn start(settings: Settings) -> anyhow::Result<()> {
    share_one_heap();
    start_log(settings.log);
    allow_many_connections();
    let runtime = tokio::runtime::Runtime::new()?;
    let served = runtime.block_on(serve(settings));
    // A render can't be stopped half way, and nobody waits for it any more.
    runtime.shutdown_timeout(Duration::from_millis(100));
    served
}

/// glibc gives each thread a heap of its own, and what one has given back no other can use: with one
/// for all, renders take a third to a half less memory at their peak. And what has become free it gives
/// back to the system, which takes a fifth of the time of a small JPEG, since the next render wants it
/// again: some may stay. glibc hears of it from the environment alone, before a program begins. So it
/// begins anew, in the same process.
fn share_one_heap() {
    const HEAPS: &str = "MALLOC_ARENA_MAX";
    /// Free memory that stays, and buffers that are given back by themselves; in bytes.
    const STAYS: [(&str, &str); 2] =
        [("MALLOC_TRIM_THRESHOLD_", "33554432"), ("MALLOC_MMAP_THRESHOLD_", "33554432")];
    if cfg!(not(target_env = "gnu")) || env::var_os(HEAPS).is_some() {
        return;
    }
    let mut words = env::args_os();
    if let (Ok(program), Some(name)) = (env::current_exe(), words.next()) {
        let mut anew = process::Command::new(program);
        // It only comes back if that failed. Then it takes more memory, and nothing else.
        let stays = STAYS.into_iter().filter(|(name, _)| env::var_os(name).is_none());
        let _ = anew.arg0(name).args(words).env(HEAPS, "1").envs(stays).exec();
    }
}

/// Shells begin programs with room for 1,024 files, connections among them, for the sake of old ones
/// that know no better than `select`. What is allowed is more.
fn allow_many_connections() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
}

fn start_log(format: LogFormat) {
    let log = tracing_subscriber::fmt().with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let (mut stop, hurry) = (Box::pin(signals(1)?), signals(2)?);
    let prepared = tokio::select! {
        prepared = prepare(settings) => prepared?,
        () = &mut stop => return Ok(()),
    };
    let Prepared { app, doors, bases, temporary: _temporary } = prepared;
    let settings = app.settings.clone();
    let (account, keys) = app.default_account().await?;
    // The banner is for people: a closed stdout is no reason not to serve.
    let banner = banner::text(&settings, &bases, &account, &keys);
    let _ = io::stdout().write_all(banner.as_bytes()).and_then(|()| io::stdout().flush());
    if let Some(path) = &settings.ready_file {
        write_ready_file(path, &bases.plain)?;
    }
    Ok(server::serve(doors, app, stop, hurry).await?)
}

/// Ends when SIGINT or SIGTERM has come so many times.
fn signals(times: usize) -> io::Result<impl Future<Output = ()>> {
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
