//! Loading a seed: its rows are put in place, what else the accounts hold is left. What it says is
//! kept as the snapshot that a reset goes back to.

use std::{collections::HashMap, fmt::Display, path::Path};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Loaded, StateError, keep, manifest};
use crate::{
    app::{App, DEFAULT_ACCOUNT},
    clock::Clock,
    domain::{
        Account, AccountConfig, AccountHash, AccountId, AccountState, Digest, Draft, Image,
        KeyName, SigningKey, Snapshot, SnapshotName, Variant,
    },
    ingest::{self, MAX_BYTES, Upload},
    seed::{self, SeedAccount, SeedDraft, SeedError, SeedImage},
    store::{PlaceError, StagedBlob, StoreError, Tx, snapshots, states},
    transform::Format,
};

/// How many images are looked at side by side; the workers decide how many of them decode.
const AT_ONCE: usize = 8;

/// Why a seed was not loaded. Everything is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SeedingError {
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<StoreError> for SeedingError {
    fn from(error: StoreError) -> Self {
        Self::State(error.into())
    }
}

impl From<PlaceError> for SeedingError {
    fn from(error: PlaceError) -> Self {
        Self::State(error.into())
    }
}

/// An original of the seed: found good, and on disk one way or the other.
struct Original {
    digest: Digest,
    format: Format,
    /// `None` if an earlier load has kept it.
    staged: Option<StagedBlob>,
}

/// Loads the seed in a folder, whole or not at all: everybody's, or an account's own, which speaks of
/// no other.
pub async fn seed(
    app: &App,
    whose: Option<AccountId>,
    folder: &Path,
) -> Result<Loaded, SeedingError> {
    let accounts = read(app, whose.clone(), folder).await?;
    let known = Known::find(app, whose.clone()).await?;
    let images: Vec<_> = accounts.iter().flat_map(|account| account.images.clone()).collect();
    let originals = stream::iter(images).map(|image| examine(app, &known, image));
    let originals: Vec<Original> = originals.buffered(AT_ONCE).try_collect().await?;
    let (store, app) = (app.store.clone(), app.clone());
    store
        .tx(move |tx| {
            let kept = load(tx, &app, accounts, &known, originals)?;
            let images = kept.iter().map(|state| state.images.len()).sum();
            let accounts = kept.len();
            let saved = app.clock_of(whose.as_ref()).now();
            let name = SnapshotName::seed();
            keep(tx, &Snapshot { name, whose, saved, accounts, images }, &kept)?;
            Ok(Loaded { accounts, images })
        })
        .await
}

/// What the folder says.
async fn read(
    app: &App,
    whose: Option<AccountId>,
    folder: &Path,
) -> Result<Vec<SeedAccount>, SeedError> {
    let default = DEFAULT_ACCOUNT.parse().expect("the default account's id is well-formed");
    let default = whose.clone().unwrap_or(default);
    let folder = folder.to_owned();
    let read = move || {
        let accounts = seed::read(&folder, &default)?;
        match accounts.iter().find(|one| whose.is_some() && one.id != default) {
            None => Ok(accounts),
            Some(SeedAccount { id, .. }) => {
                let reason = format!("this seed is for {default} alone, and speaks of {id}");
                Err(SeedError::at(&folder.display(), &reason))
            }
        }
    };
    app.workers.run(read).await
}

/// The seed as it was loaded last.
struct Known {
    formats: HashMap<Digest, Format>,
    states: Vec<AccountState>,
}

impl Known {
    async fn find(app: &App, whose: Option<AccountId>) -> Result<Self, StateError> {
        let name = SnapshotName::seed();
        let kept = app.store.read(move |conn| snapshots::manifest(conn, whose.as_ref(), &name));
        let states = match kept.await? {
            Some(kept) => manifest::parse(kept.as_bytes())?,
            None => Vec::new(),
        };
        let images = states.iter().flat_map(|state| &state.images);
        let formats = images.map(|image| (image.digest, image.format)).collect();
        Ok(Self { formats, states })
    }

    fn of(&self, account: &AccountId) -> Option<&AccountState> {
        self.states.iter().find(|state| state.account.id == *account)
    }
}

/// Reads a file, and looks at it as closely as at any upload, unless that was done before.
async fn examine(app: &App, known: &Known, image: SeedImage) -> Result<Original, SeedingError> {
    let file = image.clone();
    let read = move || {
        // A byte more than an upload may have is enough to see that it has too many.
        let bytes = Bytes::from(file.read(MAX_BYTES as u64 + 1)?);
        Ok::<_, SeedError>((Digest::of(&bytes), bytes))
    };
    let (digest, bytes) = app.workers.run(read).await?;
    if let Some(&format) = known.formats.get(&digest) {
        return Ok(Original { digest, format, staged: None });
    }
    let upload = Upload { filename: image.filename.clone(), bytes };
    let original = ingest::examine(app, upload).await.map_err(|error| image.wrong(&error))?;
    Ok(Original { digest, format: original.format, staged: Some(original.staged) })
}

/// Puts every account in place, and gives what the seed alone says.
fn load(
    tx: &Tx,
    app: &App,
    accounts: Vec<SeedAccount>,
    known: &Known,
    originals: Vec<Original>,
) -> Result<Vec<AccountState>, SeedingError> {
    let mut originals = originals.into_iter();
    let mut kept = Vec::new();
    for account in accounts {
        let there = states::read(tx, &account.id)?;
        let mut images = Vec::new();
        for _ in &account.images {
            let original = originals.next().expect("there is an original for each image");
            match original.staged {
                Some(staged) => drop(tx.keep(staged)?),
                None if snapshots::any_with_digest(tx, original.digest)? => {}
                None => return Err(PlaceError::OriginalGone(original.digest).into()),
            }
            images.push((original.digest, original.format));
        }
        let before: Vec<_> = known.of(&account.id).into_iter().chain(&there).collect();
        let alone = alone(&app.clock.of(&account.id), &account, &before, &images);
        let merged = match there {
            None => alone.clone(),
            Some(there) => merge(there, &account, &alone),
        };
        let wrong = |error: &dyn Display| SeedError::at(&account.place, error);
        for state in [&alone, &merged] {
            state.check().map_err(|error| wrong(&error))?;
        }
        states::replace(tx, &merged).map_err(|error| match error {
            PlaceError::Store(error) => SeedingError::from(error),
            error => wrong(&error).into(),
        })?;
        kept.push(alone);
    }
    Ok(kept)
}

/// What the seed says of an account, and nothing else. What an earlier load settled goes on to hold:
/// a key's value, a date.
fn alone(
    clock: &Clock,
    seed: &SeedAccount,
    before: &[&AccountState],
    originals: &[(Digest, Format)],
) -> AccountState {
    let now = clock.now();
    // Drawn in any case: whether it is needed must not change the ids that come next.
    let fresh = clock.new_key_value();
    let image = |(image, (digest, format)): (&SeedImage, &(Digest, Format))| {
        let same = |other: &&Image| other.id == image.id && other.digest == *digest;
        let known = before.iter().find_map(|state| state.images.iter().find(same));
        Image {
            id: image.id.clone(),
            filename: image.filename.clone(),
            creator: image.creator.clone(),
            metadata: image.metadata.clone(),
            uploaded: image.uploaded.or(known.map(|known| known.uploaded)).unwrap_or(now),
            require_signed_urls: image.require_signed_urls,
            digest: *digest,
            format: *format,
        }
    };
    let mut variants = vec![Variant::public()];
    put(&mut variants, &seed.variants, |variant| &variant.name);
    AccountState {
        account: Account { id: seed.id.clone(), hash: hash(seed, before) },
        created: before.first().map_or(now, |state| state.created),
        config: seed.configured(AccountConfig::default()),
        tokens: seed.tokens.clone(),
        keys: if seed.keys.is_empty() {
            vec![default_key(fresh, before)]
        } else {
            seed.keys.clone()
        },
        variants,
        images: seed.images.iter().zip(originals).map(image).collect(),
        drafts: seed.drafts.iter().map(|draft| announce(draft, now)).collect(),
        batch_tokens: Vec::new(),
    }
}

fn hash(seed: &SeedAccount, before: &[&AccountState]) -> AccountHash {
    let known = || before.last().map(|state| state.account.hash.clone());
    seed.hash.clone().or_else(known).unwrap_or_else(|| AccountHash::derive(&seed.id))
}

fn default_key(fresh: String, before: &[&AccountState]) -> SigningKey {
    let is_default = |key: &&SigningKey| key.name == KeyName::default();
    let known = before.iter().find_map(|state| state.keys.iter().find(is_default));
    known.cloned().unwrap_or(SigningKey { name: KeyName::default(), value: fresh })
}

fn announce(draft: &SeedDraft, now: DateTime<Utc>) -> Draft {
    Draft {
        id: draft.id.clone(),
        creator: draft.creator.clone(),
        metadata: draft.metadata.clone(),
        require_signed_urls: draft.require_signed_urls,
        created: now,
        expires: now + draft.life,
    }
}

/// What is there, with the seed's rows put in place. A draft whose image has come stays used.
fn merge(mut there: AccountState, seed: &SeedAccount, alone: &AccountState) -> AccountState {
    there.account = alone.account.clone();
    there.config = seed.configured(there.config);
    if !seed.keys.is_empty() {
        there.keys = seed.keys.clone();
    }
    put(&mut there.tokens, &seed.tokens, |token| &token.credentials);
    put(&mut there.variants, &seed.variants, |variant| &variant.name);
    put(&mut there.images, &alone.images, |image| &image.id);
    put(&mut there.drafts, &alone.drafts, |draft| &draft.id);
    let images = &there.images;
    there.drafts.retain(|draft| !images.iter().any(|image| image.id == draft.id));
    there
}

/// Puts each of `new` in the place of the one with its name, or at the end.
fn put<T: Clone, N: PartialEq>(rows: &mut Vec<T>, new: &[T], name: impl Fn(&T) -> &N) {
    for row in new {
        match rows.iter_mut().find(|old| name(old) == name(row)) {
            Some(old) => *old = row.clone(),
            None => rows.push(row.clone()),
        }
    }
}
