//! Batch tokens and the batch host.

use chrono::TimeDelta;

use crate::support::{Form, TestApp};

async fn token(app: &TestApp) -> String {
    let response = app.api("GET", "/v1/batch_token").await;
    assert_eq!(response.status, 200, "{}", response.text());
    format!("Bearer {}", response.json()["result"]["token"].as_str().unwrap())
}

#[tokio::test]
async fn a_token_is_good_for_an_hour() {
    let app = TestApp::new();

    let response = app.api("GET", "/v1/batch_token").await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"token":"batch-2a5eb6d00eef0cfeba3d22e472d4ef1170465caa","expiresAt":"2026-01-02T04:04:05.678000000Z"},"success":true,"errors":[],"messages":[]}"#);
    let token = token(&app).await;
    let headers = [("host", "batch.imagedelivery.net"), ("authorization", token.as_str())];
    app.clock.advance(TimeDelta::seconds(3599));
    assert_eq!(app.get("/images/v1/stats", &headers).await.status, 200);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(app.get("/images/v1/stats", &headers).await.failure(), "401/10000");
}

#[tokio::test]
async fn no_token_outlives_the_last_year_with_four_digits() {
    let app = TestApp::new();
    app.clock.advance(TimeDelta::days(4_000_000));

    let token = app.api("GET", "/v1/batch_token").await.json();

    assert_eq!(token["result"]["expiresAt"], "9999-12-31T23:59:59.999000000Z");
}

#[tokio::test]
async fn the_batch_host_does_what_the_api_does() {
    let app = TestApp::new();
    let id = app.upload_with(Form::file("palette.png").text("id", "a/b")).await;
    let token = token(&app).await;
    let there = [("host", "batch.imagedelivery.net"), ("authorization", token.as_str())];
    let here = [("host", "localhost:1856"), ("authorization", token.as_str())];

    for path in ["/images/v1/a%2Fb", "/images/v1/a/b", "/images/v1/a/b/blob", "/images/v2"] {
        assert_eq!(app.get(path, &there).await.status, 200, "{path}");
        assert_eq!(app.get(&format!("/batch{path}"), &here).await.status, 200, "{path}");
    }
    let form = Form::file("still.gif");
    let uploaded = app.post_form_as(&token, "/batch/images/v1", form).await;
    assert_eq!(uploaded.json()["result"]["filename"], "still.gif");
    let deleted = app.request("DELETE", &format!("/images/v1/{id}"), &there).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(app.api("GET", "/v1/a%2Fb").await.failure(), "404/5404");
}

#[tokio::test]
async fn the_batch_host_wants_a_batch_token_and_the_api_another() {
    let app = TestApp::new();
    let token = token(&app).await;

    for (headers, expected) in [
        (&[][..], "400/9106"),
        (&[("authorization", "Bearer any")], "401/10000"),
        (&[("x-auth-email", "a@b.test"), ("x-auth-key", "abc")], "401/10000"),
    ] {
        assert_eq!(app.get("/batch/images/v1", headers).await.failure(), expected, "{headers:?}");
    }
    // No token makes another: it would live for ever.
    let again = app.get("/batch/images/v1/batch_token", &[("authorization", &token)]).await;
    assert_eq!(again.failure(), "404/7000");
    let path = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1";
    let response = app.get(path, &[("authorization", &token)]).await;
    insta::assert_snapshot!(response.snapshot(), @r#"401 {"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[]}"#);
}
