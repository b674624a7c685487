//! `TestApp`: a program of its own for each test, in a temporary folder, with a frozen clock and
//! seeded ids.

use axum::{Router, body::Body, http::Request};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;
use tintype::{
    app::App, clock::Clock, config::Settings, domain::SigningKey, roots::Roots, server,
    store::Store,
};
use tower::ServiceExt;

use super::{
    client::{Form, Response},
    schema,
};

/// The hash of the account that tests use.
pub(crate) const HASH: &str = "6oHE1nRiq6AK0MxcayE9rA";

pub(crate) struct TestApp {
    pub(crate) app: App,
    router: Router,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
}

impl TestApp {
    /// Where the test account's API begins.
    const API: &str = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images";

    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With settings other than the defaults.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::defaults();
        settings.data = folder.path().to_owned();
        // No test cuts the power.
        settings.fsync = false;
        change(&mut settings);
        Self::open(folder, settings)
    }

    /// The same folder and settings, opened anew.
    pub(crate) fn restarted(self) -> Self {
        let Self { app, router, folder, .. } = self;
        let settings = (*app.settings).clone();
        drop((app, router));
        Self::open(folder, settings)
    }

    fn open(folder: TempDir, settings: Settings) -> Self {
        let now: DateTime<Utc> = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let clock = Clock::frozen(now, 1);
        let store =
            Store::open(&settings.data, settings.cache_size.as_u64(), settings.fsync.into())
                .unwrap();
        let app = App::new(settings, clock.clone(), store, &Roots::with([]));
        let router = server::router(app.clone());
        Self { app, router, clock, folder }
    }

    /// Sends a request as it is. Answers of the API are held against the published schema.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let response = Response::read(response).await;
        schema::assert_published(&method, &path, &response);
        response
    }

    /// A call of the test account's API with a token: `("GET", "/v1/stats")`.
    pub(crate) async fn api(&self, method: &str, path: &str) -> Response {
        self.send(authorized(method, path).body(Body::empty()).unwrap()).await
    }

    /// A call with a JSON body.
    pub(crate) async fn api_json(&self, method: &str, path: &str, body: &str) -> Response {
        let request = authorized(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A call with a multipart body.
    pub(crate) async fn api_form(&self, method: &str, path: &str, form: Form) -> Response {
        let request = authorized(method, path).header("content-type", Form::CONTENT_TYPE);
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }

    /// Posts a form without credentials, as a browser does to an upload URL.
    pub(crate) async fn post_form(&self, path: &str, form: Form) -> Response {
        self.post_form_to("tintype.test", path, form).await
    }

    /// Like `post_form`, to another host.
    pub(crate) async fn post_form_to(&self, host: &str, path: &str, form: Form) -> Response {
        let request = Request::post(path).header("host", host);
        let request = request.header("content-type", Form::CONTENT_TYPE);
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }

    /// Like `post_form`, with an `Authorization`.
    pub(crate) async fn post_form_as(&self, who: &str, path: &str, form: Form) -> Response {
        let request = Request::post(path).header("authorization", who);
        let request = request.header("content-type", Form::CONTENT_TYPE);
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }

    /// With flexible variants switched on.
    pub(crate) async fn flexible() -> Self {
        let app = Self::new();
        let on = r#"{"flexible_variants":true}"#;
        assert_eq!(app.api_json("PATCH", "/v1/config", on).await.status, 200);
        app
    }

    /// Uploads a fixture and gives the image's id.
    pub(crate) async fn upload(&self, fixture: &str) -> String {
        self.upload_with(Form::file(fixture)).await
    }

    /// Uploads a form that is expected to be accepted, and gives the image's id.
    pub(crate) async fn upload_with(&self, form: Form) -> String {
        let response = self.api_form("POST", "/v1", form).await;
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()["result"]["id"].as_str().unwrap().to_owned()
    }

    /// Creates a variant of the test account.
    pub(crate) async fn variant(&self, id: &str, options: &str) {
        let body = format!(r#"{{"id":"{id}","options":{options}}}"#);
        let response = self.api_json("POST", "/v1/variants", &body).await;
        assert_eq!(response.status, 200, "{}", response.text());
    }

    /// Asks for a path with these headers, without credentials.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request("GET", path, headers).await
    }

    /// Like `get`, with another method.
    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Response {
        let request = Request::builder().method(method).uri(path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Asks control, behind `/_tintype/`, with this body; the answer has to be 200.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let response = self.ask_control(method, path, body).await;
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    /// Like `control`, whatever the answer is.
    pub(crate) async fn ask_control(&self, method: &str, path: &str, body: &str) -> Response {
        let request = Request::builder().method(method).uri(format!("/_tintype/{path}"));
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Posts JSON without credentials, to a control say.
    pub(crate) async fn post_json(&self, path: &str, body: &str) -> Response {
        self.send(Request::post(path).body(Body::from(body.to_owned())).unwrap()).await
    }

    /// The delivered variant of an image.
    pub(crate) async fn deliver(&self, id: &str, variant: &str) -> Response {
        self.get(&format!("/{HASH}/{id}/{variant}"), &[]).await
    }

    /// The test account's signing key.
    pub(crate) async fn signing_key(&self) -> SigningKey {
        let (_, mut keys) = self.app.default_account().await.unwrap();
        keys.remove(0)
    }

    /// Takes a table away, so that the next query fails.
    pub(crate) fn break_database(&self) {
        let database = rusqlite::Connection::open(self.folder.path().join("tintype.db")).unwrap();
        database.execute_batch("drop table images").unwrap();
    }

    /// Puts other bytes in the place of every original.
    pub(crate) fn overwrite_blobs(&self, bytes: &[u8]) {
        for shelf in std::fs::read_dir(self.folder.path().join("blobs")).unwrap() {
            for blob in std::fs::read_dir(shelf.unwrap().path()).unwrap() {
                std::fs::write(blob.unwrap().path(), bytes).unwrap();
            }
        }
    }

    /// How many originals are on disk.
    pub(crate) fn blobs(&self) -> usize {
        let shelves = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count()).sum()
    }
}

fn authorized(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(format!("{}{path}", TestApp::API))
        .header("host", "tintype.test")
        .header("authorization", "Bearer any")
}
