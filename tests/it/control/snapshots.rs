//! Snapshots and resets, through their doors.

use serde_json::Value;

use crate::support::{Form, HASH, TestApp, fixtures};

const SNAPSHOTS: &str = "snapshots";
const MINE: &str = "account=0123456789abcdef0123456789abcdef";

impl TestApp {
    /// Everything that an account shows of itself.
    async fn everything(&self) -> String {
        let mut all = String::new();
        for path in ["/v2?sort_order=asc", "/v1/variants", "/v1/keys", "/v1/config", "/v1/stats"] {
            all += &self.api("GET", path).await.snapshot();
        }
        all
    }

    /// Some of everything that an account can hold.
    async fn fill(&self) {
        let form = Form::file("palette.png").text("id", "a/b").text("creator", "me");
        self.upload_with(form.text("metadata", r#"{"z":1,"a":[2]}"#)).await;
        self.upload_with(Form::file("still.gif").text("requireSignedURLs", "true")).await;
        self.upload("palette.png").await;
        self.variant("thumb", r#"{"fit":"cover","width":20,"browser_ttl":4000}"#).await;
        self.api_json("PUT", "/v1/keys/second", "{}").await;
        self.api_json("PATCH", "/v1/config", r#"{"flexible_variants":true}"#).await;
    }
}

async fn upload_as(app: &TestApp, account: &str) -> String {
    let path = format!("/client/v4/accounts/{account}/images/v1");
    let uploaded = app.post_form_as("Bearer any", &path, Form::file("palette.png")).await;
    uploaded.json()["result"]["id"].as_str().unwrap().to_owned()
}

async fn images_of(app: &TestApp, account: &str) -> usize {
    let path = format!("/client/v4/accounts/{account}/images/v1");
    let listed = app.get(&path, &[("authorization", "Bearer any")]).await.json();
    listed["result"]["images"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let app = TestApp::new();
    app.fill().await;
    let draft = app.api_form("POST", "/v2/direct_upload", Form::new()).await.json();
    let upload_url = draft["result"]["uploadURL"].as_str().unwrap().to_owned();
    let token = app.api("GET", "/v1/batch_token").await.json();
    let token = format!("Bearer {}", token["result"]["token"].as_str().unwrap());
    let before = app.everything().await;

    let saved = app.control("PUT", &format!("{SNAPSHOTS}/full"), "").await;
    insta::assert_snapshot!(saved, @r#"{"name":"full","account":null,"saved":"2026-01-02T03:04:05.678Z","accounts":1,"images":3}"#);

    // Everything is changed, and the first bytes have no image any more.
    for image in app.api("GET", "/v1").await.image_ids().split(' ') {
        app.api("DELETE", &format!("/v1/{}", image.replace('/', "%2F"))).await;
    }
    app.api("DELETE", "/v1/variants/thumb").await;
    app.api("DELETE", "/v1/keys/default").await;
    app.api_json("PATCH", "/v1/config", r#"{"flexible_variants":false}"#).await;
    let path = upload_url.strip_prefix("http://tintype.test").unwrap();
    assert_eq!(app.post_form(path, Form::file("photo.jpg")).await.status, 200);
    assert_eq!(upload_as(&app, "other").await.len(), 36);
    assert_ne!(app.everything().await, before);

    app.control("POST", &format!("{SNAPSHOTS}/full/restore"), "").await;

    assert_eq!(app.everything().await, before);
    assert_eq!(images_of(&app, "other").await, 0);
    assert_eq!(app.deliver("a/b", "public").await.status, 200);
    assert_eq!(app.api("GET", "/v1/a%2Fb/blob").await.body, fixtures::read("palette.png"));
    // The draft is one again, and the token still opens the batch host.
    assert_eq!(app.post_form(path, Form::file("photo.jpg")).await.status, 200);
    let headers = [("host", "batch.imagedelivery.net"), ("authorization", token.as_str())];
    assert_eq!(app.get("/images/v1", &headers).await.status, 200);
}

#[tokio::test]
async fn a_snapshot_survives_a_restart_and_its_blobs_the_sweep() {
    let app = TestApp::new();
    app.fill().await;
    let before = app.everything().await;
    app.control("POST", &format!("{SNAPSHOTS}/full"), "").await;
    app.control("POST", "reset", "").await;
    assert_eq!(app.blobs(), 2);

    let app = app.restarted();
    app.app.store.sweep_orphans();
    assert_eq!(app.blobs(), 2);
    app.control("POST", &format!("{SNAPSHOTS}/full/restore"), "").await;
    assert_eq!(app.everything().await, before);

    // Without images and without snapshots, the blobs go.
    app.control("POST", "reset", "").await;
    app.control("DELETE", &format!("{SNAPSHOTS}/full"), "").await;
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn accounts_have_snapshots_of_their_own() {
    let app = TestApp::new();
    upload_as(&app, "one").await;
    upload_as(&app, "two").await;
    app.control("PUT", &format!("{SNAPSHOTS}/base?account=one"), "").await;
    app.control("PUT", &format!("{SNAPSHOTS}/all"), "").await;
    upload_as(&app, "one").await;
    upload_as(&app, "two").await;
    app.control("PUT", &format!("{SNAPSHOTS}/base?account=two"), "").await;
    upload_as(&app, "two").await;

    app.control("POST", &format!("{SNAPSHOTS}/base/restore?account=one"), "").await;
    assert_eq!((images_of(&app, "one").await, images_of(&app, "two").await), (1, 3));
    app.control("POST", &format!("{SNAPSHOTS}/base/restore?account=two"), "").await;
    assert_eq!((images_of(&app, "one").await, images_of(&app, "two").await), (1, 2));
    // An account's part of everybody's.
    app.control("POST", &format!("{SNAPSHOTS}/all/restore?account=two"), "").await;
    assert_eq!((images_of(&app, "one").await, images_of(&app, "two").await), (1, 1));

    let names = |list: Value| {
        let snapshots = list["snapshots"].as_array().unwrap().clone();
        snapshots.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(app.control("GET", SNAPSHOTS, "").await), ["all"]);
    assert_eq!(names(app.control("GET", &format!("{SNAPSHOTS}?account=one"), "").await), ["base"]);
    app.control("DELETE", &format!("{SNAPSHOTS}/base?account=one"), "").await;
    assert!(names(app.control("GET", &format!("{SNAPSHOTS}?account=one"), "").await).is_empty());
}

#[tokio::test]
async fn a_reset_goes_back_to_nothing() {
    let app = TestApp::new();
    let first = app.upload("palette.png").await;
    upload_as(&app, "other").await;
    app.post_json(&format!("/_tintype/clock?{MINE}"), r#"{"advance":"1h"}"#).await;

    app.control("POST", &format!("reset?{MINE}"), "").await;

    assert_eq!(app.api("GET", "/v1").await.image_ids(), "");
    assert_eq!(images_of(&app, "other").await, 1);
    assert_eq!(app.deliver(&first, "public").await.status, 404);
    // The clock and the ids begin anew.
    let uploaded = app.api_form("POST", "/v1", Form::file("palette.png")).await.json();
    assert_eq!(uploaded["result"]["id"], first.as_str());
    assert_eq!(uploaded["result"]["uploaded"], "2026-01-02T03:04:05.678Z");

    app.control("POST", "reset?to=nothing", "").await;
    assert_eq!(images_of(&app, "other").await, 0);
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn what_cannot_be_gone_back_to_is_refused() {
    let app = TestApp::new();
    let long = format!("{SNAPSHOTS}/{}", "x".repeat(65));
    for (method, path, status) in [
        ("POST", "snapshots/none/restore", 404),
        ("DELETE", "snapshots/none", 404),
        ("PUT", "snapshots/seed", 400),
        ("DELETE", "snapshots/seed", 400),
        ("PUT", "snapshots/a%20b", 400),
        ("PUT", "snapshots/%ff", 400),
        ("PUT", long.as_str(), 400),
        ("PUT", "snapshots/a?account=a%20b", 400),
        ("PUT", "snapshots/a?acount=a", 400),
        ("POST", "reset?to=seed", 404),
        ("POST", "reset?to=elsewhere", 400),
        ("POST", "reset?too=nothing", 400),
    ] {
        let response = app.ask_control(method, path, "").await;
        assert_eq!(response.status, status, "{method} {path}: {}", response.text());
        assert!(response.json()["error"].is_string(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_see_one_state_or_the_other() {
    let app = TestApp::new();
    app.upload_with(Form::file("palette.png").text("id", "kept")).await;
    app.upload_with(Form::file("still.gif").text("id", "also-kept")).await;
    app.control("PUT", &format!("{SNAPSHOTS}/base"), "").await;
    app.upload_with(Form::file("alpha.png").text("id", "new")).await;

    let restoring = async {
        for _ in 0..20 {
            app.control("POST", &format!("{SNAPSHOTS}/base/restore"), "").await;
            app.upload_with(Form::file("alpha.png").text("id", "new")).await;
        }
    };
    let looking = async {
        for _ in 0..60 {
            // Newest first: all that was there before, or all and the new one.
            let listed = app.api("GET", "/v1").await.image_ids();
            assert!(
                ["also-kept kept", "new also-kept kept"].contains(&listed.as_str()),
                "{listed}"
            );
            let delivered = app.get(&format!("/{HASH}/kept/public"), &[]).await;
            assert_eq!(delivered.status, 200, "{}", delivered.text());
        }
    };

    tokio::join!(restoring, looking);
}

#[tokio::test]
async fn what_was_under_way_at_a_reset_lands_in_the_account_after_it() {
    let app = TestApp::new();
    let account = app.app.default_account().await.unwrap().0;
    app.control("POST", "reset", "").await;

    // The account was there when the request came.
    let upload =
        tintype::ingest::Upload { filename: None, bytes: fixtures::read("palette.png").into() };
    let new = tintype::domain::NewImage::default();
    tintype::ingest::new_image(&app.app, account.id, new, upload).await.unwrap();

    assert_eq!(app.api("GET", "/v1").await.image_ids().split(' ').count(), 1);
}
