//! What names a rendition: the bytes that an original, options and a client lead to.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::Digest;
use crate::transform::{Accepts, ENGINE_VERSION, Options};

/// The name of a rendition: equal keys mean equal bytes. Known before anything is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenditionKey([u8; 16]);

impl RenditionKey {
    #[must_use]
    pub fn new(original: Digest, options: &Options, accepts: Accepts) -> Self {
        let identity = format!("{ENGINE_VERSION} {original} {options} {accepts:?}");
        let digest = Sha256::digest(identity);
        Self(*digest.first_chunk().expect("a digest has 32 bytes"))
    }

    /// The key written as `text`, if that is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes)).filter(|key| key.to_string() == text)
    }
}

/// 32 hex digits.
impl fmt::Display for RenditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
