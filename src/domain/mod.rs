//! The nouns, valid by construction. No I/O, no HTTP, no SQL.

mod account;
mod batch_token;
mod draft;
mod grant;
mod image;
mod metadata_filter;
mod origins;
mod rendition;
mod signing_key;
mod variant;

pub use account::{Account, AccountConfig, AccountHash, AccountId, InvalidAccountId};
pub use batch_token::BatchToken;
pub use draft::{Draft, InvalidExpiry};
pub use grant::{Credentials, Grant, InvalidGrant, Scope};
pub use image::{Digest, Image, ImageId, InvalidCustomId, Metadata, NewImage};
pub use metadata_filter::{InvalidFilter, MetadataFilter};
pub use origins::{AllowedOrigins, InvalidOrigin};
pub use rendition::RenditionKey;
pub use signing_key::{InvalidKeyName, KeyName, SigningKey};
pub use variant::{BrowserTtl, InvalidBrowserTtl, InvalidVariantName, Variant, VariantName};
