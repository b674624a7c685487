//! What names a rendition: the bytes that an original, options and a client lead to.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::Digest;
use crate::transform::{Accepts, ENGINE_VERSION, Options};

/// The name of a rendition: equal keys mean equal bytes. Known before anything is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RenditionKey(String);

impl RenditionKey {
    #[must_use]
    pub fn new(original: Digest, options: &Options, accepts: Accepts) -> Self {
        let identity = format!("{ENGINE_VERSION} {original} {options} {accepts:?}");
        Self(hex::encode(&Sha256::digest(identity)[..16]))
    }

    /// The key written as `text`, if that is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RenditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
