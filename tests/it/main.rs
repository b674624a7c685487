//! The integration tests: the whole program in process, no ports, no sleeping. Files mirror `src/`.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

mod api;
mod control;
mod delivery;
mod tls;
mod zone;

mod architecture;
mod catalogue;
mod documents;
mod emulator;
mod geometry_rules;
mod hostile_files;
mod offline;
mod option_texts;
mod process;
mod remote;
mod robustness;
