//! Patterns for paths: `*` is anything within a segment, `**` anything, `?` one character (pure).

use serde::{Deserialize, Serialize};

/// A pattern that a whole path has to fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

impl Glob {
    #[must_use]
    pub fn new(pattern: String) -> Self {
        Self(pattern)
    }

    /// Whether the path fits. It takes time that grows with the product of both lengths, no more.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        let path = path.as_bytes();
        // For each beginning of the path, whether the pattern read so far fits it.
        let mut fits = vec![false; path.len() + 1];
        fits[0] = true;
        let mut rest = self.0.as_bytes();
        while let Some(&first) = rest.first() {
            let is_deep = rest.starts_with(b"**");
            rest = &rest[if is_deep { 2 } else { 1 }..];
            if first == b'*' {
                for at in 0..path.len() {
                    fits[at + 1] |= fits[at] && (is_deep || path[at] != b'/');
                }
            } else {
                for at in (0..path.len()).rev() {
                    fits[at + 1] = fits[at] && (first == path[at] || first == b'?');
                }
                fits[0] = false;
            }
        }
        fits[path.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stays_within_its_segment() {
        for (pattern, path, expected) in [
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/bc", false),
            ("/*/b", "/a/b", true),
            ("/*/b", "//b", true),
            ("/*", "/a/b", false),
            ("/**", "/a/b", true),
            ("**", "", true),
            ("**/public", "/hash/a/b/public", true),
            ("/hash/**/public", "/hash/public", false),
            ("/v?/x", "/v1/x", true),
            ("/v?/x", "/v/x", false),
            ("*.png", "a.png.jpg", false),
            ("*a*b*", "xxaxxbxx", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Glob::new(pattern.to_owned()).fits(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer() {
        let pattern = Glob::new("*a".repeat(2_000));

        assert!(!pattern.fits(&"a".repeat(1_000)));
    }
}
