//! Accounts: whose images they are, and the hash that stands for them in delivery URLs.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::BrowserTtl;

/// An account and the hash its images are delivered under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub hash: AccountHash,
}

/// What an account has set for all its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountConfig {
    /// Whether delivery URLs may end in options instead of a variant's name.
    pub flexible_variants: bool,
    /// How long browsers may keep an answer, where the variant doesn't say.
    pub browser_ttl: BrowserTtl,
    /// Whether C2PA manifests stay in delivered images.
    pub preserve_content_credentials: bool,
}

/// An account's id. Real ones are 32 hex digits; up to 64 of `[A-Za-z0-9_-]` are taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountId(String);

/// The text is no account id.
#[derive(Debug, thiserror::Error)]
#[error("an account id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -")]
pub struct InvalidAccountId;

impl AccountId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, InvalidAccountId> {
        let plausible = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if plausible { Ok(Self(text.to_owned())) } else { Err(InvalidAccountId) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands for the account in delivery URLs: 22 characters of the base64url alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountHash(String);

impl AccountHash {
    /// How many characters a hash has.
    pub const LENGTH: usize = 22;

    /// The hash of an account id: the same on every machine, so URLs can be checked in.
    #[must_use]
    pub fn derive(id: &AccountId) -> Self {
        let digest = Sha256::new().chain_update("tintype account hash\n").chain_update(&id.0);
        Self(BASE64_URL_SAFE_NO_PAD.encode(&digest.finalize()[..16]))
    }

    /// The hash that `text` spells, if it has the shape of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == Self::LENGTH
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        shaped.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no account hash.
#[derive(Debug, thiserror::Error)]
#[error("an account hash has {} characters of A-Z, a-z, 0-9, _ and -", AccountHash::LENGTH)]
pub struct InvalidAccountHash;

impl FromStr for AccountHash {
    type Err = InvalidAccountHash;

    fn from_str(text: &str) -> Result<Self, InvalidAccountHash> {
        Self::parse(text).ok_or(InvalidAccountHash)
    }
}

impl fmt::Display for AccountHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_short_and_plain() {
        for good in ["0123456789abcdef0123456789abcdef", "test_worker-3", "a", &"x".repeat(64)] {
            assert!(good.parse::<AccountId>().is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_hash_depends_on_the_id_alone() {
        let id: AccountId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let hash = AccountHash::derive(&id);

        // Written down: a change would break every URL that a user has checked in.
        insta::assert_snapshot!(hash, @"6oHE1nRiq6AK0MxcayE9rA");
        assert_eq!(AccountHash::parse(hash.as_str()), Some(hash));
    }
}
