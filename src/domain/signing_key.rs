//! Signing keys: the secrets that signed delivery URLs are made with.

use std::{fmt, str::FromStr};

/// A named secret of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub name: KeyName,
    /// Used as raw text by HMAC, never decoded.
    pub value: String,
}

impl SigningKey {
    /// How many keys an account may have.
    pub const LIMIT: usize = 2;
}

/// A key's name: 1 to 20 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// The text is no name for a key.
#[derive(Debug, thiserror::Error)]
#[error("a signing key's name has 1 to 20 characters")]
pub struct InvalidKeyName;

/// The name of the key that every account starts with.
impl Default for KeyName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl KeyName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, InvalidKeyName> {
        let fits = (1..=20).contains(&text.chars().count());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidKeyName) }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
