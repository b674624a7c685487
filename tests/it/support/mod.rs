//! What every test starts with.

pub(crate) mod dice;
pub(crate) mod fixtures;
pub(crate) mod origin;
pub(crate) mod pixels;

mod client;
mod schema;
mod test_app;

pub(crate) use client::{Form, Response};
pub(crate) use test_app::{HASH, TestApp};
