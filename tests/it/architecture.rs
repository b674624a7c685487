//! The dependency directions of ARCHITECTURE.md, enforced on the text of the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Each module of the crate and the modules of the crate that it may name. A row that allows more
/// than is needed fails too.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("config", &["clock", "domain"]),
    ("error", &[]),
    ("transform", &[]),
    ("domain", &["transform"]),
    ("signing", &["domain"]),
    ("urls", &["domain"]),
    ("tls", &["clock", "config", "urls"]),
    ("surface", &["domain", "urls"]),
    ("clock", &["domain"]),
    ("call", &["domain", "error", "signing", "surface"]),
    ("glob", &[]),
    ("metrics", &["surface"]),
    ("faults", &["call", "domain", "error", "glob", "surface"]),
    ("requests", &["call", "clock", "domain", "faults", "glob", "surface"]),
    ("workers", &[]),
    ("flights", &[]),
    ("shelf", &[]),
    ("roots", &[]),
    ("fetch", &["domain", "roots", "workers"]),
    ("store", &["clock", "domain", "shelf", "workers"]),
    (
        "render",
        &["clock", "domain", "flights", "metrics", "shelf", "store", "transform", "workers"],
    ),
    (
        "app",
        &[
            "clock", "config", "domain", "faults", "fetch", "metrics", "render", "requests",
            "roots", "store", "urls", "workers",
        ],
    ),
    ("banner", &["config", "domain", "start"]),
    ("remote", &["app", "config", "domain", "roots", "seed"]),
    ("offline", &["clock", "config", "transform"]),
    ("start", &["app", "clock", "config", "roots", "server", "state", "store", "tls"]),
    (
        "emulator",
        &[
            "app", "clock", "config", "domain", "faults", "observe", "requests", "server", "start",
            "state", "store",
        ],
    ),
    ("mutated", &[]),
    ("seed", &["clock", "domain"]),
    ("state", &["app", "clock", "domain", "ingest", "seed", "store", "transform"]),
    ("ingest", &["app", "domain", "store", "transform"]),
    ("answer", &["error", "render", "transform"]),
    ("explain", &["answer", "render", "transform", "urls"]),
    (
        "api",
        &[
            "app",
            "call",
            "clock",
            "config",
            "domain",
            "error",
            "fetch",
            "ingest",
            "requests",
            "store",
            "transform",
            "urls",
        ],
    ),
    (
        "delivery",
        &[
            "answer",
            "app",
            "call",
            "domain",
            "error",
            "explain",
            "mutated",
            "render",
            "shelf",
            "signing",
            "store",
            "transform",
            "urls",
        ],
    ),
    (
        "zone",
        &[
            "answer",
            "app",
            "call",
            "domain",
            "error",
            "explain",
            "fetch",
            "flights",
            "mutated",
            "render",
            "transform",
            "urls",
        ],
    ),
    (
        "control",
        &[
            "app",
            "call",
            "clock",
            "config",
            "domain",
            "error",
            "faults",
            "glob",
            "metrics",
            "requests",
            "signing",
            "state",
            "store",
            "surface",
            "transform",
            "urls",
        ],
    ),
    ("connection", &["tls", "urls"]),
    (
        "observe",
        &[
            "answer",
            "api",
            "app",
            "call",
            "connection",
            "control",
            "delivery",
            "error",
            "faults",
            "requests",
            "surface",
            "zone",
        ],
    ),
    ("fidelity", &["api", "control", "error", "transform"]),
    (
        "server",
        &[
            "api",
            "app",
            "clock",
            "connection",
            "control",
            "delivery",
            "domain",
            "explain",
            "observe",
            "surface",
            "tls",
            "urls",
            "zone",
        ],
    ),
];

/// Words that only these modules may use.
const RESERVED: &[(&str, &[&str])] = &[
    (
        "axum",
        &[
            "answer",
            "api",
            "connection",
            "control",
            "delivery",
            "explain",
            "observe",
            "server",
            "zone",
        ],
    ),
    (
        "StatusCode",
        &["answer", "api", "control", "delivery", "explain", "fetch", "observe", "server", "zone"],
    ),
    ("rusqlite", &["store"]),
    // An origin may be a folder, and a seed is one; certificates are files, for other programs read them.
    ("PathBuf", &["config", "emulator", "fetch", "offline", "seed", "start", "store", "tls"]),
    // Linux tells of memory in a file.
    ("fs", &["fetch", "metrics", "offline", "remote", "roots", "seed", "store", "tls"]),
];

#[test]
fn modules_name_only_what_the_directions_allow() {
    let used = uses();
    let stated: BTreeMap<_, _> = DIRECTIONS
        .iter()
        .map(|(module, allowed)| {
            (module.to_string(), allowed.iter().map(|name| name.to_string()).collect())
        })
        .collect();

    assert_eq!(used, stated, "left: what the sources do; right: what DIRECTIONS says");
}

#[test]
fn the_directions_have_no_cycle() {
    let mut left: BTreeMap<_, _> = DIRECTIONS.iter().copied().collect();
    while !left.is_empty() {
        let free: Vec<_> = left
            .iter()
            .filter(|(_, named)| named.iter().all(|name| !left.contains_key(name)))
            .map(|(module, _)| *module)
            .collect();
        assert!(!free.is_empty(), "in a circle: {:?}", left.keys());
        free.into_iter().for_each(|module| {
            left.remove(module);
        });
    }
}

#[test]
fn reserved_words_stay_in_their_rooms() {
    for (path, text) in sources() {
        let module = module_of(&path);
        for (word, rooms) in RESERVED {
            let found = code_lines(&text).any(|line| contains_word(line, word));
            assert!(!found || rooms.contains(&module.as_str()), "{word} in {}", path.display());
        }
    }
}

#[test]
fn files_stay_under_the_ceiling() {
    for (path, text) in sources() {
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        assert!(lines <= 500, "{} has {lines} lines before its tests", path.display());
    }
}

/// For each module, the modules of the crate that its code names.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let known: BTreeSet<_> = DIRECTIONS.iter().map(|(module, _)| module.to_string()).collect();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        assert!(known.contains(&module), "{module} is missing in DIRECTIONS");
        let code: String = code_lines(&text).flat_map(|line| [line, "\n"]).collect();
        let named = uses.entry(module.clone()).or_default();
        for behind in code.split("crate::").skip(1) {
            named.extend(first_names(behind).filter(|name| *name != module));
        }
    }
    uses
}

/// The first segments of a path, or of each path in a `{…}` list.
fn first_names(path: &str) -> impl Iterator<Item = String> {
    let mut names = Vec::new();
    let Some(list) = path.strip_prefix('{') else {
        return vec![word(path)].into_iter();
    };
    let mut depth = 0;
    let mut expects_name = true;
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects_name = true,
            letter if letter.is_whitespace() => {}
            _ if depth == 0 && expects_name => {
                names.push(word(&list[at..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    names.into_iter()
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn contains_word(line: &str, wanted: &str) -> bool {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|w| w == wanted)
}

fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

/// The top-level module a file belongs to; `main.rs` and `lib.rs` wire and are left out.
fn module_of(path: &Path) -> String {
    let name = path.iter().nth(1).unwrap().to_str().unwrap();
    name.trim_end_matches(".rs").to_owned()
}

/// Every source file: its path from the package's folder, and its text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if below != Path::new("src/main.rs") && below != Path::new("src/lib.rs") {
                sources.push((below, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(sources.len() > 30, "the sources were found");
    sources
}
