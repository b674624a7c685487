//! Named variants: options under a name that delivery URLs end in.

use std::{fmt, str::FromStr};

use crate::transform::{Fit, MetadataPolicy, Options, Pixels, Width};

/// A named variant of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    pub name: VariantName,
    pub options: Options,
    /// How long browsers may keep an answer; `None` means as long as the account says.
    pub browser_ttl: Option<BrowserTtl>,
    /// Delivers private images without a signature.
    pub never_require_signed_urls: bool,
}

impl Variant {
    /// The name of the variant that every account starts with and keeps.
    pub const PUBLIC: &str = "public";

    /// How many variants an account may have.
    pub const LIMIT: usize = 100;

    /// The variant that every account starts with.
    #[must_use]
    pub fn public() -> Self {
        Self {
            name: VariantName(Self::PUBLIC.to_owned()),
            options: Options {
                fit: Some(Fit::ScaleDown),
                width: Pixels::new(1366).map(Width::Pixels),
                height: Pixels::new(768),
                metadata: Some(MetadataPolicy::None),
                ..Options::default()
            },
            browser_ttl: None,
            never_require_signed_urls: false,
        }
    }
}

/// A variant's name: 1 to 99 ASCII letters and digits. The service refuses `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VariantName(String);

/// The text is no variant name.
#[derive(Debug, thiserror::Error)]
#[error("a variant name has 1 to 99 letters and digits and nothing else")]
pub struct InvalidVariantName;

impl VariantName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VariantName {
    type Err = InvalidVariantName;

    fn from_str(text: &str) -> Result<Self, InvalidVariantName> {
        let named =
            (1..=99).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if named { Ok(Self(text.to_owned())) } else { Err(InvalidVariantName) }
    }
}

impl fmt::Display for VariantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How long browsers may keep an answer: 3,600 to 31,536,000 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowserTtl(u32);

/// The number is no browser TTL.
#[derive(Debug, thiserror::Error)]
#[error("browser_ttl is a number of seconds from 3600 to 31536000")]
pub struct InvalidBrowserTtl;

/// Two days, which is what accounts start with.
impl Default for BrowserTtl {
    fn default() -> Self {
        Self(172_800)
    }
}

impl BrowserTtl {
    pub fn from_seconds(seconds: u32) -> Result<Self, InvalidBrowserTtl> {
        if (3_600..=31_536_000).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(InvalidBrowserTtl)
        }
    }

    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for BrowserTtl {
    type Err = InvalidBrowserTtl;

    fn from_str(text: &str) -> Result<Self, InvalidBrowserTtl> {
        Self::from_seconds(text.parse().map_err(|_| InvalidBrowserTtl)?)
    }
}
