//! Known states: kept under a name, gone back to, carried from one server to another.
//!
//! Each change is one transaction, so that requests under way see the state before it or the one
//! after it and nothing between. Knows no HTTP.

mod archive;
mod manifest;
mod seeding;

use crate::{
    app::App,
    domain::{AccountId, AccountState, ImpossibleState, Snapshot, SnapshotName},
    store::{PlaceError, StoreError, Tx, snapshots, states},
};
pub use archive::{ArchiveError, export, import, unpack_folder};
pub use manifest::ManifestError;
pub use seeding::{SeedingError, seed};

/// Why a state was not kept or not gone back to. Everything is as it was.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("there is no snapshot {0}")]
    NoSnapshot(SnapshotName),
    #[error("there is no seed to go back to: start with --seed DIR, or reset to nothing")]
    NoSeed,
    #[error("the name {} is kept for what a reset goes back to", SnapshotName::seed())]
    SeedsName,
    #[error(transparent)]
    Impossible(#[from] ImpossibleState),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How much came from a seed or an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    pub accounts: usize,
    pub images: usize,
}

/// What a reset goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The seed that was loaded last.
    Seed,
    Nothing,
    /// The seed if there is one.
    Either,
}

/// Keeps the state of an account, or of everybody, in the place of what had the name.
pub async fn save(
    app: &App,
    whose: Option<AccountId>,
    name: SnapshotName,
) -> Result<Snapshot, StateError> {
    if name == SnapshotName::seed() {
        return Err(StateError::SeedsName);
    }
    let saved = app.clock_of(whose.as_ref()).now();
    app.store
        .tx(move |tx| {
            let states = read(tx, whose.as_ref())?;
            let snapshot = Snapshot {
                name,
                whose,
                saved,
                accounts: states.len(),
                images: states.iter().map(|state| state.images.len()).sum(),
            };
            keep(tx, &snapshot, &states)?;
            Ok(snapshot)
        })
        .await
}

/// Goes back to a snapshot. An account that has none of that name goes back to its part of
/// everybody's.
pub async fn restore(
    app: &App,
    whose: Option<AccountId>,
    name: SnapshotName,
) -> Result<(), StateError> {
    app.store
        .tx(move |tx| {
            let manifest = match snapshots::manifest(tx, whose.as_ref(), &name)? {
                None => snapshots::manifest(tx, None, &name)?,
                own => own,
            };
            let manifest = manifest.ok_or(StateError::NoSnapshot(name))?;
            place(tx, whose.as_ref(), manifest::parse(manifest.as_bytes())?)
        })
        .await
}

/// Forgets a snapshot.
pub async fn delete(
    app: &App,
    whose: Option<AccountId>,
    name: SnapshotName,
) -> Result<(), StateError> {
    if name == SnapshotName::seed() {
        return Err(StateError::SeedsName);
    }
    app.store
        .tx(move |tx| {
            let deleted = snapshots::delete(tx, whose.as_ref(), &name)?;
            deleted.then_some(()).ok_or(StateError::NoSnapshot(name))
        })
        .await
}

/// The snapshots of an account, or of everybody, by name.
pub async fn list(app: &App, whose: Option<AccountId>) -> Result<Vec<Snapshot>, StateError> {
    Ok(app.store.read(move |conn| snapshots::list(conn, whose.as_ref())).await?)
}

/// Goes back to the seed or to nothing, with clock, ids, faults and requests; everybody or one account.
pub async fn reset(app: &App, whose: Option<AccountId>, to: Target) -> Result<(), StateError> {
    let account = match &whose {
        Some(id) => Some(app.prospective_account(id.clone()).await?),
        None => None,
    };
    let (store, app) = (app.store.clone(), app.clone());
    store
        .tx(move |tx| {
            let mut states = match to {
                Target::Nothing => Vec::new(),
                Target::Seed | Target::Either => seeds(tx, whose.as_ref())?,
            };
            if states.is_empty() && to == Target::Seed {
                return Err(StateError::NoSeed);
            }
            // Before anything is dated.
            app.reset(account.as_ref());
            for state in &mut states {
                announce_anew(&app, state);
            }
            place(tx, whose.as_ref(), states)
        })
        .await
}

/// What the seeds say: everybody's, and in the place of its part of that, each account's own.
fn seeds(tx: &Tx, whose: Option<&AccountId>) -> Result<Vec<AccountState>, StateError> {
    let mut states: Vec<AccountState> = Vec::new();
    // Everybody's comes first.
    for manifest in snapshots::manifests(tx, &SnapshotName::seed())? {
        for state in manifest::parse(manifest.as_bytes())? {
            let id = &state.account.id;
            if whose.is_none_or(|account| account == id) {
                states.retain(|other| other.account.id != *id);
                states.push(state);
            }
        }
    }
    Ok(states)
}

/// The drafts of a seed live from now on, and ids go on as they did after its load.
fn announce_anew(app: &App, state: &mut AccountState) {
    let clock = app.clock.of(&state.account.id);
    // The first of an account's is its key's, which a seed brings along.
    drop(clock.new_key_value());
    let now = clock.now();
    for draft in &mut state.drafts {
        draft.expires = now + (draft.expires - draft.created);
        draft.created = now;
    }
}

/// What an account, or everybody, holds.
fn read(tx: &Tx, whose: Option<&AccountId>) -> Result<Vec<AccountState>, StoreError> {
    let accounts = match whose {
        Some(account) => vec![account.clone()],
        None => states::list(tx)?,
    };
    let states = accounts.iter().filter_map(|account| states::read(tx, account).transpose());
    states.collect()
}

/// Keeps a snapshot of these states.
fn keep(tx: &Tx, snapshot: &Snapshot, states: &[AccountState]) -> Result<(), StoreError> {
    let digests = states.iter().flat_map(AccountState::digests).collect();
    snapshots::put(tx, snapshot, &manifest::print(states), &digests)
}

/// Puts the states in the place of everything that was there, or of what one account had.
fn place(tx: &Tx, whose: Option<&AccountId>, states: Vec<AccountState>) -> Result<(), StateError> {
    let states = states.into_iter();
    let states = states.filter(|state| whose.is_none_or(|account| state.account.id == *account));
    // What isn't in the states goes; and nothing of what was there is in the way of what comes.
    let there = match whose {
        Some(account) => vec![account.clone()],
        None => states::list(tx)?,
    };
    for account in there {
        states::delete(tx, &account)?;
    }
    for state in states {
        states::replace(tx, &state)?;
    }
    Ok(())
}
