//! Exports and imports.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use tar::{Archive, Builder, Header};

use crate::support::{Form, Response, TestApp};

/// What version 1 wrote, with some of everything. It loads for ever: never edit it.
const VERSION_1: &str = r##"{"version":1,"accounts":[{"id":"old","hash":"AAAAAAAAAAAAAAAAAAAAAA","created":"2026-01-02T03:04:05.678Z",
"config":{"flexible_variants":true,"browser_ttl":4000,"preserve_content_credentials":false},
"tokens":["ci:write"],
"keys":[{"name":"default","value":"secret"}],
"variants":[{"id":"public","options":"fit=scale-down,width=1366,height=768,metadata=none","browser_ttl":null,"neverRequireSignedURLs":false},
{"id":"thumb","options":"fit=cover,width=20,metadata=none,background=#ff0000","browser_ttl":3600,"neverRequireSignedURLs":true}],
"images":[{"id":"a/b","filename":"p.png","creator":"me","metadata":{"z":1,"a":[2]},"uploaded":"2026-01-02T03:04:05.678Z","requireSignedURLs":false,
"digest":"DIGEST","format":"image/png"}],
"drafts":[{"id":"awaited","creator":null,"metadata":null,"requireSignedURLs":false,"created":"2026-01-02T03:04:05.678Z","expires":"2026-01-02T03:34:05.678Z"}],
"batch_tokens":[{"token":"batch-0000000000000000000000000000000000000000","expires":"2026-01-02T04:04:05.678Z"}]}]}"##;

async fn export(app: &TestApp, query: &str) -> Vec<u8> {
    let response = app.get(&format!("/_tintype/export{query}"), &[]).await;
    assert_eq!((response.status, response.header("content-type")), (200, "application/x-tar"));
    response.body
}

async fn import(app: &TestApp, query: &str, tar: Vec<u8>) -> Response {
    let request = Request::post(format!("/_tintype/import{query}"));
    app.send(request.body(Body::from(tar)).unwrap()).await
}

/// The files of a tar, in order.
fn files(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = Archive::new(Cursor::new(tar));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    entries.collect()
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

async fn filled() -> TestApp {
    let app = TestApp::new();
    let form = Form::file("palette.png").text("id", "a/b").text("metadata", r#"{"z":1}"#);
    app.upload_with(form).await;
    app.upload_with(Form::file("still.gif").text("requireSignedURLs", "true")).await;
    app.upload_with(Form::file("palette.png").text("creator", "me")).await;
    app.variant("thumb", r#"{"width":20}"#).await;
    let other = "/client/v4/accounts/other/images/v1";
    app.post_form_as("Bearer any", other, Form::file("still.webp")).await;
    app
}

#[tokio::test]
async fn an_export_is_imported_elsewhere() {
    let app = filled().await;
    let exported = export(&app, "").await;
    let names: Vec<_> = files(&exported).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names[0], "manifest.json");
    assert!(names[1..].iter().all(|name| name.starts_with("blobs/")), "{names:?}");

    let elsewhere = TestApp::new();
    elsewhere.upload("photo.jpg").await;
    let imported = import(&elsewhere, "", exported.clone()).await;
    assert_eq!(imported.snapshot(), r#"200 {"accounts":2,"images":4}"#);

    for path in ["/v2?sort_order=asc", "/v1/variants", "/v1/keys", "/v1/a%2Fb/blob"] {
        let [here, there] = [app.api("GET", path).await, elsewhere.api("GET", path).await];
        assert!(here.body == there.body, "{path}");
    }
    assert!(export(&elsewhere, "").await == exported);
    // What was there before is gone with its bytes.
    assert_eq!(elsewhere.blobs(), 3);
}

#[tokio::test]
async fn an_account_is_exported_and_imported_alone() {
    let app = filled().await;
    let alone = export(&app, "?account=other").await;
    assert_eq!(files(&alone).len(), 2);

    let elsewhere = TestApp::new();
    elsewhere.upload("photo.jpg").await;
    let imported = import(&elsewhere, "", alone).await;
    assert_eq!(imported.snapshot(), r#"200 {"accounts":1,"images":1}"#);
    assert_eq!(elsewhere.api("GET", "/v1").await.image_ids().split(' ').count(), 1);

    let all = export(&app, "").await;
    let imported = import(&elsewhere, "?account=other", all.clone()).await;
    assert_eq!(imported.snapshot(), r#"200 {"accounts":1,"images":1}"#);
    assert_eq!(elsewhere.blobs(), 2);
    assert_eq!(import(&elsewhere, "?account=third", all).await.status, 400);
}

#[tokio::test]
async fn what_is_deleted_during_an_export_is_still_in_it() {
    let app = filled().await;
    let expected = export(&app, "").await;
    let whole = tintype::state::export(&app.app, None).await.unwrap();

    assert_eq!(app.post_json("/_tintype/reset", "").await.status, 200);

    let pieces: Vec<_> = futures_util::TryStreamExt::try_collect(whole).await.unwrap();
    assert!(pieces.iter().flat_map(|piece: &bytes::Bytes| piece.to_vec()).eq(expected));
    // The blobs go later.
    assert_eq!(app.blobs(), 3);
    app.app.store.sweep_orphans();
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn an_export_of_version_1_loads() {
    let app = TestApp::new();
    let palette = crate::support::fixtures::read("palette.png");
    let digest = tintype::domain::Digest::of(&palette).to_string();
    let manifest = VERSION_1.replace("DIGEST", &digest);
    let archive = [
        ("manifest.json".to_owned(), manifest.clone().into_bytes()),
        (format!("blobs/{digest}"), palette),
    ];

    let imported = import(&app, "", tar(&archive)).await;

    assert_eq!(imported.snapshot(), r#"200 {"accounts":1,"images":1}"#);
    let [(_, written), ..] = &files(&export(&app, "").await)[..] else { panic!() };
    let [written, read]: [Value; 2] =
        [written.as_slice(), manifest.as_bytes()].map(|text| serde_json::from_slice(text).unwrap());
    assert_eq!(written, read);
    let delivered = app.get("/AAAAAAAAAAAAAAAAAAAAAA/a/b/thumb", &[]).await;
    assert_eq!(delivered.status, 200, "{}", delivered.text());
}

/// An export to be spoilt.
struct Export {
    bytes: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
    manifest: Value,
}

impl Export {
    async fn of(app: &TestApp) -> Self {
        let bytes = export(app, "").await;
        let files = files(&bytes);
        let manifest = serde_json::from_slice(&files[0].1).unwrap();
        Self { bytes, files, manifest }
    }

    /// With another value at one place of the manifest.
    fn saying(&self, pointer: &str, value: Value) -> Vec<u8> {
        let mut changed = self.manifest.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        self.with_file(0, "manifest.json", changed.to_string().as_bytes())
    }

    /// With another file in the place of one.
    fn with_file(&self, at: usize, name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut files = self.files.clone();
        files[at] = (name.to_owned(), bytes.to_vec());
        tar(&files)
    }

    /// What is said of each, none of which may change anything.
    async fn refusals(
        &self,
        app: &TestApp,
        spoilt: impl IntoIterator<Item = (&'static str, Vec<u8>)>,
    ) -> BTreeMap<&'static str, String> {
        let mut refusals = BTreeMap::new();
        for (what, tar) in spoilt {
            let refused = import(app, "", tar).await;
            assert_eq!(refused.status, 400, "{what}: {}", refused.text());
            refusals.insert(what, refused.json()["error"].as_str().unwrap().to_owned());
        }
        assert!(export(app, "").await == self.bytes);
        assert_eq!(app.blobs(), 3);
        refusals
    }
}

#[tokio::test]
async fn a_spoilt_manifest_changes_nothing() {
    let app = filled().await;
    let good = Export::of(&app).await;
    let account = &good.manifest["accounts"][0];
    let (hash, id) = (account["hash"].clone(), account["images"][1]["id"].clone());

    let refusals = good.refusals(
        &app,
        [
            ("a newer version", good.saying("/version", json!(2))),
            (
                "a field that isn't known",
                good.saying("/accounts/0/config", json!({"flexible": true})),
            ),
            ("a bad id", good.saying("/accounts/0/images/0/id", json!("/a"))),
            ("an id that is there twice", good.saying("/accounts/0/images/0/id", id)),
            (
                "a private custom id",
                good.saying("/accounts/0/images/0/requireSignedURLs", json!(true)),
            ),
            ("no variant public", good.saying("/accounts/0/variants", json!([]))),
            ("no keys", good.saying("/accounts/0/keys", json!([]))),
            ("a bad option", good.saying("/accounts/0/variants/0/options", json!("fit=stretch"))),
            ("another format", good.saying("/accounts/0/images/0/format", json!("image/webp"))),
            ("a hash that is there twice", good.saying("/accounts/1/hash", hash)),
        ],
    );

    insta::assert_debug_snapshot!(refusals.await, @r#"
{
    "a bad id": "the manifest can't be read: the image id /a: Must not start or end with a slash",
    "a bad option": "the manifest can't be read: the options fit=stretch: fit: 'stretch' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'",
    "a field that isn't known": "the manifest can't be read: unknown field `flexible`, expected one of `flexible_variants`, `browser_ttl`, `preserve_content_credentials` at line 1 column 155",
    "a hash that is there twice": "the account hash 6oHE1nRiq6AK0MxcayE9rA is that of the account 0123456789abcdef0123456789abcdef",
    "a newer version": "the manifest is of version 2, and this tintype knows up to 1: update tintype",
    "a private custom id": "the manifest can't be read: account 0123456789abcdef0123456789abcdef: a/b can't be private: its id is a custom one",
    "an id that is there twice": "the manifest can't be read: account 0123456789abcdef0123456789abcdef: there is more than one image with the id 0c730b69-905c-5ef7-a4ca-5269f7236500",
    "another format": "blobs/876ba05a476011872ab83ea9d7dd8569c80f65a01efc3d9ef0eb793c9f27deac is image/png, and the manifest says image/webp",
    "no keys": "the manifest can't be read: account 0123456789abcdef0123456789abcdef: an account has 1 to 2 keys",
    "no variant public": "the manifest can't be read: account 0123456789abcdef0123456789abcdef: the variant public is missing",
}
    "#);
}

#[tokio::test]
async fn a_spoilt_export_changes_nothing() {
    let app = filled().await;
    let good = Export::of(&app).await;
    let (name, bytes) = &good.files[1];
    let twisted = bytes.iter().map(|byte| byte ^ 1).collect::<Vec<_>>();

    let refusals = good.refusals(
        &app,
        [
            ("nothing", Vec::new()),
            ("no tar", b"no tar at all".repeat(100)),
            ("no manifest", tar(&good.files[1..])),
            ("no JSON", good.with_file(0, "manifest.json", b"{")),
            ("damaged bytes", good.with_file(1, name, &twisted)),
            ("a stray file", good.with_file(1, "blobs/passwd", b"x")),
            ("a missing blob", tar(&good.files[..2])),
            ("cut off", good.bytes[..good.bytes.len() - 2000].to_vec()),
        ],
    );

    insta::assert_debug_snapshot!(refusals.await, @r#"
{
    "a missing blob": "blobs/876ba05a476011872ab83ea9d7dd8569c80f65a01efc3d9ef0eb793c9f27deac is missing",
    "a stray file": "blobs/passwd belongs to no image of the manifest",
    "cut off": "the export can't be read: failed to read entire block",
    "damaged bytes": "blobs/4075a0701ed03f6fd035e9b77ee15503acb81aa986b8db62b759a423cc5b12c6 is damaged: its bytes have another digest",
    "no JSON": "the manifest can't be read: EOF while parsing an object at line 1 column 1",
    "no manifest": "this is no export of tintype: it doesn't begin with manifest.json",
    "no tar": "this is no export of tintype: it doesn't begin with manifest.json",
    "nothing": "this is no export of tintype: it doesn't begin with manifest.json",
}
    "#);
}

#[tokio::test]
async fn originals_that_do_not_decode_are_not_imported() {
    let app = filled().await;
    let broken = crate::support::fixtures::read("broken/truncated.png");
    let digest = tintype::domain::Digest::of(&broken).to_string();
    let manifest = VERSION_1.replace("DIGEST", &digest);
    let archive =
        [("manifest.json".to_owned(), manifest.into_bytes()), (format!("blobs/{digest}"), broken)];

    let refused = import(&app, "", tar(&archive)).await;

    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("could not be decoded"), "{}", refused.text());
}
