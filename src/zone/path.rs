//! The grammar of `/cdn-cgi/image/[flow/]<options>/<source>` (pure; delivery-and-transforms.md §1.3).
//!
//! The path is split as sent. Options are decoded once; the source is taken as it stands, unless it
//! is a whole URL that was escaped into one segment.

use std::{borrow::Cow, fmt};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

/// What a path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ZonePath {
    /// Decoded, not yet read.
    pub(super) options: String,
    pub(super) source: Source,
}

/// Where the source image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Absolute(Url),
    /// On the zone: path and query as sent, with the slash in front.
    Relative(String),
}

/// Why a path says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidPath {
    #[error("the path is /cdn-cgi/image/<options>/<source image>")]
    Incomplete,
    #[error("at least one option is needed")]
    NoOptions,
    #[error("the options are escaped badly")]
    UnreadableOptions,
    #[error("the dialects of other vendors are not spoken here")]
    Dialect,
    #[error("the URL of the source image can't be read")]
    UnreadableSource,
    #[error("spaces and letters outside of ASCII have to be escaped")]
    Unescaped,
}

impl ZonePath {
    pub(super) const PREFIX: &str = "/cdn-cgi/image/";

    /// Takes a raw path and query apart. The query belongs to the source.
    pub(super) fn parse(path: &str, query: Option<&str>) -> Result<Self, InvalidPath> {
        let rest = path.strip_prefix(Self::PREFIX).ok_or(InvalidPath::Incomplete)?;
        let rest = match rest.split_once('/') {
            Some(("flow", rest)) => rest,
            Some(("fastly" | "akamai", _)) => return Err(InvalidPath::Dialect),
            _ => rest,
        };
        let (options, source) = rest.split_once('/').ok_or(InvalidPath::Incomplete)?;
        if source.is_empty() {
            return Err(InvalidPath::Incomplete);
        }
        let options = decode(options).ok_or(InvalidPath::UnreadableOptions)?;
        if !options.contains('=') {
            return Err(InvalidPath::NoOptions);
        }
        let source = Source::parse(source, query)?;
        Ok(Self { options: options.into_owned(), source })
    }
}

impl Source {
    fn parse(raw: &str, query: Option<&str>) -> Result<Self, InvalidPath> {
        // Escaped as a whole: the colon can't be part of a path that begins like this.
        let escaped = ["http%3a", "https%3a"].iter().any(|scheme| has_prefix(raw, scheme));
        let raw = if escaped { decode(raw) } else { Some(raw.into()) };
        let raw = raw.ok_or(InvalidPath::UnreadableSource)?;
        let whole = match query {
            None => raw.into_owned(),
            Some(query) => {
                let mark = if raw.contains('?') { '&' } else { '?' };
                format!("{raw}{mark}{query}")
            }
        };
        if !whole.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidPath::Unescaped);
        }
        match scheme_and_rest(&whole) {
            None => Ok(Self::Relative(format!("/{whole}"))),
            Some((scheme, rest)) => {
                let url = Url::parse(&format!("{scheme}://{rest}"));
                Ok(Self::Absolute(url.map_err(|_| InvalidPath::UnreadableSource)?))
            }
        }
    }
}

/// The scheme and what follows its slashes. Proxies make one slash of two.
fn scheme_and_rest(source: &str) -> Option<(&'static str, &str)> {
    let (scheme, length) = if has_prefix(source, "https:/") {
        ("https", "https:/".len())
    } else if has_prefix(source, "http:/") {
        ("http", "http:/".len())
    } else {
        return None;
    };
    Some((scheme, source[length..].trim_start_matches('/')))
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn decode(raw: &str) -> Option<Cow<'_, str>> {
    let mut rest = raw;
    // What isn't an escape would be passed over by the decoder.
    while let Some(at) = rest.find('%') {
        let digits = rest.get(at + 1..at + 3)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        rest = &rest[at + 3..];
    }
    percent_decode_str(raw).decode_utf8().ok()
}

/// What has to be escaped in the options.
const OPTIONS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b'?');

/// The path and query, which parse to the same again.
impl fmt::Display for ZonePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, utf8_percent_encode(&self.options, OPTIONS))?;
        match &self.source {
            Source::Absolute(url) => write!(f, "/{url}"),
            Source::Relative(path) => f.write_str(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mutated;

    fn parse(text: &str) -> Result<ZonePath, InvalidPath> {
        match text.split_once('?') {
            Some((path, query)) => ZonePath::parse(path, Some(query)),
            None => ZonePath::parse(text, None),
        }
    }

    /// Options and source, or what is wrong.
    fn read(text: &str) -> String {
        match parse(&format!("/cdn-cgi/image/{text}")) {
            Ok(ZonePath { options, source: Source::Absolute(url) }) => format!("{options} | {url}"),
            Ok(ZonePath { options, source: Source::Relative(path) }) => {
                format!("{options} | {path}")
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn the_first_segment_holds_the_options_and_the_rest_is_the_source() {
        for (text, expected) in [
            ("w=100/a/b.png", "w=100 | /a/b.png"),
            ("w=100/a.png?v=2&x=/", "w=100 | /a.png?v=2&x=/"),
            ("w=100/a%20b.png", "w=100 | /a%20b.png"),
            ("w=100//media/a.png", "w=100 | //media/a.png"),
            ("w=100/https://img.test/a%20b.png?v=2", "w=100 | https://img.test/a%20b.png?v=2"),
            ("w=100/HTTP://IMG.test/a.png", "w=100 | http://img.test/a.png"),
            ("w=100/https:/img.test/a.png", "w=100 | https://img.test/a.png"),
            ("w=100/https%3A%2F%2Fimg.test%2Fa%2520b.png", "w=100 | https://img.test/a%20b.png"),
            ("w=100/https%3a%2f%2fimg.test%2Fa%3Fv%3D1", "w=100 | https://img.test/a?v=1"),
            ("w=100/https%3A%2F%2Fimg.test%2Fa%3Fv%3D1?w=2", "w=100 | https://img.test/a?v=1&w=2"),
            ("w=100/httpsource.png", "w=100 | /httpsource.png"),
            ("flow/w=100/a.png", "w=100 | /a.png"),
            ("background=%23fff,w=1/a.png", "background=#fff,w=1 | /a.png"),
            ("background=rgb%28240%2C40%2C145%29/a", "background=rgb(240,40,145) | /a"),
            ("w%3D100/flow/a.png", "w=100 | /flow/a.png"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_says_nothing_is_told_apart() {
        for (text, expected) in [
            ("", "Incomplete"),
            ("w=100", "Incomplete"),
            ("w=100/", "Incomplete"),
            ("flow/w=100", "Incomplete"),
            ("/a.png", "NoOptions"),
            ("thumb/a.png", "NoOptions"),
            ("w=1%/a.png", "UnreadableOptions"),
            ("w=%ff/a.png", "UnreadableOptions"),
            ("fastly/width=100/a.png", "Dialect"),
            ("akamai/w=1/a.png", "Dialect"),
            ("w=1/https://", "UnreadableSource"),
            ("w=1/http://a:b:c/", "UnreadableSource"),
            ("w=1/https%3A%2F%2Fimg.test%2F%zz", "UnreadableSource"),
            ("w=1/https%3A%2F%2Fimg.test%2Fa%20b", "Unescaped"),
            ("w=1/é.png", "Unescaped"),
            ("w=1/a.png?v=é", "Unescaped"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_printed_parses_to_the_same(text in mutated::paths()) {
            if let Ok(path) = parse(&text) {
                prop_assert_eq!(parse(&path.to_string()), Ok(path));
            }
        }
    }
}
