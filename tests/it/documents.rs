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
fn the_readmes_settings_are_current() {
    check("README.md", |readme| {
        let (before, rest) = readme.split_once("<!-- settings -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- /settings -->").unwrap();
        let table = fidelity::settings_table(&Cli::command());
        format!("{before}<!-- settings -->\n{table}<!-- /settings -->{after}")
    });
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
