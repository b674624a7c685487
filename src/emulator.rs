//! tintype inside of a test: started in milliseconds at a port of its own, gone when it is dropped.

use std::{future, ops::Deref, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    app::App,
    clock::Clock,
    config::Settings,
    domain::{Account, AccountId, InvalidAccountId, InvalidSnapshotName, SnapshotName},
    faults::{InvalidFault, Rule},
    observe,
    requests::{Entry, Filter},
    server,
    start::{self, Bases, Prepared, StartError},
    state::{self, StateError, Target},
    store::StoreError,
};

/// What a running tintype is to be like.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder(Settings);

/// A running tintype in this process, which lives in the Tokio runtime that started it.
///
/// It is also the [`View`] of the server as a whole: what is reset here is reset for all accounts.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tintype = tintype::Emulator::builder().ephemeral().id_seed(7).start().await?;
/// let api = tintype.api_url(); // what is tested takes this for the API's base
///
/// let account = tintype.account("worker-1").await?;
/// account.clock().advance(chrono::TimeDelta::hours(1));
/// account.fail(serde_json::json!({ "operation": "Upload an image", "to": 1, "status": 503 })).await?;
/// // … what is tested uploads, fails, and tries again …
/// assert!(account.requests().is_empty());
/// account.reset().await?;
/// # assert!(api.ends_with("/client/v4"));
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    all: View,
    bases: Bases,
    default: Account,
    /// Dropped, it ends connections that nobody uses.
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
    /// Removed last.
    _temporary: Option<TempDir>,
}

/// What one account sees of the controls, or all of them together.
#[derive(Clone)]
pub struct View {
    app: App,
    whose: Option<Account>,
}

/// Why a view did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error(transparent)]
    Account(#[from] InvalidAccountId),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Name(#[from] InvalidSnapshotName),
    #[error(transparent)]
    Fault(#[from] InvalidFault),
}

impl Default for Builder {
    fn default() -> Self {
        let mut settings = Settings::defaults();
        settings.listen.set_port(0);
        settings.ephemeral = true;
        Self(settings)
    }
}

impl Builder {
    /// Everything in a temporary folder, which is what is done when nothing is said.
    pub fn ephemeral(mut self) -> Self {
        self.0.ephemeral = true;
        self
    }

    /// Everything in this folder, which stays.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.0.data = folder.into();
        self.0.ephemeral = false;
        self
    }

    /// Begins with this folder of images, and goes back to it by a reset.
    pub fn seed(mut self, folder: impl Into<PathBuf>) -> Self {
        self.0.seed = Some(folder.into());
        self
    }

    /// Begins at this time, which stands still.
    pub fn clock(mut self, now: DateTime<Utc>) -> Self {
        self.0.clock = Some(now);
        self
    }

    /// Equal numbers make equal ids.
    pub fn id_seed(mut self, seed: u64) -> Self {
        self.0.id_seed = Some(seed);
        self
    }

    /// Anything else that can be set on the command line.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.0);
        self
    }

    /// Starts it. Requests are answered from here on.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let Prepared { app, doors, bases, temporary } = start::prepare(self.0).await?;
        let (default, _) = app.default_account().await?;
        let (stop, stopped) = oneshot::channel();
        let stopped = async move {
            // Nothing is ever sent: it is dropped.
            let _ = stopped.await;
        };
        let server = server::serve(doors, app.clone(), stopped, future::pending());
        let (stop, server) = (Some(stop), tokio::spawn(server));
        let all = View { app, whose: None };
        Ok(Emulator { all, bases, default, stop, server, _temporary: temporary })
    }
}

impl Emulator {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.bases.plain
    }

    /// `https://127.0.0.1:<port>`, if the settings ask for TLS.
    #[must_use]
    pub fn tls_url(&self) -> Option<&str> {
        self.bases.secured.as_deref()
    }

    /// The certificate of the CA that `tls_url` is to be trusted by, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.all.app.authority.as_deref()
    }

    /// The API's base, as SDKs take it.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/client/v4", self.base_url())
    }

    /// The account that is there from the start.
    #[must_use]
    pub fn default_account(&self) -> &Account {
        &self.default
    }

    /// What one account sees. It comes into being here if it was never used: tests that share an emulator
    /// each take one of their own.
    pub async fn account(&self, id: &str) -> Result<View, ViewError> {
        let account = self.all.app.account(id.parse()?).await?;
        Ok(View { app: self.all.app.clone(), whose: Some(account) })
    }
}

impl Deref for Emulator {
    type Target = View;

    fn deref(&self) -> &View {
        &self.all
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.all.app.requests.end();
        self.stop.take();
        self.server.abort();
    }
}

impl View {
    /// The account; `None` for all of them together.
    #[must_use]
    pub fn whose(&self) -> Option<&Account> {
        self.whose.as_ref()
    }

    fn id(&self) -> Option<&AccountId> {
        self.whose.as_ref().map(|account| &account.id)
    }

    /// Goes back to the seed, or to nothing if there is none: state, clock, ids, faults and requests.
    pub async fn reset(&self) -> Result<(), ViewError> {
        Ok(state::reset(&self.app, self.id().cloned(), Target::Either).await?)
    }

    /// Keeps the state as it is now.
    pub async fn save(&self, name: &str) -> Result<(), ViewError> {
        state::save(&self.app, self.id().cloned(), snapshot(name)?).await?;
        Ok(())
    }

    /// Goes back to a state that was kept.
    pub async fn restore(&self, name: &str) -> Result<(), ViewError> {
        Ok(state::restore(&self.app, self.id().cloned(), snapshot(name)?).await?)
    }

    /// What is dated or expires goes by it: it can be set, moved, stopped and let go.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.app.clock_of(self.id())
    }

    /// Lets calls fail by a rule, as `POST /_tintype/faults` takes it (docs/control.md); the rule's number.
    pub async fn fail(&self, rule: Value) -> Result<u64, ViewError> {
        let mut rule = Rule::read(rule, &observe::operations())?;
        if let Some(owner) = rule.claim(self.id())? {
            rule.account = Some(self.app.prospective_account(owner).await?);
        }
        Ok(self.app.faults.add(vec![rule])[0])
    }

    /// Removes the rules by which calls fail; how many there were.
    pub fn clear_faults(&self) -> usize {
        self.app.faults.clear(self.id())
    }

    /// The last requests and what became of them, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<Entry>> {
        self.app.requests.find(&self.own(Filter::default())).entries
    }

    /// The first request that passes, if one has come or comes in time.
    pub async fn wait_for(&self, filter: Filter, patience: Duration) -> Option<Arc<Entry>> {
        let found = self.app.requests.wait(&self.own(filter), patience).await;
        found.entries.into_iter().next()
    }

    /// Forgets the requests; how many there were.
    pub fn clear_requests(&self) -> usize {
        self.app.requests.clear(self.whose.as_ref())
    }

    fn own(&self, filter: Filter) -> Filter {
        match &self.whose {
            None => filter,
            Some(account) => Filter { account: Some(account.clone()), ..filter },
        }
    }
}

fn snapshot(name: &str) -> Result<SnapshotName, ViewError> {
    Ok(name.parse()?)
}
