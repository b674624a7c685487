//! The nouns, valid by construction. No I/O, no HTTP, no SQL.

mod account;
mod image;
mod signing_key;
mod variant;

pub use account::{Account, AccountHash, AccountId, InvalidAccountId};
pub use image::{Digest, Image, ImageId, InvalidCustomId, Metadata, NewImage};
pub use signing_key::SigningKey;
pub use variant::{BrowserTtl, InvalidBrowserTtl, InvalidVariantName, Variant, VariantName};
