//! `tintype.toml` and `tintype.json`: what a seed says about its accounts, images and drafts. Every
//! entry knows its line; what is wrong with a value is found while it is read, so that the parser
//! says where.

use std::{collections::BTreeMap, fmt, marker::PhantomData, ops::Range, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use toml::Spanned;

use crate::{
    clock::parse_date,
    domain::{
        AccountConfig, AccountHash, AccountId, AccountToken, BrowserTtl, ImageId, KeyName,
        Metadata, Variant, VariantName, check_creator, check_metadata,
    },
};

/// What the text says.
#[derive(Default)]
pub(super) struct SeedText {
    /// Whose images and drafts are that name no account.
    pub(super) account: Option<AccountId>,
    pub(super) accounts: Vec<Placed<AccountEntry>>,
    pub(super) images: Vec<Placed<ImageEntry>>,
    pub(super) drafts: Vec<Placed<DraftEntry>>,
}

/// An entry, and the line that it begins in, from 1.
#[derive(Debug)]
pub(super) struct Placed<T> {
    pub(super) line: usize,
    pub(super) entry: T,
}

/// Where a text goes wrong, and why.
#[derive(Debug)]
pub(super) struct TextError {
    pub(super) line: usize,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountEntry {
    pub(super) id: Option<Text<AccountId>>,
    pub(super) hash: Option<Text<AccountHash>>,
    #[serde(default)]
    pub(super) tokens: Vec<Text<AccountToken>>,
    /// By name. If there are any, they are all that the account has.
    #[serde(default)]
    pub(super) keys: BTreeMap<Text<KeyName>, String>,
    #[serde(default)]
    pub(super) config: ConfigEntry,
    #[serde(default)]
    pub(super) variants: Vec<VariantEntry>,
}

/// What isn't said stays as it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigEntry {
    flexible_variants: Option<bool>,
    browser_ttl: Option<Ttl>,
    preserve_content_credentials: Option<bool>,
}

impl ConfigEntry {
    pub(super) fn apply(&self, to: AccountConfig) -> AccountConfig {
        AccountConfig {
            flexible_variants: self.flexible_variants.unwrap_or(to.flexible_variants),
            browser_ttl: self.browser_ttl.map_or(to.browser_ttl, |Ttl(ttl)| ttl),
            preserve_content_credentials: self
                .preserve_content_credentials
                .unwrap_or(to.preserve_content_credentials),
        }
    }
}

/// A variant, as the API takes it.
#[derive(Deserialize)]
#[serde(try_from = "RawVariant")]
pub(super) struct VariantEntry(pub(super) Variant);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVariant {
    id: Text<VariantName>,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default, rename = "neverRequireSignedURLs")]
    never_require_signed_urls: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageEntry {
    /// Below the seed's folder.
    pub(super) file: String,
    pub(super) id: Option<Text<ImageId>>,
    pub(super) account: Option<Text<AccountId>>,
    #[serde(default)]
    pub(super) metadata: MetadataEntry,
    #[serde(default)]
    pub(super) creator: Creator,
    #[serde(default)]
    pub(super) private: bool,
    pub(super) uploaded: Option<Text<Date>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftEntry {
    pub(super) id: Text<ImageId>,
    pub(super) account: Option<Text<AccountId>>,
    #[serde(default)]
    pub(super) metadata: MetadataEntry,
    #[serde(default)]
    pub(super) creator: Creator,
    #[serde(default)]
    pub(super) private: bool,
    /// How long it lives from the load or the reset on: `30m`.
    pub(super) expires: Option<Text<Life>>,
}

/// A value that is written as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<T>(pub(super) T);

/// A moment, as in RFC 3339.
#[derive(Debug, Clone, Copy)]
pub(super) struct Date(pub(super) DateTime<Utc>);

/// A length of time: `30m`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life(pub(super) TimeDelta);

#[derive(Default, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(super) struct MetadataEntry(pub(super) Option<Metadata>);

#[derive(Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Creator(pub(super) Option<String>);

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
struct Ttl(BrowserTtl);

/// The text as a whole: the entries still have the parser's own form of a place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer<A, I, D> {
    account: Option<Text<AccountId>>,
    #[serde(default = "Vec::new")]
    accounts: Vec<A>,
    #[serde(default = "Vec::new")]
    images: Vec<I>,
    #[serde(default = "Vec::new")]
    drafts: Vec<D>,
}

pub(super) fn read_toml(text: &str) -> Result<SeedText, TextError> {
    type Places = Outer<Spanned<AccountEntry>, Spanned<ImageEntry>, Spanned<DraftEntry>>;
    fn placed<T>(text: &str, entries: Vec<Spanned<T>>) -> Vec<Placed<T>> {
        let place = |entry: Spanned<T>| Placed {
            line: line(text, entry.span().start),
            entry: entry.into_inner(),
        };
        entries.into_iter().map(place).collect()
    }

    let outer: Places = toml::from_str(text).map_err(|error: toml::de::Error| TextError {
        line: line(text, error.span().map_or(0, |Range { start, .. }| start)),
        reason: error.message().to_owned(),
    })?;
    Ok(SeedText {
        account: outer.account.map(|Text(id)| id),
        accounts: placed(text, outer.accounts),
        images: placed(text, outer.images),
        drafts: placed(text, outer.drafts),
    })
}

pub(super) fn read_json(text: &str) -> Result<SeedText, TextError> {
    fn placed<T: DeserializeOwned>(
        text: &str,
        entries: Vec<&RawValue>,
    ) -> Result<Vec<Placed<T>>, TextError> {
        let place = |raw: &RawValue| {
            // The entry is a part of the text: how far in, its address says.
            let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
            let line = line(text, start);
            let entry = serde_json::from_str(raw.get());
            let entry = entry.map_err(|error| json_error(&error, line))?;
            Ok(Placed { line, entry })
        };
        entries.into_iter().map(place).collect()
    }

    let outer: Outer<&RawValue, &RawValue, &RawValue> =
        serde_json::from_str(text).map_err(|error| json_error(&error, 1))?;
    Ok(SeedText {
        account: outer.account.map(|Text(id)| id),
        accounts: placed(text, outer.accounts)?,
        images: placed(text, outer.images)?,
        drafts: placed(text, outer.drafts)?,
    })
}

/// An error in a text that begins in the line `first`.
fn json_error(error: &serde_json::Error, first: usize) -> TextError {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
    TextError { line: first + error.line().saturating_sub(1), reason }
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words<T>(PhantomData<T>);

        impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Words<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<T>, E> {
                text.parse().map(Text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Words(PhantomData))
    }
}

impl FromStr for Date {
    type Err = crate::clock::InvalidDate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_date(text).map(Self)
    }
}

impl FromStr for Life {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let life = humantime::parse_duration(text).ok();
        let life = life.and_then(|life| TimeDelta::from_std(life).ok());
        life.map(Self).ok_or("a time like 30m or 2h is needed")
    }
}

impl TryFrom<Map<String, Value>> for MetadataEntry {
    type Error = String;

    fn try_from(metadata: Map<String, Value>) -> Result<Self, String> {
        // TOML has a type for dates, JSON hasn't.
        if Value::Object(metadata.clone()).to_string().contains("$__toml_private_datetime") {
            return Err("dates in metadata are written as text".to_owned());
        }
        check_metadata(metadata).map(Self).map_err(|error| error.to_string())
    }
}

impl TryFrom<String> for Creator {
    type Error = String;

    fn try_from(creator: String) -> Result<Self, String> {
        check_creator(creator).map(Self).map_err(|error| error.to_string())
    }
}

impl TryFrom<u32> for Ttl {
    type Error = String;

    fn try_from(seconds: u32) -> Result<Self, String> {
        BrowserTtl::from_seconds(seconds).map(Self).map_err(|error| error.to_string())
    }
}

impl TryFrom<RawVariant> for VariantEntry {
    type Error = String;

    fn try_from(raw: RawVariant) -> Result<Self, String> {
        let Text(name) = raw.id;
        let mut variant = Variant::new(name);
        variant.never_require_signed_urls = raw.never_require_signed_urls;
        // The API passes over such, as the service does; nobody would hear of it here.
        if let Some(name) = raw.options.keys().find(|name| !Variant::takes(name)) {
            return Err(format!("there is no option {name}"));
        }
        variant.set_options(&raw.options).map_err(|error| error.to_string())?;
        Ok(Self(variant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(read: Result<SeedText, TextError>) -> String {
        let error = read.err().unwrap();
        format!("{}: {}", error.line, error.reason)
    }

    #[test]
    fn both_forms_say_where_they_go_wrong() {
        let toml = "[[images]]\nfile = 'a.png'\n\n[[images]]\nfile = 'b.png'\nuploaded = 'soon'\n";
        let json = r#"{
            "images": [
                {"file": "a.png"},
                {
                    "file": "b.png",
                    "uploaded": "soon"
                }
            ]
        }"#;

        insta::assert_snapshot!(failure(read_toml(toml)), @"6: a date as in RFC 3339 is needed, like 2030-01-01T00:00:00Z, from 1970 to 9999");
        insta::assert_snapshot!(failure(read_json(json)), @"6: a date as in RFC 3339 is needed, like 2030-01-01T00:00:00Z, from 1970 to 9999");
    }

    #[test]
    fn entries_know_their_lines() {
        let toml = "account = 'me'\n[[images]]\nfile = 'a.png'\n\n[[images]]\nfile = 'b.png'\n";
        let json = "{\"images\": [\n{\"file\": \"a.png\"},\n\n{\"file\": \"b.png\"}]}";
        for (read, expected) in [(read_toml(toml), [2, 5]), (read_json(json), [2, 4])] {
            let lines: Vec<_> = read.ok().unwrap().images.iter().map(|image| image.line).collect();
            assert_eq!(lines, expected);
        }
    }

    #[test]
    fn slips_are_not_passed_over() {
        for toml in [
            "imges = []",
            "[[images]]",
            "[[images]]\nfile = 'a'\nprivat = true",
            "[[images]]\nfile = 'a'\nid = '/a'",
            "[[images]]\nfile = 'a'\nuploaded = 2026-01-01T00:00:00Z",
            "[[images]]\nfile = 'a'\nmetadata = { day = 2026-01-01 }",
            "[[accounts]]\nid = 'a b'",
            "[[accounts]]\nhash = 'short'",
            "[[accounts]]\ntokens = ['a:admin']",
            "[[accounts]]\nconfig = { browser_ttl = 1 }",
            "[[accounts]]\nvariants = [{ id = 'a-b' }]",
            "[[accounts]]\nvariants = [{ id = 'a', options = { fit = 'stretch' } }]",
            "[[accounts]]\nvariants = [{ id = 'a', options = { wdth = 200 } }]",
            "[[drafts]]\nid = 'a'\nexpires = 'soon'",
            "[[drafts]]",
        ] {
            assert!(read_toml(toml).is_err(), "{toml}");
        }
    }
}
