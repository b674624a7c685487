//! `/cdn-cgi/image/…`, with an origin on loopback.

mod caching;
mod errors;
mod sources;

use crate::support::{Response, TestApp, origin::Origin};

/// A source of the origin, transformed.
async fn transformed(app: &TestApp, origin: &Origin, options: &str, path: &str) -> Response {
    app.get(&format!("/cdn-cgi/image/{options}/{}", origin.url(path)), &[]).await
}
