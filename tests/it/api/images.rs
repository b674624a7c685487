//! One image: details, blob, delete.

use crate::support::{Form, TestApp, fixtures};

#[tokio::test]
async fn details_are_what_the_upload_answered() {
    let app = TestApp::new();
    let form = Form::file("geometry.png").text("metadata", r#"{"z":1,"a":{"b":[true,null]}}"#);
    let uploaded = app.api_form("POST", "/v1", form).await;
    let id = uploaded.json()["result"]["id"].as_str().unwrap().to_owned();

    let details = app.api("GET", &format!("/v1/{id}")).await;

    assert_eq!(details.snapshot(), uploaded.snapshot());
}

#[tokio::test]
async fn an_unknown_image_is_not_found() {
    let app = TestApp::new();

    let response = app.api("GET", "/v1/nothing").await;
    insta::assert_snapshot!(response.snapshot(), @r#"404 {"result":null,"success":false,"errors":[{"code":5404,"message":"Image not found"}],"messages":[]}"#);

    assert_eq!(app.api("DELETE", "/v1/nothing").await.failure(), "404/5404");
    assert_eq!(app.api("GET", "/v1/nothing/blob").await.failure(), "404/5404");
    assert_eq!(app.api("GET", "/v1/%ff").await.failure(), "404/5404");
}

#[tokio::test]
async fn ids_with_slashes_are_found_in_both_spellings() {
    let app = TestApp::new();
    app.upload_with(Form::file("geometry.png").text("id", "shop/50% off/blob")).await;

    for spelling in ["shop%2F50%25%20off%2Fblob", "shop/50%25%20off%2Fblob"] {
        let response = app.api("GET", &format!("/v1/{spelling}")).await;
        assert_eq!(response.json()["result"]["id"], "shop/50% off/blob", "{spelling}");
        let blob = app.api("GET", &format!("/v1/{spelling}/blob")).await;
        assert!(blob.body == fixtures::read("geometry.png"), "{spelling}");
    }
    // A literal /blob at the end always asks for bytes.
    assert_eq!(app.api("GET", "/v1/shop/50%25%20off/blob").await.failure(), "404/5404");
}

#[tokio::test]
async fn an_id_that_begins_like_a_route_is_reached_by_its_encoded_slash() {
    let app = TestApp::new();
    app.upload_with(Form::file("geometry.png").text("id", "variants/x")).await;

    let response = app.api("GET", "/v1/variants%2Fx").await;

    assert_eq!(response.json()["result"]["id"], "variants/x");
    assert_eq!(app.api("GET", "/v1/variants/x").await.failure(), "404/5401");
}

#[tokio::test]
async fn a_deleted_image_is_gone_everywhere() {
    let app = TestApp::new();
    let id = app.upload("geometry.png").await;

    let response = app.api("DELETE", &format!("/v1/{id}")).await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(app.api("GET", &format!("/v1/{id}")).await.failure(), "404/5404");
    assert_eq!(app.api("DELETE", &format!("/v1/{id}")).await.failure(), "404/5404");
    assert_eq!(app.deliver(&id, "public").await.status, 404);
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn a_blob_stays_as_long_as_one_image_needs_it() {
    let app = TestApp::new();
    let one = app.upload("geometry.png").await;
    let two = app.upload("geometry.png").await;
    assert_eq!(app.blobs(), 1);

    app.api("DELETE", &format!("/v1/{one}")).await;

    let blob = app.api("GET", &format!("/v1/{two}/blob")).await;
    assert!(blob.body == fixtures::read("geometry.png"));
}
