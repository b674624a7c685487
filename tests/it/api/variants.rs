//! Named variants.

use crate::support::TestApp;

#[tokio::test]
async fn an_account_starts_with_public() {
    let app = TestApp::new();

    let response = app.api("GET", "/v1/variants").await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"variants":{"public":{"id":"public","options":{"fit":"scale-down","width":1366,"height":768,"metadata":"none"},"neverRequireSignedURLs":false}}},"success":true,"errors":[],"messages":[]}"#);
}

#[tokio::test]
async fn a_created_variant_is_shown_and_found() {
    let app = TestApp::new();
    let body = r#"{"id":"hero","options":{"fit":"cover","width":600,"height":400,"metadata":"none",
                   "blur":2.5,"browser_ttl":3600},"neverRequireSignedURLs":true}"#;

    let created = app.api_json("POST", "/v1/variants", body).await;

    insta::assert_snapshot!(created.snapshot(), @r#"200 {"result":{"variant":{"id":"hero","options":{"fit":"cover","width":600,"height":400,"metadata":"none","blur":2.5,"browser_ttl":3600},"neverRequireSignedURLs":true}},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(app.api("GET", "/v1/variants/hero").await.snapshot(), created.snapshot());
    let flat = app.api("GET", "/v1/variants/hero/flat").await.json();
    assert_eq!(flat["result"], created.json()["result"]["variant"]);
    let all = app.api("GET", "/v1/variants").await.json();
    assert_eq!(all["result"]["variants"]["hero"], flat["result"]);
}

#[tokio::test]
async fn options_left_out_take_their_defaults() {
    let app = TestApp::new();

    let body = r#"{"id":"thumb","options":{"width":100,"height":null,"unknown":[1]}}"#;
    let response = app.api_json("POST", "/v1/variants", body).await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"variant":{"id":"thumb","options":{"fit":"scale-down","width":100,"metadata":"copyright"},"neverRequireSignedURLs":false}},"success":true,"errors":[],"messages":[]}"#);
}

#[tokio::test]
async fn bad_variants_are_refused() {
    let app = TestApp::new();

    let response = app.api_json("POST", "/v1/variants", r#"{"id":"a"}"#).await;
    insta::assert_snapshot!(response.snapshot(), @r#"400 {"result":null,"success":false,"errors":[{"code":5400,"message":"Bad request: missing field `options` at line 1 column 10"}],"messages":[]}"#);
    let body = r#"{"id":"a","options":{"fit":"fill","width":1,"height":1}}"#;
    let response = app.api_json("POST", "/v1/variants", body).await;
    insta::assert_snapshot!(response.snapshot(), @r#"400 {"result":null,"success":false,"errors":[{"code":5400,"message":"Bad request: fit: 'fill' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'"}],"messages":[]}"#);

    for body in [
        "",
        "{",
        "[]",
        r#"{"id":"with-dash","options":{}}"#,
        r#"{"id":"with_underscore","options":{}}"#,
        r#"{"id":"","options":{}}"#,
        r#"{"id":"a","options":{"width":0}}"#,
        r#"{"id":"a","options":{"height":10000}}"#,
        r#"{"id":"a","options":{"width":[]}}"#,
        r#"{"id":"a","options":{"metadata":"some"}}"#,
        r#"{"id":"a","options":{"blur":251}}"#,
        r#"{"id":"a","options":{"browser_ttl":3599}}"#,
    ] {
        let response = app.api_json("POST", "/v1/variants", body).await;
        assert_eq!(response.failure(), "400/5400", "{body}");
    }
    let variants = app.api("GET", "/v1/variants").await.json();
    assert_eq!(variants["result"]["variants"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_taken_name_is_a_conflict() {
    let app = TestApp::new();

    let body = r#"{"id":"public","options":{"width":1}}"#;
    let response = app.api_json("POST", "/v1/variants", body).await;

    assert_eq!(response.failure(), "409/5409");
}

#[tokio::test]
async fn an_edit_changes_what_it_names() {
    let app = TestApp::new();
    app.variant("hero", r#"{"fit":"cover","width":600,"height":400}"#).await;

    let body = r#"{"options":{"width":300},"neverRequireSignedURLs":true}"#;
    let response = app.api_json("PATCH", "/v1/variants/hero", body).await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"variant":{"id":"hero","options":{"fit":"cover","width":300,"height":400,"metadata":"copyright"},"neverRequireSignedURLs":true}},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(app.api("GET", "/v1/variants/hero").await.snapshot(), response.snapshot());
}

#[tokio::test]
async fn an_edit_that_is_refused_changes_nothing() {
    let app = TestApp::new();
    let before = app.api("GET", "/v1/variants/public").await.snapshot();

    let body = r#"{"options":{"width":300,"fit":"fill"}}"#;
    let response = app.api_json("PATCH", "/v1/variants/public", body).await;

    assert_eq!(response.failure(), "400/5400");
    assert_eq!(app.api("GET", "/v1/variants/public").await.snapshot(), before);
}

#[tokio::test]
async fn a_deleted_variant_is_gone_and_public_never_goes() {
    let app = TestApp::new();
    app.variant("hero", r#"{"width":600}"#).await;

    assert_eq!(app.api("DELETE", "/v1/variants/hero").await.status, 200);
    assert_eq!(app.api("DELETE", "/v1/variants/public").await.status, 200);

    let variants = app.api("GET", "/v1/variants").await.json();
    let names: Vec<_> = variants["result"]["variants"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["public"]);
}

#[tokio::test]
async fn an_unknown_variant_is_not_found_by_any_operation() {
    let app = TestApp::new();

    for name in ["nothing", "no-name", "%20"] {
        let path = format!("/v1/variants/{name}");
        assert_eq!(app.api("GET", &path).await.failure(), "404/5401", "{name}");
        assert_eq!(app.api("GET", &format!("{path}/flat")).await.failure(), "404/5401");
        assert_eq!(app.api("DELETE", &path).await.failure(), "404/5401");
        let edit = app.api_json("PATCH", &path, r#"{"options":{}}"#).await;
        assert_eq!(edit.failure(), "404/5401");
    }
}

#[tokio::test]
async fn an_account_has_at_most_a_hundred_variants() {
    let app = TestApp::new();
    for number in 1..100 {
        app.variant(&format!("v{number}"), r#"{"width":1}"#).await;
    }

    let body = r#"{"id":"onemore","options":{"width":1}}"#;
    let response = app.api_json("POST", "/v1/variants", body).await;

    assert_eq!(response.failure(), "400/5400");
}

#[tokio::test]
async fn every_image_names_every_variant() {
    let app = TestApp::new();
    app.variant("hero", r#"{"width":600}"#).await;
    let id = app.upload("palette.png").await;

    let image = app.api("GET", &format!("/v1/{id}")).await.json();

    let urls = image["result"]["variants"].as_array().unwrap();
    let last =
        |url: &serde_json::Value| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(urls.iter().map(last).collect::<Vec<_>>(), ["hero", "public"]);
}

#[tokio::test]
async fn short_names_and_modes_of_urls_are_none_of_a_variants() {
    let app = TestApp::new();

    let body = r#"{"id":"short","options":{"w":100,"quality":50,"height":50}}"#;
    let created = app.api_json("POST", "/v1/variants", body).await.json();
    let options = &created["result"]["variant"]["options"];
    assert_eq!(
        *options,
        serde_json::json!({"fit":"scale-down","height":50,"metadata":"copyright"})
    );

    for options in [r#"{"fit":"squeeze"}"#, r#"{"width":"auto"}"#] {
        let body = format!(r#"{{"id":"bad","options":{options}}}"#);
        assert_eq!(app.api_json("POST", "/v1/variants", &body).await.failure(), "400/5400");
    }
}
