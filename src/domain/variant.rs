//! Named variants: options under a name that delivery URLs end in.

use std::{fmt, str::FromStr};

use serde_json::{Map, Value};

use crate::transform::{
    Fit, InvalidOption, InvalidValue, MetadataPolicy, OptionRow, Options, Pixels, Place, TABLE,
    Width,
};

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

    /// The longest side, from the comment of a client that was tried on the real service; URLs take
    /// more.
    const MAX_SIDE: u32 = 9_999;

    /// A variant with the options that are set where none are named.
    #[must_use]
    pub fn new(name: VariantName) -> Self {
        Self {
            name,
            options: Options {
                fit: Some(Fit::default()),
                metadata: Some(MetadataPolicy::default()),
                ..Options::default()
            },
            browser_ttl: None,
            never_require_signed_urls: false,
        }
    }

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

/// Why options can't be those of a named variant.
#[derive(Debug, thiserror::Error)]
pub enum InvalidVariant {
    #[error(transparent)]
    Option(#[from] InvalidOption),
    #[error(transparent)]
    BrowserTtl(#[from] InvalidBrowserTtl),
    #[error(transparent)]
    Fit(InvalidValue),
    #[error("width is a number in a variant")]
    AutomaticWidth,
    #[error("width and height are at most {} in a variant", Variant::MAX_SIDE)]
    Side,
}

impl Variant {
    /// Sets what `options` names; null leaves an option as it is. Unknown names are ignored, as the
    /// service does.
    pub fn set_options(&mut self, options: &Map<String, Value>) -> Result<(), InvalidVariant> {
        for (name, value) in options {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                // A number as it is written; what else there is, no option takes.
                other => other.to_string(),
            };
            if name == "browser_ttl" {
                self.browser_ttl = Some(text.parse()?);
            } else {
                self.options.set(Place::Variant, name, &text)?;
            }
        }
        self.check()
    }

    /// Whether `set_options` does anything with an option of this name.
    #[must_use]
    pub fn takes(name: &str) -> bool {
        let is_row = |row: &OptionRow| row.name == name && row.places.contains(&Place::Variant);
        name == "browser_ttl" || TABLE.iter().any(is_row)
    }

    /// Whether the options are those of a named variant: a URL takes more.
    pub fn check(&self) -> Result<(), InvalidVariant> {
        if let Some(fit) = self.options.fit.filter(|fit| !Fit::OF_VARIANTS.contains(fit)) {
            return Err(InvalidVariant::Fit(Fit::unknown(&fit.to_string())));
        }
        if self.options.width == Some(Width::Auto) {
            return Err(InvalidVariant::AutomaticWidth);
        }
        let height = self.options.height.map(|side| side.get());
        let sides = [self.options.width.and_then(Width::pixels), height];
        if sides.into_iter().flatten().any(|side| side > Self::MAX_SIDE) {
            return Err(InvalidVariant::Side);
        }
        Ok(())
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
