//! The files under `fixtures/`, made by `cargo run --example fixtures`.

use std::path::PathBuf;

/// Where a fixture is.
pub(crate) fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", name].iter().collect()
}

/// The bytes of a fixture.
pub(crate) fn read(name: &str) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
