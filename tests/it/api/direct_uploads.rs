//! Direct uploads: drafts, one-time URLs, and what browsers need.

use chrono::TimeDelta;
use futures_util::future::join_all;

use crate::support::{Form, HASH, Response, TestApp, fixtures};

/// Creates a draft; its id and the path of its upload URL.
async fn draft(app: &TestApp, form: Form) -> (String, String) {
    let response = app.api_form("POST", "/v2/direct_upload", form).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let result = &response.json()["result"];
    let url = result["uploadURL"].as_str().unwrap();
    let path = url.strip_prefix("http://tintype.test").unwrap().to_owned();
    (result["id"].as_str().unwrap().to_owned(), path)
}

#[tokio::test]
async fn a_draft_is_announced_seen_filled_and_then_an_image() {
    let app = TestApp::new();
    let form = Form::new().text("metadata", r#"{"a":1}"#).text("creator", "me");

    let created = app.api_form("POST", "/v2/direct_upload", form).await;
    insta::assert_snapshot!(created.snapshot(), @r#"200 {"result":{"id":"0c730b69-905c-5ef7-a4ca-5269f7236500","uploadURL":"http://tintype.test/upload/6oHE1nRiq6AK0MxcayE9rA/0c730b69-905c-5ef7-a4ca-5269f7236500"},"success":true,"errors":[],"messages":[]}"#);
    let id = created.json()["result"]["id"].as_str().unwrap().to_owned();

    let seen = app.api("GET", &format!("/v1/{id}")).await;
    insta::assert_snapshot!(seen.snapshot(), @r#"200 {"result":{"id":"0c730b69-905c-5ef7-a4ca-5269f7236500","creator":"me","filename":null,"meta":{"a":1},"uploaded":"2026-01-02T03:04:05.678Z","requireSignedURLs":false,"variants":["http://tintype.test/6oHE1nRiq6AK0MxcayE9rA/0c730b69-905c-5ef7-a4ca-5269f7236500/public"],"draft":true},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(app.api("GET", "/v2").await.json()["result"]["images"], serde_json::json!([]));
    assert_eq!(app.api("GET", "/v1").await.json()["result"]["images"], serde_json::json!([]));
    assert_eq!(app.api("GET", "/v1/stats").await.json()["result"]["count"]["current"], 0);
    assert_eq!(app.api("GET", &format!("/v1/{id}/blob")).await.failure(), "404/5404");
    assert_eq!(app.deliver(&id, "public").await.header("cf-images"), "err=9404");

    app.clock.advance(TimeDelta::seconds(10));
    let path = format!("/upload/{HASH}/{id}");
    let filled = app.post_form(&path, Form::file("palette.png").text("name", "from Uppy")).await;
    insta::assert_snapshot!(filled.snapshot(), @r#"200 {"result":{"id":"0c730b69-905c-5ef7-a4ca-5269f7236500","creator":"me","filename":"palette.png","meta":{"a":1},"uploaded":"2026-01-02T03:04:15.678Z","requireSignedURLs":false,"variants":["http://tintype.test/6oHE1nRiq6AK0MxcayE9rA/0c730b69-905c-5ef7-a4ca-5269f7236500/public"]},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(app.deliver(&id, "public").await.status, 200);
}

#[tokio::test]
async fn a_form_may_be_missing_or_empty() {
    let app = TestApp::new();

    assert_eq!(app.api("POST", "/v2/direct_upload").await.status, 200);
    assert_eq!(app.api_form("POST", "/v2/direct_upload", Form::new()).await.status, 200);
    assert_eq!(app.api_form("POST", "/v1/direct_upload", Form::new()).await.status, 200);
    assert_eq!(app.api("POST", "/v1/direct_upload").await.status, 200);
}

#[tokio::test]
async fn v1_takes_json_and_v2_refuses_it() {
    let app = TestApp::new();
    let body = r#"{"expiry":"2026-01-02T03:30:00Z"}"#;

    assert_eq!(app.api_json("POST", "/v1/direct_upload", body).await.status, 200);
    assert_eq!(app.api_json("POST", "/v2/direct_upload", body).await.failure(), "415/5415");
    let long = format!(r#"{{"creator":"{}"}}"#, "x".repeat(2 << 20));
    assert_eq!(app.api_json("POST", "/v2/direct_upload", &long).await.failure(), "415/5415");
    let bad = app.api_json("POST", "/v1/direct_upload", r#"{"expiry":"soon"}"#).await;
    assert_eq!(bad.failure(), "400/5400");
}

#[tokio::test]
async fn a_custom_id_is_one_segment_of_the_upload_url() {
    let app = TestApp::new();

    let (id, path) = draft(&app, Form::new().text("id", "prod/a b.jpeg")).await;

    assert_eq!(id, "prod/a b.jpeg");
    assert_eq!(path, format!("/upload/{HASH}/prod%2Fa%20b.jpeg"));
    assert_eq!(app.post_form(&path, Form::file("photo.jpg")).await.status, 200);
    assert_eq!(app.deliver("prod/a%20b.jpeg", "public").await.status, 200);
}

#[tokio::test]
async fn the_url_of_the_real_host_is_used_without_upload_before_it() {
    let app = TestApp::new();
    let (id, _) = draft(&app, Form::new()).await;

    let path = format!("/{HASH}/{id}");
    let response = app.post_form_to("upload.imagedelivery.net", &path, Form::file("palette.png"));

    assert_eq!(response.await.status, 200);
}

#[tokio::test]
async fn a_url_is_good_once() {
    let app = TestApp::new();
    let (_, path) = draft(&app, Form::new()).await;
    app.post_form(&path, Form::file("palette.png")).await;

    let again = app.post_form(&path, Form::file("geometry.png")).await;

    assert_eq!(again.failure(), "409/5409");
    assert_eq!(again.header("access-control-allow-origin"), "*");
    assert_eq!(app.blobs(), 1);
}

#[tokio::test]
async fn of_fifty_at_once_exactly_one_wins() {
    let app = TestApp::new();
    let (id, path) = draft(&app, Form::new()).await;

    let posts = (0..50).map(|number| {
        let fixture = if number % 2 == 0 { "palette.png" } else { "still.gif" };
        app.post_form(&path, Form::file(fixture))
    });
    let responses: Vec<Response> = join_all(posts).await;

    let won: Vec<_> = responses.iter().filter(|response| response.status == 200).collect();
    assert_eq!(won.len(), 1);
    let lost = responses.iter().filter(|response| response.status == 409);
    assert_eq!(lost.count(), 49);
    let winner = won[0].json()["result"]["filename"].as_str().unwrap().to_owned();
    let blob = app.api("GET", &format!("/v1/{id}/blob")).await;
    assert!(blob.body == fixtures::read(&winner), "the winner's bytes are kept");
    assert_eq!(app.blobs(), 1);
}

#[tokio::test]
async fn a_failed_upload_leaves_the_url_usable() {
    let app = TestApp::new();
    let (_, path) = draft(&app, Form::new()).await;

    for (form, expected) in [
        (Form::file("broken/not-an-image.jpg"), "415/5455"),
        (Form::file("broken/truncated.png"), "422/9422"),
        (Form::new().bytes("large.jpg", &vec![0; (10 << 20) + 1]), "413/5413"),
        (Form::new(), "400/5400"),
    ] {
        assert_eq!(app.post_form(&path, form).await.failure(), expected);
    }
    assert_eq!(app.request("POST", &path, &[]).await.failure(), "415/5415");

    assert_eq!(app.post_form(&path, Form::file("palette.png")).await.status, 200);
}

#[tokio::test]
async fn an_expired_or_unknown_url_is_not_found() {
    let app = TestApp::new();
    let expiry = (app.clock.now() + TimeDelta::minutes(5)).to_rfc3339();
    let (id, path) = draft(&app, Form::new().text("expiry", &expiry)).await;
    app.clock.advance(TimeDelta::seconds(299));
    assert_eq!(app.api("GET", &format!("/v1/{id}")).await.status, 200);

    app.clock.advance(TimeDelta::seconds(1));

    assert_eq!(app.post_form(&path, Form::file("palette.png")).await.failure(), "404/5404");
    assert_eq!(app.api("GET", &format!("/v1/{id}")).await.failure(), "404/5404");
    for unknown in ["/upload/AAAAAAAAAAAAAAAAAAAAAA/x", "/upload/short/x", "/upload/x"] {
        let response = app.post_form(unknown, Form::file("palette.png")).await;
        assert_eq!(response.failure(), "404/5404", "{unknown}");
    }
}

#[tokio::test]
async fn an_expired_id_is_free_again_and_a_live_one_is_taken() {
    let app = TestApp::new();
    let with_id = || Form::new().text("id", "cat");
    draft(&app, with_id()).await;

    let again = app.api_form("POST", "/v2/direct_upload", with_id()).await;
    assert_eq!(again.failure(), "409/5409");
    let upload = Form::file("palette.png").text("id", "cat");
    assert_eq!(app.api_form("POST", "/v1", upload).await.failure(), "409/5409");

    app.clock.advance(TimeDelta::minutes(30));
    draft(&app, with_id()).await;
}

#[tokio::test]
async fn what_cannot_be_announced_is_refused() {
    let app = TestApp::new();
    let from_now = |seconds| (app.clock.now() + TimeDelta::seconds(seconds)).to_rfc3339();

    for (name, value, expected) in [
        ("expiry", from_now(119).as_str(), "400/5400"),
        ("expiry", &from_now(6 * 3600 + 1), "400/5400"),
        ("expiry", "tomorrow", "400/5400"),
        ("id", "/cat", "400/5411"),
        ("metadata", "[]", "400/5400"),
    ] {
        let response =
            app.api_form("POST", "/v2/direct_upload", Form::new().text(name, value)).await;
        assert_eq!(response.failure(), expected, "{name}={value}");
    }
    let private = Form::new().text("id", "cat").text("requireSignedURLs", "true");
    let response = app.api_form("POST", "/v2/direct_upload", private).await;
    assert_eq!(response.failure(), "400/5410");
}

#[tokio::test]
async fn a_draft_can_be_edited_and_deleted() {
    let app = TestApp::new();
    let (id, path) = draft(&app, Form::new()).await;
    let at = format!("/v1/{id}");

    let body = r#"{"metadata":{"a":1},"creator":"me","requireSignedURLs":true}"#;
    let edited = app.api_json("PATCH", &at, body).await.json()["result"].clone();
    assert_eq!((&edited["draft"], &edited["meta"]["a"]), (&true.into(), &1.into()));
    assert_eq!(edited["id"], id.as_str(), "the upload URL is out there");
    let filled = app.post_form(&path, Form::file("palette.png")).await.json()["result"].clone();
    assert_eq!((&filled["creator"], &filled["requireSignedURLs"]), (&"me".into(), &true.into()));

    let (id, path) = draft(&app, Form::new()).await;
    assert_eq!(app.api("DELETE", &format!("/v1/{id}")).await.status, 200);
    assert_eq!(app.post_form(&path, Form::file("palette.png")).await.failure(), "404/5404");
}

#[tokio::test]
async fn browsers_of_every_origin_may_upload() {
    let app = TestApp::new();
    let (_, path) = draft(&app, Form::new()).await;

    let preflight = [("origin", "https://app.test"), ("access-control-request-method", "POST")];
    let response = app.request("OPTIONS", &path, &preflight).await;

    assert_eq!((response.status, response.body.len()), (204, 0));
    assert_eq!(response.header("access-control-allow-origin"), "*");
    assert_eq!(response.header("access-control-allow-methods"), "POST, OPTIONS");
    let uploaded = app.post_form(&path, Form::file("palette.png")).await;
    assert_eq!(uploaded.header("access-control-allow-origin"), "*");
    let wrong = app.request("PUT", &path, &[]).await;
    assert_eq!(wrong.failure(), "405/10000");
    assert_eq!(wrong.header("access-control-allow-origin"), "*");
}
