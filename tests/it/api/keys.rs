//! Signing keys.

use crate::support::{Form, HASH, Response, TestApp};

fn names(response: &Response) -> Vec<String> {
    assert_eq!(response.status, 200, "{}", response.text());
    let json = response.json();
    let keys = json["result"]["keys"].as_array().unwrap();
    keys.iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
}

fn value(response: &Response, name: &str) -> String {
    let json = response.json();
    let keys = json["result"]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["name"] == name).unwrap();
    key["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_account_starts_with_one_key() {
    let app = TestApp::new();

    let response = app.api("GET", "/v1/keys").await;

    assert_eq!(names(&response), ["default"]);
    assert_eq!(value(&response, "default").len(), 32);
}

#[tokio::test]
async fn put_creates_and_then_rotates() {
    let app = TestApp::new();

    let created = app.api("PUT", "/v1/keys/ci").await;
    let rotated = app.api_json("PUT", "/v1/keys/ci", "").await;

    assert_eq!((names(&created), names(&rotated)), (names(&created), names(&created)));
    assert_eq!(names(&created), ["ci", "default"]);
    assert_ne!(value(&created, "ci"), value(&rotated, "ci"));
    assert_eq!(value(&created, "default"), value(&rotated, "default"));
}

#[tokio::test]
async fn a_name_in_the_body_renames() {
    let app = TestApp::new();
    let before = app.api("GET", "/v1/keys").await;

    let renamed = app.api_json("PUT", "/v1/keys/default", r#"{"name":"prod"}"#).await;

    assert_eq!(names(&renamed), ["prod"]);
    assert_eq!(value(&renamed, "prod"), value(&before, "default"));
    let same = app.api_json("PUT", "/v1/keys/prod", r#"{"name":"prod"}"#).await;
    assert_ne!(value(&same, "prod"), value(&renamed, "prod"), "the same name is no new one");
    let unknown = app.api_json("PUT", "/v1/keys/nothing", r#"{"name":"other"}"#).await;
    assert_eq!(unknown.failure(), "404/5404");
    app.api("PUT", "/v1/keys/ci").await;
    let taken = app.api_json("PUT", "/v1/keys/ci", r#"{"name":"prod"}"#).await;
    assert_eq!(taken.failure(), "409/5409");
}

#[tokio::test]
async fn an_account_has_at_most_two_keys() {
    let app = TestApp::new();
    app.api("PUT", "/v1/keys/ci").await;

    assert_eq!(app.api("PUT", "/v1/keys/third").await.failure(), "400/5400");
    assert_eq!(app.api("PUT", "/v1/keys/ci").await.status, 200, "rotation is always possible");
}

#[tokio::test]
async fn bad_names_and_bodies_are_refused() {
    let app = TestApp::new();

    let long = format!("/v1/keys/{}", "x".repeat(21));
    assert_eq!(app.api("PUT", &long).await.failure(), "400/5400");
    for body in ["{", r#"{"name":""}"#, r#"{"name":7}"#] {
        let response = app.api_json("PUT", "/v1/keys/ci", body).await;
        assert_eq!(response.failure(), "400/5400", "{body}");
    }
    assert_eq!(names(&app.api("GET", "/v1/keys").await), ["default"]);
}

#[tokio::test]
async fn the_last_key_is_replaced_by_a_fresh_default() {
    let app = TestApp::new();
    let before = app.api("PUT", "/v1/keys/ci").await;

    assert_eq!(names(&app.api("DELETE", "/v1/keys/default").await), ["ci"]);
    let fresh = app.api("DELETE", "/v1/keys/ci").await;

    assert_eq!(names(&fresh), ["default"]);
    assert_ne!(value(&fresh, "default"), value(&before, "default"));
    assert_eq!(app.api("DELETE", "/v1/keys/ci").await.failure(), "404/5404");
}

#[tokio::test]
async fn a_rotated_key_opens_nothing_any_more() {
    let app = TestApp::new();
    let form = Form::file("palette.png").text("requireSignedURLs", "true");
    let path = format!("/{HASH}/{}/public", app.upload_with(form).await);
    let signature = tintype::signing::sign(&app.signing_key().await, &path);
    let url = format!("{path}?sig={signature}");
    assert_eq!(app.get(&url, &[]).await.status, 200);

    app.api("PUT", "/v1/keys/default").await;

    assert_eq!(app.get(&url, &[]).await.status, 403);
}
