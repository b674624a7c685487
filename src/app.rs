//! What every request can reach: settings, clock, store, workers, renderer. Cloned per request.
//!
//! The app holds; `server` wires. It knows no surface.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::{BaseUrl, PublicUrl, Settings},
    domain::{Account, AccountHash, AccountId, SigningKey},
    faults::Faults,
    fetch::{Addresses, Fetcher, Folder},
    metrics::Answers,
    render::Renderer,
    requests::Requests,
    roots::Roots,
    store::{Store, StoreError, accounts, signing_keys},
    urls::{Bases, NamedBases},
    workers::Workers,
};

/// The account that is there from the start, for whoever has no id of their own.
pub const DEFAULT_ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// The program's state.
#[derive(Clone)]
pub struct App {
    pub settings: Arc<Settings>,
    pub clock: Clock,
    pub store: Store,
    pub workers: Workers,
    pub renderer: Renderer,
    /// For uploads by URL.
    pub upload_fetcher: Fetcher,
    /// For source images of zones: they may come through uploads by URL, so they don't wait for those.
    pub source_fetcher: Fetcher,
    pub origin_folder: Option<Folder>,
    /// Of the URLs that are handed out.
    pub bases: NamedBases,
    /// The certificate of our own CA, in PEM, if TLS is spoken with one of its certificates.
    pub authority: Option<Arc<str>>,
    /// What is to go wrong.
    pub faults: Faults,
    /// What was asked lately.
    pub requests: Requests,
    /// How often each surface has answered.
    pub answers: Answers,
}

impl App {
    /// Images that are named by URLs come from whom `roots` vouch for, where TLS is spoken.
    #[must_use]
    pub fn new(settings: Settings, clock: Clock, store: Store, roots: &Roots) -> Self {
        let public = settings.deny_private_fetch;
        let fetchable = if public { Addresses::Public } else { Addresses::All };
        let origin = settings.origin.as_ref().map(BaseUrl::url);
        let [upload_fetcher, source_fetcher] = [None, origin]
            .map(|trusted| Fetcher::new(fetchable, trusted, roots, settings.fetch_timeout.into()));
        let origin_folder = settings.origin_dir.clone().map(Folder::new);
        let workers = Workers::for_this_machine();
        let renderer = Renderer::new(store.clone(), workers.clone(), settings.cache_size.as_u64());
        let requests = Requests::new(settings.requests);
        let bases = NamedBases::new(named_bases(&settings));
        let settings = Arc::new(settings);
        Self {
            settings,
            clock,
            store,
            workers,
            renderer,
            upload_fetcher,
            source_fetcher,
            origin_folder,
            bases,
            authority: None,
            faults: Faults::default(),
            requests,
            answers: Answers::default(),
        }
    }

    /// The account with this id as it is or will be, without creating it.
    pub async fn prospective_account(&self, id: AccountId) -> Result<Account, StoreError> {
        let known = id.clone();
        let found = self.store.read(move |conn| accounts::find(conn, &known)).await?;
        Ok(found.unwrap_or_else(|| Account { hash: AccountHash::derive(&id), id }))
    }

    /// The account with this id, created at its first use.
    pub async fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        let known = id.clone();
        let found = self.store.read(move |conn| accounts::find(conn, &known)).await?;
        if let Some(account) = found {
            return Ok(account);
        }
        let clock = self.clock.of(&id);
        self.store.tx(move |tx| accounts::find_or_create(tx, &id, &clock)).await
    }

    /// The time and ids of an account, or everybody's.
    #[must_use]
    pub fn clock_of(&self, whose: Option<&AccountId>) -> Clock {
        whose.map_or_else(|| self.clock.clone(), |account| self.clock.of(account))
    }

    /// Puts back what is kept in memory: everybody's, or one account's. What is in the store,
    /// `state::reset` puts back, and calls this.
    pub fn reset(&self, whose: Option<&Account>) {
        let id = whose.map(|account| &account.id);
        self.clock_of(id).reset();
        self.faults.clear(id);
        self.requests.clear(whose);
    }

    /// The default account and its keys.
    pub async fn default_account(&self) -> Result<(Account, Vec<SigningKey>), StoreError> {
        let id = DEFAULT_ACCOUNT.parse().expect("the default account's id is well-formed");
        let account = self.account(id).await?;
        let id = account.id.clone();
        let keys = self.store.read(move |conn| signing_keys::list(conn, &id)).await?;
        Ok((account, keys))
    }
}

fn named_bases(settings: &Settings) -> Bases {
    let text = |base: &Option<PublicUrl>| base.as_ref().map(|base| base.as_str().to_owned());
    let Settings { public_url, delivery_url, upload_url, .. } = settings;
    Bases { public: text(public_url), delivery: text(delivery_url), upload: text(upload_url) }
}
