//! The grammar of delivery paths: `[/cdn-cgi/imagedelivery]/<hash>/<image id>/<variant or options>`
//! (pure).
//!
//! Ids contain slashes, so the first segment is the hash, the last one the variant, and everything
//! between is the id. The path is split as sent and then decoded once.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use crate::{
    domain::{AccountHash, ImageId, SigningKey},
    signing::{self, SignatureError},
};

/// What a delivery path says, as far as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeliveryPath {
    /// The short form, as sent: what a signature is over, whichever form was asked for.
    short: String,
    /// `None` if the first segment has not the shape of a hash.
    pub(super) hash: Option<AccountHash>,
    /// `None` if there are fewer than three segments.
    pub(super) target: Option<Target>,
}

/// What to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) image: ImageId,
    pub(super) last: Last,
}

/// The last segment, decoded: a variant's name, or options, which have a `=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Last {
    Variant(String),
    Options(String),
}

impl DeliveryPath {
    /// Takes a raw path apart.
    pub(super) fn parse(raw: &str) -> Self {
        let short = signing::short_path(raw);
        let segments = short.strip_prefix('/').unwrap_or(short);
        let (hash, rest) = segments.split_once('/').unwrap_or((segments, ""));
        Self { short: short.to_owned(), hash: AccountHash::parse(hash), target: target(rest) }
    }

    /// Checks the signature in the query.
    pub(super) fn verify(
        &self,
        keys: &[SigningKey],
        query: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>, SignatureError> {
        signing::verify(keys, &self.short, query, now)
    }
}

fn target(rest: &str) -> Option<Target> {
    let (image, last) = rest.rsplit_once('/')?;
    if image.is_empty() || last.is_empty() {
        return None;
    }
    let decode = |raw| percent_decode_str(raw).decode_utf8().map(Cow::into_owned).ok();
    let last = decode(last)?;
    let last = if last.contains('=') { Last::Options(last) } else { Last::Variant(last) };
    Some(Target { image: ImageId::named(decode(image)?), last })
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        mutated,
        urls::{Address, Bases, Scheme, Urls},
    };

    const HASH: &str = "Vi7wi5KSItxGFsWRG2Us6Q";

    /// The image and the last segment of a path, or what is missing.
    fn parse(path: &str) -> String {
        let path = DeliveryPath::parse(&path.replace("HASH", HASH));
        match (path.hash, path.target) {
            (None, _) => "no hash".to_owned(),
            (_, None) => "no target".to_owned(),
            (_, Some(Target { image, last: Last::Options(options) })) => {
                format!("{image} | {options}")
            }
            (_, Some(Target { image, last: Last::Variant(name) })) => format!("{image} | {name}"),
        }
    }

    #[test]
    fn the_middle_is_the_id_and_the_end_the_variant() {
        for (path, expected) in [
            ("/HASH/cat/public", "cat | public"),
            ("/HASH/shop/42.png/public", "shop/42.png | public"),
            ("/HASH/shop%2F42.png/public", "shop/42.png | public"),
            ("/HASH/50%25%20off/public", "50% off | public"),
            ("/HASH/a%252Fb/public", "a%2Fb | public"),
            ("/cdn-cgi/imagedelivery/HASH/cat/public", "cat | public"),
            ("/HASH/cat/w=400,sharpen=3", "cat | w=400,sharpen=3"),
            ("/HASH/cat/w%3D400", "cat | w=400"),
            ("/HASH/cat", "no target"),
            ("/HASH/cat/", "no target"),
            ("/HASH//public", "no target"),
            ("/HASH/%ff/public", "no target"),
            ("/HASH", "no target"),
            ("/short/cat/public", "no hash"),
            ("/", "no hash"),
        ] {
            assert_eq!(parse(path), expected, "{path}");
        }
    }

    #[test]
    fn both_forms_have_one_signature() {
        let short = DeliveryPath::parse(&format!("/{HASH}/cat/public"));
        let zone = DeliveryPath::parse(&format!("/cdn-cgi/imagedelivery/{HASH}/cat/public"));
        assert_eq!(short, zone);
    }

    /// A path that names the same.
    fn print(hash: &AccountHash, target: &Target) -> String {
        let (Last::Variant(last) | Last::Options(last)) = &target.last;
        let last = utf8_percent_encode(last, NON_ALPHANUMERIC).to_string();
        let urls = Urls::new(Bases::default(), &Address::new(Scheme::Http, None));
        let url = urls.variant(hash, &target.image, &last);
        url.strip_prefix("http://localhost").unwrap().to_owned()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_printed_parses_to_the_same(text in mutated::paths()) {
            let path = DeliveryPath::parse(text.split('?').next().unwrap_or_default());
            if let (Some(hash), Some(target)) = (&path.hash, &path.target) {
                let again = DeliveryPath::parse(&print(hash, target));
                prop_assert_eq!((&again.hash, &again.target), (&path.hash, &path.target));
            }
        }
    }
}
