//! Images as an account holds them: ids, what was said about them at upload, and which bytes they are.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::transform::Format;

/// The `metadata` of an image: a JSON object that the service stores and gives back.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// An uploaded image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    pub id: ImageId,
    /// `None` when the upload named none.
    pub filename: Option<String>,
    pub creator: Option<String>,
    /// Never an empty object: that is `None`.
    pub metadata: Option<Metadata>,
    pub uploaded: DateTime<Utc>,
    pub require_signed_urls: bool,
    /// The original's bytes in the blob store.
    pub digest: Digest,
    /// What the original's bytes are, whatever the upload called them.
    pub format: Format,
}

/// What an upload says about its image, besides the bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewImage {
    /// The custom id, or `None` for a generated one.
    pub id: Option<ImageId>,
    pub creator: Option<String>,
    pub metadata: Option<Metadata>,
    pub require_signed_urls: bool,
}

/// Why something can't be said about an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDescription {
    #[error("a file name has at most 255 characters")]
    Filename,
    #[error("creator has at most 1024 characters")]
    Creator,
    #[error("metadata has {0} bytes, at most {MAX_METADATA} are allowed")]
    Metadata(usize),
}

/// The service's limit, in bytes of compact JSON.
const MAX_METADATA: usize = 1024;

/// What the uploaded file is called; an empty name is none.
pub fn check_filename(name: String) -> Result<Option<String>, InvalidDescription> {
    if name.chars().count() > 255 {
        return Err(InvalidDescription::Filename);
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// A creator's name; an empty one is none.
pub fn check_creator(creator: String) -> Result<Option<String>, InvalidDescription> {
    if creator.chars().count() > 1024 {
        return Err(InvalidDescription::Creator);
    }
    Ok(Some(creator).filter(|creator| !creator.is_empty()))
}

/// What else is said; an empty object is none.
pub fn check_metadata(metadata: Metadata) -> Result<Option<Metadata>, InvalidDescription> {
    let size = serde_json::to_string(&metadata).map_or(0, |json| json.len());
    if size > MAX_METADATA {
        return Err(InvalidDescription::Metadata(size));
    }
    Ok(Some(metadata).filter(|metadata| !metadata.is_empty()))
}

/// An image's id within its account: generated, or a custom one chosen at upload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageId(String);

/// Why a text can't be a custom id (management-api.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCustomId {
    #[error("Must have 1 to 1024 characters")]
    Length,
    #[error("Must not start or end with a slash")]
    OuterSlash,
    #[error("Must not be UUID")]
    Uuid,
    #[error("Must not use a non-image file name extension")]
    Extension,
}

impl ImageId {
    /// The id made of a generated value.
    #[must_use]
    pub fn generated(value: Uuid) -> Self {
        Self(value.hyphenated().to_string())
    }

    /// An id like a generated one that depends on a path alone: what a seed's private images get.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        use sha2::Digest as _;
        let hash = sha2::Sha256::new().chain_update("tintype image id\n").chain_update(path);
        let mut bytes = [0; 16];
        bytes[..15].copy_from_slice(&hash.finalize()[..15]);
        Self::generated(Uuid::from_bytes(bytes))
    }

    /// A custom id for a new image.
    pub fn custom(text: &str) -> Result<Self, InvalidCustomId> {
        if !(1..=1024).contains(&text.chars().count()) {
            return Err(InvalidCustomId::Length);
        }
        if text.starts_with('/') || text.ends_with('/') {
            return Err(InvalidCustomId::OuterSlash);
        }
        if is_uuid(text) {
            return Err(InvalidCustomId::Uuid);
        }
        match mime_guess::from_path(text).first() {
            Some(mime) if mime.type_() != "image" => Err(InvalidCustomId::Extension),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// Whether the id was chosen at upload. Generated ids are UUIDs, which custom ones can't be.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        !is_uuid(&self.0)
    }

    /// The id that a request names, which may or may not be some image's.
    #[must_use]
    pub fn named(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the id of an image that is there: a generated or a custom one.
impl FromStr for ImageId {
    type Err = InvalidCustomId;

    fn from_str(text: &str) -> Result<Self, InvalidCustomId> {
        if is_uuid(text) { Ok(Self(text.to_owned())) } else { Self::custom(text) }
    }
}

/// Whether the text is a UUID as the service writes them, with hyphens.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of a blob; its name in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest that 64 hex digits spell.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(hex, &mut bytes).ok().map(|()| Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_ids_may_have_slashes_inside() {
        let longest = "é".repeat(1024);
        let digest = "0123456789abcdef0123456789abcdef";
        for good in ["shop/42.png", "a", "naïve/ключ", "v1.2", "100%", "keys", digest, &longest]
        {
            assert!(ImageId::custom(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn custom_ids_that_the_service_refuses() {
        use InvalidCustomId::{Extension, Length, OuterSlash, Uuid};
        for (bad, why) in [
            ("", Length),
            ("x".repeat(1025).as_str(), Length),
            ("/a", OuterSlash),
            ("a/", OuterSlash),
            ("9a5c41e0-bbd2-4243-1b0b-f9ac7aa20700", Uuid),
            ("reports/2026.pdf", Extension),
            ("index.html", Extension),
        ] {
            assert_eq!(ImageId::custom(bad), Err(why), "{bad}");
        }
    }
}
