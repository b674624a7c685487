//! Paths as people send them, and worse: the corpus, with a few changes to each. For tests of parsers.

use proptest::{collection::vec, prelude::*, sample::Index, sample::select};

const CORPUS: &str = include_str!("../tests/corpus/paths.txt");

/// What is put in: separators in both spellings, bad escapes, escapes of escapes, schemes.
const PIECES: &[&str] = &[
    "/",
    "//",
    "%",
    "%2",
    "%zz",
    "%2F",
    "%2f%2e%2e",
    "%00",
    "%FF",
    "%C3%28",
    "%25%32%46",
    "..",
    "=",
    "w=5",
    "w%3D5",
    ",",
    "?",
    "&",
    "#",
    ";",
    "@",
    ":",
    "\\",
    " ",
    "é",
    "(",
    ")",
    "[",
    "flow/",
    "http:",
    "https:/",
    "https%3A%2F%2F",
    "img.test",
    ":80",
    "public",
];

/// A path and, behind a question mark, a query.
pub(crate) fn paths() -> impl Strategy<Value = String> {
    let lines: Vec<&str> = CORPUS.lines().collect();
    let change = (any::<Index>(), 0..4_usize, select(PIECES));
    (select(lines), vec(change, 0..4)).prop_map(|(line, changes)| {
        let mut letters: Vec<char> = line.chars().collect();
        for (at, removed, piece) in changes {
            let at = at.index(letters.len() + 1);
            let end = (at + removed).min(letters.len());
            letters.splice(at..end, piece.chars());
        }
        letters.into_iter().collect()
    })
}
