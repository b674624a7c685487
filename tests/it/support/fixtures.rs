//! The files under `fixtures/`, made by `cargo run --example fixtures`.

/// The bytes of a fixture.
pub(crate) fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
