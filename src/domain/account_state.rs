//! Everything that an account holds, as one value: what snapshots, exports and seeds are made of.

use std::{collections::HashSet, fmt::Display, hash::Hash};

use chrono::{DateTime, Utc};

use super::{
    Account, AccountConfig, AccountId, AccountToken, BatchToken, Digest, Draft, Image, SigningKey,
    Variant,
};

/// An account with all its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountState {
    pub account: Account,
    pub created: DateTime<Utc>,
    pub config: AccountConfig,
    pub tokens: Vec<AccountToken>,
    pub keys: Vec<SigningKey>,
    pub variants: Vec<Variant>,
    /// In the order of their uploads.
    pub images: Vec<Image>,
    pub drafts: Vec<Draft>,
    pub batch_tokens: Vec<BatchToken>,
}

/// No account can be like that.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("account {account}: {reason}")]
pub struct ImpossibleState {
    account: AccountId,
    reason: String,
}

impl AccountState {
    /// Whether an account can be in this state: what the rows say together, each by itself being
    /// valid.
    pub fn check(&self) -> Result<(), ImpossibleState> {
        let impossible = |reason| Err(ImpossibleState { account: self.account.id.clone(), reason });
        let images = self.images.iter().map(|image| (&image.id, image.require_signed_urls));
        let drafts = self.drafts.iter().map(|draft| (&draft.id, draft.require_signed_urls));
        let named = || images.clone().chain(drafts.clone());
        if let Some(id) = repeated(named().map(|(id, _)| id)) {
            return impossible(format!("there is more than one image with the id {id}"));
        }
        if let Some((id, _)) = named().find(|(id, private)| *private && id.is_custom()) {
            return impossible(format!("{id} can't be private: its id is a custom one"));
        }
        if let Some(name) = repeated(self.keys.iter().map(|key| &key.name)) {
            return impossible(format!("there is more than one key {name}"));
        }
        if !(1..=SigningKey::LIMIT).contains(&self.keys.len()) {
            return impossible(format!("an account has 1 to {} keys", SigningKey::LIMIT));
        }
        if let Some(name) = repeated(self.variants.iter().map(|variant| &variant.name)) {
            return impossible(format!("there is more than one variant {name}"));
        }
        if self.variants.len() > Variant::LIMIT {
            return impossible(format!("an account has at most {} variants", Variant::LIMIT));
        }
        if !self.variants.iter().any(|variant| variant.name.as_str() == Variant::PUBLIC) {
            return impossible(format!("the variant {} is missing", Variant::PUBLIC));
        }
        if let Some(secret) = repeated(self.tokens.iter().map(|token| &token.credentials)) {
            return impossible(format!("there is more than one token {secret}"));
        }
        Ok(())
    }

    /// The blobs that the images need, each once.
    #[must_use]
    pub fn digests(&self) -> HashSet<Digest> {
        self.images.iter().map(|image| image.digest).collect()
    }
}

/// The first that comes a second time.
fn repeated<T: Hash + Eq + Copy + Display>(names: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}
