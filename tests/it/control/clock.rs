//! The clock, and what goes by it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::support::{Form, HASH, TestApp};

const CLOCK: &str = "/_tintype/clock";

async fn set(app: &TestApp, query: &str, change: &str) -> Value {
    let response = app.post_json(&format!("{CLOCK}{query}"), change).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

#[tokio::test]
async fn the_clock_is_set_moved_frozen_and_let_go() {
    let app = TestApp::new();

    let shown = app.get(CLOCK, &[]).await;
    insta::assert_snapshot!(shown.snapshot(), @r#"200 {"now":"2026-01-02T03:04:05.678Z","frozen":true,"offset_ms":null}"#);
    let set_to = set(&app, "", r#"{"now":"2030-01-01T00:00:00Z"}"#).await;
    insta::assert_snapshot!(set_to, @r#"{"now":"2030-01-01T00:00:00.000Z","frozen":true,"offset_ms":null}"#);
    let moved = set(&app, "", r#"{"advance":"1m 30s"}"#).await;
    insta::assert_snapshot!(moved, @r#"{"now":"2030-01-01T00:01:30.000Z","frozen":true,"offset_ms":null}"#);

    let running = set(&app, "", r#"{"resume":true}"#).await;
    assert_eq!((&running["frozen"], &running["offset_ms"]), (&false.into(), &0.into()));
    let ahead = set(&app, "", r#"{"advance":"1h"}"#).await;
    assert_eq!((&ahead["frozen"], &ahead["offset_ms"]), (&false.into(), &3_600_000.into()));
    let time = |face: &Value| face["now"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert!(time(&ahead) - time(&running) >= TimeDelta::hours(1));
    let frozen = set(&app, "", r#"{"freeze":true}"#).await;
    assert_eq!(app.get(CLOCK, &[]).await.json(), frozen);
}

#[tokio::test]
async fn everything_dated_goes_by_the_clock() {
    let app = TestApp::new();
    set(&app, "", r#"{"now":"2030-01-01T00:00:00Z"}"#).await;

    let uploaded = app.api_form("POST", "/v1", Form::file("palette.png")).await;
    assert_eq!(uploaded.json()["result"]["uploaded"], "2030-01-01T00:00:00.000Z");
    assert_eq!(uploaded.header("date"), "Tue, 01 Jan 2030 00:00:00 GMT");
    let draft = app.api_form("POST", "/v2/direct_upload", Form::new()).await.json();
    let url = draft["result"]["uploadURL"].as_str().unwrap().to_owned();
    let token = app.api("GET", "/v1/batch_token").await.json();
    let token = format!("Bearer {}", token["result"]["token"].as_str().unwrap());
    let headers = [("host", "batch.imagedelivery.net"), ("authorization", token.as_str())];
    assert_eq!(app.get("/images/v1", &headers).await.status, 200);

    set(&app, "", r#"{"advance":"61m"}"#).await;

    let path = url.strip_prefix("http://tintype.test").unwrap();
    assert_eq!(app.post_form(path, Form::file("palette.png")).await.status, 404);
    assert_eq!(app.get("/images/v1", &headers).await.status, 401);
}

#[tokio::test]
async fn an_account_has_a_clock_of_its_own() {
    let app = TestApp::new();
    let id = app.upload_with(Form::file("palette.png").text("requireSignedURLs", "true")).await;
    let signed = app.get(&format!("/_tintype/sign?url=/{HASH}/{id}/public&expires=1h"), &[]).await;
    let signed = signed.json()["url"].as_str().unwrap().to_owned();
    let other = "/client/v4/accounts/other/images/v1/batch_token";
    let token = app.get(other, &[("authorization", "Bearer any")]).await.json();
    let token = format!("Bearer {}", token["result"]["token"].as_str().unwrap());
    let as_other = [("host", "batch.imagedelivery.net"), ("authorization", token.as_str())];

    // The account of the image is years ahead; the other one stays where it is.
    let mine = "?account=0123456789abcdef0123456789abcdef";
    set(&app, mine, r#"{"now":"2030-01-01T00:00:00Z"}"#).await;
    app.api("GET", "/v1/batch_token").await;

    assert_eq!(app.get(&signed, &[]).await.status, 403);
    assert_eq!(app.api("GET", "/v1").await.header("date"), "Tue, 01 Jan 2030 00:00:00 GMT");
    assert_eq!(app.get("/images/v1", &as_other).await.status, 200);
    let shown = app.get(&format!("{CLOCK}?account=other"), &[]).await;
    insta::assert_snapshot!(shown.snapshot(), @r#"200 {"now":"2026-01-02T03:04:05.678Z","frozen":true,"offset_ms":null,"own":false}"#);

    let resumed = set(&app, mine, r#"{"resume":true}"#).await;
    assert_eq!(
        (&resumed["now"], &resumed["own"]),
        (&"2026-01-02T03:04:05.678Z".into(), &false.into())
    );
    let delivered = app.get(&signed, &[]).await;
    assert_eq!(
        (delivered.status, delivered.header("date")),
        (200, "Fri, 02 Jan 2026 03:04:05 GMT")
    );
    set(&app, mine, r#"{"advance":"60s"}"#).await;
    assert_eq!(app.get(&signed, &[]).await.header("date"), "Fri, 02 Jan 2026 03:05:05 GMT");
}

#[tokio::test]
async fn what_an_account_sends_is_dated_by_its_own_clock() {
    let app = TestApp::new();
    let mine = "?account=0123456789abcdef0123456789abcdef";
    set(&app, mine, r#"{"now":"2030-01-01T00:00:00Z"}"#).await;
    let draft = app.api_form("POST", "/v2/direct_upload", Form::new()).await.json();
    let url = draft["result"]["uploadURL"].as_str().unwrap();

    let path = url.strip_prefix("http://tintype.test").unwrap();
    let uploaded = app.post_form(path, Form::file("palette.png")).await;

    assert_eq!(uploaded.header("date"), "Tue, 01 Jan 2030 00:00:00 GMT");
    let requests = app.control(
        "GET",
        "requests?operation=Create%20authenticated%20direct%20upload%20URL%20V2",
        "",
    );
    assert_eq!(requests.await["requests"][0]["time"], "2030-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn what_no_clock_can_do_is_refused() {
    let app = TestApp::new();
    for (query, change) in [
        ("", "{}"),
        ("", "7"),
        ("", ""),
        ("", r#"{"now":"tomorrow"}"#),
        ("", r#"{"now":"1969-12-31T23:59:59Z"}"#),
        ("", r#"{"now":1893456000}"#),
        ("", r#"{"advance":"soon"}"#),
        ("", r#"{"advance":"-5s"}"#),
        ("", r#"{"advance":"8000y"}"#),
        ("", r#"{"freeze":false}"#),
        ("", r#"{"freeze":true,"resume":true}"#),
        ("", r#"{"forward":"90s"}"#),
        ("?account=a%20b", r#"{"freeze":true}"#),
        ("?acount=a", r#"{"freeze":true}"#),
    ] {
        let response = app.post_json(&format!("{CLOCK}{query}"), change).await;
        assert_eq!(response.status, 400, "{query} {change}");
        assert!(response.json()["error"].is_string(), "{query} {change}");
    }
    let shown = app.get(CLOCK, &[]).await.json();
    assert_eq!(shown["now"], "2026-01-02T03:04:05.678Z");
}

#[tokio::test]
async fn accounts_side_by_side_see_the_same_ids() {
    let app = TestApp::new();
    let upload = |account: &'static str| {
        let path = format!("/client/v4/accounts/{account}/images/v1");
        let app = &app;
        async move {
            let form = Form::file("palette.png");
            let uploaded = app.post_form_as("Bearer any", &path, form).await.json();
            uploaded["result"]["id"].as_str().unwrap().to_owned()
        }
    };

    let first = [upload("one").await, upload("one").await];
    let second = [upload("two").await, upload("two").await];

    assert_eq!(first, second);
    assert_ne!(first[0], first[1]);
}

#[tokio::test]
async fn seeded_ids_pass_over_those_that_an_earlier_run_made() {
    let app = TestApp::new();
    let earlier = app.upload("palette.png").await;

    // The clock of the second run draws the same ids again.
    let app = app.restarted();
    let account = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let _ = app.app.clock.of(&account).new_key_value();
    let later = app.upload("palette.png").await;

    assert_ne!(earlier, later);
}

#[tokio::test]
async fn pages_of_every_origin_may_use_the_controls() {
    let app = TestApp::new();
    let asked = [("origin", "http://localhost:5173"), ("access-control-request-method", "POST")];
    for path in [CLOCK, "/_tintype/explain", "/_tintype/nowhere"] {
        let preflight = app.request("OPTIONS", path, &asked).await;
        assert!(preflight.status < 300, "{path}: {}", preflight.status);
        for name in ["methods", "headers", "origin"] {
            assert_ne!(preflight.header(&format!("access-control-allow-{name}")), "", "{path}");
        }
        let answer = app.get(path, &asked[..1]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
}
