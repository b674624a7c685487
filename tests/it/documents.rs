//! Documents that are made from the program's own tables are current.
//!
//! `TINTYPE_TEST_WRITE=1 cargo test documents` writes them anew.

use clap::CommandFactory;
use tintype::{config::Cli, fidelity};

#[test]
fn fidelity_is_current() {
    check("FIDELITY.md", |_| fidelity::document());
}

#[test]
fn the_page_about_control_is_current() {
    check("docs/control.md", |_| fidelity::control_page());
}

#[test]
fn the_readmes_settings_figures_and_example_are_current() {
    check("README.md", |readme| {
        let readme = put(readme, "settings", &fidelity::settings_table(&Cli::command()));
        let readme = put(&readme, "figures", &figures());
        put(&readme, "compose", &compose())
    });
}

/// The first table that the bench wrote.
fn figures() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/RESULTS.md");
    let results = std::fs::read_to_string(path).unwrap();
    let rows = results.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.replace("](management/", "](bench/management/") + "\n").collect()
}

/// The example that is run when the container is tried.
fn compose() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/compose/compose.base-url.yaml");
    let example = std::fs::read_to_string(path).unwrap();
    let services = &example[example.find("services:").unwrap()..];
    format!("```yaml\n{services}```\n")
}

/// Puts `text` between the marks of that name.
fn put(document: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = document.split_once(&open).unwrap();
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{open}{text}{close}{after}")
}

/// Compares a file with what `make` makes of it, or writes that.
fn check(name: &str, make: impl FnOnce(&str) -> String) {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let made = make(&found);
    if std::env::var_os("TINTYPE_TEST_WRITE").is_some() {
        std::fs::write(&path, made).unwrap();
    } else {
        assert!(found == made, "{name} is out of date: TINTYPE_TEST_WRITE=1 cargo test documents");
    }
}
