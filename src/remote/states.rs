//! `tintype seed`, `tintype reset`, `tintype snapshot`.

use std::io;

use serde::Deserialize;
use serde_json::Value;
use ureq::{SendBody, http::Method};

use super::{
    Question,
    RemoteError::{self, Refused},
};
use crate::{
    app::DEFAULT_ACCOUNT,
    config::{Reset, ResetTo, Seed, SnapshotAction, Snapshots},
    domain::InvalidAccountId,
    seed::{self, SeedError},
};

#[derive(Deserialize)]
pub(super) struct Loaded {
    accounts: usize,
    images: usize,
}

impl Loaded {
    pub(super) fn text(&self) -> String {
        let plural = |count, noun: &str| match count {
            1 => format!("1 {noun}"),
            count => format!("{count} {noun}s"),
        };
        format!("{} in {}", plural(self.images, "image"), plural(self.accounts, "account"))
    }
}

#[derive(Deserialize)]
struct Listed {
    snapshots: Vec<Snapshot>,
}

#[derive(Deserialize)]
struct Snapshot {
    name: String,
    saved: String,
    accounts: usize,
    images: usize,
}

/// Sends the seed in a folder, which the server need not be able to reach.
pub fn seed(wanted: &Seed) -> Result<String, RemoteError> {
    let folder = &wanted.folder;
    let account = wanted.remote.account.as_deref();
    let default = account.unwrap_or(DEFAULT_ACCOUNT).parse();
    let default = default.map_err(|error: InvalidAccountId| Refused(error.to_string()))?;
    // What is wrong with the texts is said here, with names that mean something here.
    let accounts = seed::read(folder, &default)?;
    let failed = |error: &io::Error| SeedError::at(&folder.display(), error);
    let tar = seed::pack(folder, &accounts).map_err(|error| failed(&error))?;
    let question = Question::new(&wanted.remote.server, Method::POST, "seed").about_a_tar();
    Ok(question.with("account", account).ask::<Loaded>(tar)?.text())
}

/// Goes back to the seed or to nothing.
pub fn reset(wanted: &Reset) -> Result<(), RemoteError> {
    let to = wanted.to.map(|to| match to {
        ResetTo::Seed => "seed",
        ResetTo::Nothing => "nothing",
    });
    let question = Question::new(&wanted.remote.server, Method::POST, "reset");
    let question = question.with("to", to).with("account", wanted.remote.account.as_deref());
    question.ask::<Value>(SendBody::none())?;
    Ok(())
}

/// Keeps, restores, lists or deletes snapshots; what is to be printed then.
pub fn snapshots(wanted: &Snapshots) -> Result<String, RemoteError> {
    let (method, control) = match &wanted.action {
        SnapshotAction::List => (Method::GET, "snapshots".to_owned()),
        SnapshotAction::Save { name } => (Method::PUT, one(name)),
        SnapshotAction::Delete { name } => (Method::DELETE, one(name)),
        SnapshotAction::Restore { name } => (Method::POST, format!("{}/restore", one(name))),
    };
    let question = Question::new(&wanted.remote.server, method, &control);
    let question = question.with("account", wanted.remote.account.as_deref());
    if !matches!(wanted.action, SnapshotAction::List) {
        question.ask::<Value>(SendBody::none())?;
        return Ok(String::new());
    }
    let Listed { snapshots } = question.ask(SendBody::none())?;
    let lines = snapshots.into_iter().map(|Snapshot { name, saved, accounts, images }| {
        format!("{name}  {saved}  {}\n", Loaded { accounts, images }.text())
    });
    Ok(lines.collect())
}

/// A snapshot's control. Names are checked by the server, so that all of it has to arrive.
fn one(name: &str) -> String {
    let all = percent_encoding::NON_ALPHANUMERIC;
    format!("snapshots/{}", percent_encoding::utf8_percent_encode(name, all))
}
