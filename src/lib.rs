//! Cloudflare Images on localhost.
//!
//! The modules in reading order:

/// Every setting: flag, environment variable, default.
pub mod config;
/// The table of error codes.
pub mod error;

/// The nouns: account, image, variant, signing key.
pub mod domain;
/// Signs and verifies delivery URLs.
pub mod signing;
/// Options to plan to pixels to bytes; stands on its own.
pub mod transform;

/// What every request can reach.
pub mod app;
/// What a request is.
pub mod call;
/// Time and ids.
pub mod clock;
/// What goes wrong on purpose.
pub mod faults;
/// Outbound HTTP with limits.
pub mod fetch;
/// Work that many wait for is done once.
pub mod flights;
/// Patterns for paths.
pub mod glob;
/// Numbers for Prometheus.
pub mod metrics;
/// The last requests.
pub mod requests;
/// Whom to trust when others are asked over TLS.
pub mod roots;
/// Things by name, up to a size.
pub mod shelf;
/// Rows and blobs.
pub mod store;
/// Where pixels are worked on.
pub mod workers;

/// Bytes to an accepted image.
pub mod ingest;
/// An image and options to a rendition.
pub mod render;
/// A folder to what accounts are to hold.
pub mod seed;
/// Known states: seed, reset, snapshots, export, import.
pub mod state;

/// An image's headers, and refusals.
mod answer;
/// What a URL would do.
mod explain;

#[cfg(test)]
mod mutated;

mod api;
/// What a person sees at the start.
pub mod banner;
mod connection;
mod control;
mod delivery;
/// tintype inside of a test.
pub mod emulator;
/// The documents made from the tables.
pub mod fidelity;
mod observe;
/// Pictures of this machine, made into others without a server.
pub mod offline;
/// What the command line asks of a running server.
pub mod remote;
/// Every surface, wired.
pub mod server;
/// From settings to a server that can serve.
pub mod start;
/// Which door a request knocks on.
pub mod surface;
/// The port that speaks TLS.
pub mod tls;
/// The URLs we hand out.
pub mod urls;
mod zone;

pub use emulator::Emulator;

/// The README's examples in Rust are run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
