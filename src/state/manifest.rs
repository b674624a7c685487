//! The states of accounts as JSON: what snapshots, exports and the kept seed are. Versioned: what an
//! older version of the program wrote still loads.
//!
//! Reading checks everything: what comes out is as valid as what the API would have made.

use std::{collections::HashSet, fmt::Display};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    clock::{LATEST, parse_date},
    domain::{
        Account, AccountConfig, AccountHash, AccountId, AccountState, AccountToken, BatchToken,
        BrowserTtl, Digest, Draft, Image, ImageId, Metadata, SigningKey, Variant, check_creator,
        check_filename, check_metadata,
    },
    transform::{Format, Options},
};

/// The version that is written. Raised when a reader of the version before would go wrong.
const VERSION: u32 = 1;

/// Why a text is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error(
        "the manifest is of version {0}, and this tintype knows up to {VERSION}: update tintype"
    )]
    Newer(u32),
    #[error("the manifest can't be read: {0}")]
    Unreadable(String),
}

/// What every version has.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    accounts: Vec<AccountRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountRow {
    id: String,
    hash: String,
    created: String,
    config: ConfigRow,
    tokens: Vec<String>,
    keys: Vec<KeyRow>,
    variants: Vec<VariantRow>,
    images: Vec<ImageRow>,
    drafts: Vec<DraftRow>,
    batch_tokens: Vec<BatchTokenRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigRow {
    flexible_variants: bool,
    browser_ttl: u32,
    preserve_content_credentials: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyRow {
    name: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantRow {
    id: String,
    /// As in a URL.
    options: String,
    browser_ttl: Option<u32>,
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageRow {
    id: String,
    filename: Option<String>,
    creator: Option<String>,
    metadata: Option<Metadata>,
    uploaded: String,
    #[serde(rename = "requireSignedURLs")]
    require_signed_urls: bool,
    /// SHA-256 in hex.
    digest: String,
    /// A media type.
    format: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftRow {
    id: String,
    creator: Option<String>,
    metadata: Option<Metadata>,
    #[serde(rename = "requireSignedURLs")]
    require_signed_urls: bool,
    created: String,
    expires: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchTokenRow {
    token: String,
    expires: String,
}

/// Writes the states down.
#[must_use]
pub(super) fn print(states: &[AccountState]) -> String {
    let accounts = states.iter().map(AccountRow::from).collect();
    let manifest = Manifest { version: VERSION, accounts };
    serde_json::to_string(&manifest).expect("text, numbers and objects with text for keys print")
}

/// Reads what `print` of this or an older version wrote, or somebody by hand.
pub(super) fn parse(text: &[u8]) -> Result<Vec<AccountState>, ManifestError> {
    let unreadable = |error: &dyn Display| ManifestError::Unreadable(error.to_string());
    let Head { version } = serde_json::from_slice(text).map_err(|error| unreadable(&error))?;
    if version > VERSION {
        return Err(ManifestError::Newer(version));
    }
    if version == 0 {
        return Err(unreadable(&"there is no version 0"));
    }
    let manifest: Manifest = serde_json::from_slice(text).map_err(|error| unreadable(&error))?;
    let mut ids = HashSet::new();
    let states = manifest.accounts.into_iter().map(|row| {
        let state = row.read()?;
        if !ids.insert(state.account.id.clone()) {
            return Err(bad("account", &state.account.id, &"it is there twice"));
        }
        state.check().map_err(|error| unreadable(&error))?;
        Ok(state)
    });
    states.collect()
}

impl From<&AccountState> for AccountRow {
    fn from(state: &AccountState) -> Self {
        let config = state.config;
        Self {
            id: state.account.id.to_string(),
            hash: state.account.hash.to_string(),
            created: print_date(state.created),
            config: ConfigRow {
                flexible_variants: config.flexible_variants,
                browser_ttl: config.browser_ttl.seconds(),
                preserve_content_credentials: config.preserve_content_credentials,
            },
            tokens: state.tokens.iter().map(ToString::to_string).collect(),
            keys: state.keys.iter().map(KeyRow::from).collect(),
            variants: state.variants.iter().map(VariantRow::from).collect(),
            images: state.images.iter().map(ImageRow::from).collect(),
            drafts: state.drafts.iter().map(DraftRow::from).collect(),
            batch_tokens: state.batch_tokens.iter().map(BatchTokenRow::from).collect(),
        }
    }
}

impl AccountRow {
    fn read(self) -> Result<AccountState, ManifestError> {
        let id: AccountId = read("account id", &self.id)?;
        let config = AccountConfig {
            flexible_variants: self.config.flexible_variants,
            browser_ttl: read_ttl(self.config.browser_ttl)?,
            preserve_content_credentials: self.config.preserve_content_credentials,
        };
        let hash: AccountHash = read("account hash", &self.hash)?;
        let tokens = self.tokens.iter().map(|text| read::<AccountToken>("token", text));
        Ok(AccountState {
            account: Account { id, hash },
            created: read_date(&self.created)?,
            config,
            tokens: tokens.collect::<Result<_, _>>()?,
            keys: self.keys.into_iter().map(KeyRow::read).collect::<Result<_, _>>()?,
            variants: self.variants.into_iter().map(VariantRow::read).collect::<Result<_, _>>()?,
            images: self.images.into_iter().map(ImageRow::read).collect::<Result<_, _>>()?,
            drafts: self.drafts.into_iter().map(DraftRow::read).collect::<Result<_, _>>()?,
            batch_tokens: self
                .batch_tokens
                .into_iter()
                .map(BatchTokenRow::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&SigningKey> for KeyRow {
    fn from(key: &SigningKey) -> Self {
        Self { name: key.name.to_string(), value: key.value.clone() }
    }
}

impl KeyRow {
    fn read(self) -> Result<SigningKey, ManifestError> {
        Ok(SigningKey { name: read("key name", &self.name)?, value: self.value })
    }
}

impl From<&Variant> for VariantRow {
    fn from(variant: &Variant) -> Self {
        Self {
            id: variant.name.to_string(),
            options: variant.options.to_string(),
            browser_ttl: variant.browser_ttl.map(BrowserTtl::seconds),
            never_require_signed_urls: variant.never_require_signed_urls,
        }
    }
}

impl VariantRow {
    fn read(self) -> Result<Variant, ManifestError> {
        let options: Options = read("options", &self.options)?;
        let variant = Variant {
            name: read("variant", &self.id)?,
            options,
            browser_ttl: self.browser_ttl.map(read_ttl).transpose()?,
            never_require_signed_urls: self.never_require_signed_urls,
        };
        variant.check().map_err(|error| bad("options", &self.options, &error))?;
        if variant.options.to_string() != self.options {
            return Err(bad("options", &self.options, &"not all of it means something"));
        }
        Ok(variant)
    }
}

impl From<&Image> for ImageRow {
    fn from(image: &Image) -> Self {
        Self {
            id: image.id.to_string(),
            filename: image.filename.clone(),
            creator: image.creator.clone(),
            metadata: image.metadata.clone(),
            uploaded: print_date(image.uploaded),
            require_signed_urls: image.require_signed_urls,
            digest: image.digest.to_string(),
            format: image.format.media_type().to_owned(),
        }
    }
}

impl ImageRow {
    fn read(self) -> Result<Image, ManifestError> {
        let digest = Digest::parse(&self.digest);
        Ok(Image {
            id: read::<ImageId>("image id", &self.id)?,
            filename: check(check_filename(self.filename.unwrap_or_default()), &self.id)?,
            creator: check(check_creator(self.creator.unwrap_or_default()), &self.id)?,
            metadata: check(check_metadata(self.metadata.unwrap_or_default()), &self.id)?,
            uploaded: read_date(&self.uploaded)?,
            require_signed_urls: self.require_signed_urls,
            digest: digest
                .ok_or_else(|| bad("digest", &self.digest, &"64 hex digits are needed"))?,
            format: read::<Format>("format", &self.format)?,
        })
    }
}

impl From<&Draft> for DraftRow {
    fn from(draft: &Draft) -> Self {
        Self {
            id: draft.id.to_string(),
            creator: draft.creator.clone(),
            metadata: draft.metadata.clone(),
            require_signed_urls: draft.require_signed_urls,
            created: print_date(draft.created),
            expires: print_date(draft.expires),
        }
    }
}

impl DraftRow {
    fn read(self) -> Result<Draft, ManifestError> {
        Ok(Draft {
            id: read::<ImageId>("image id", &self.id)?,
            creator: check(check_creator(self.creator.unwrap_or_default()), &self.id)?,
            metadata: check(check_metadata(self.metadata.unwrap_or_default()), &self.id)?,
            require_signed_urls: self.require_signed_urls,
            created: read_date(&self.created)?,
            expires: read_date(&self.expires)?,
        })
    }
}

impl From<&BatchToken> for BatchTokenRow {
    fn from(token: &BatchToken) -> Self {
        Self { token: token.text.clone(), expires: print_date(token.expires) }
    }
}

impl BatchTokenRow {
    fn read(self) -> Result<BatchToken, ManifestError> {
        Ok(BatchToken { text: self.token, expires: read_date(&self.expires)? })
    }
}

fn print_date(date: DateTime<Utc>) -> String {
    // What would expire later expires then.
    date.min(LATEST).to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read_date(text: &str) -> Result<DateTime<Utc>, ManifestError> {
    parse_date(text).map_err(|error| bad("date", &text, &error))
}

fn read_ttl(seconds: u32) -> Result<BrowserTtl, ManifestError> {
    BrowserTtl::from_seconds(seconds).map_err(|error| bad("number", &seconds, &error))
}

fn read<T: std::str::FromStr<Err: Display>>(what: &str, text: &str) -> Result<T, ManifestError> {
    text.parse().map_err(|error| bad(what, &text, &error))
}

/// What the API says of what is said about an image.
fn check<T>(checked: Result<T, impl Display>, id: &str) -> Result<T, ManifestError> {
    checked.map_err(|error| bad("image", &id, &error))
}

fn bad(what: &str, value: &dyn Display, why: &dyn Display) -> ManifestError {
    ManifestError::Unreadable(format!("the {what} {value}: {why}"))
}
