//! The nouns, valid by construction. No I/O, no HTTP, no SQL.

mod account;
mod account_state;
mod batch_token;
mod draft;
mod grant;
mod image;
mod metadata_filter;
mod origins;
mod rendition;
mod signing_key;
mod snapshot;
mod variant;

pub use account::{
    Account, AccountConfig, AccountHash, AccountId, InvalidAccountHash, InvalidAccountId,
};
pub use account_state::{AccountState, ImpossibleState};
pub use batch_token::BatchToken;
pub use draft::{Draft, InvalidExpiry};
pub use grant::{AccountToken, Credentials, Grant, InvalidGrant, InvalidToken, Scope};
pub use image::{
    Digest, Image, ImageId, InvalidCustomId, InvalidDescription, Metadata, NewImage, check_creator,
    check_filename, check_metadata,
};
pub use metadata_filter::{InvalidFilter, MetadataFilter};
pub use origins::{AllowedOrigins, InvalidOrigin};
pub use rendition::RenditionKey;
pub use signing_key::{InvalidKeyName, KeyName, SigningKey};
pub use snapshot::{InvalidSnapshotName, Snapshot, SnapshotName};
pub use variant::{
    BrowserTtl, InvalidBrowserTtl, InvalidVariant, InvalidVariantName, Variant, VariantName,
};
