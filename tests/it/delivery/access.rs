//! Private images and signed URLs.

use chrono::TimeDelta;
use tintype::signing;

use crate::support::{Form, HASH, TestApp};

async fn private_image(app: &TestApp) -> String {
    app.upload_with(Form::file("geometry.png").text("requireSignedURLs", "true")).await
}

/// Signs as the service's documentation shows: the path and `?exp=…`.
async fn signed(app: &TestApp, id: &str, variant: &str, seconds: i64) -> String {
    let exp = (app.clock.now() + TimeDelta::seconds(seconds)).timestamp();
    let path = format!("/{HASH}/{id}/{variant}?exp={exp}");
    let signature = signing::sign(&app.signing_key().await, &path);
    format!("{path}&sig={signature}")
}

#[tokio::test]
async fn a_private_image_takes_a_signature() {
    let app = TestApp::new();
    let id = private_image(&app).await;

    let response = app.deliver(&id, "public").await;
    insta::assert_snapshot!(response.snapshot(), @"403 ERROR 9425: Image access denied: the URL is not signed");
    assert_eq!(response.header("cf-images"), "err=9425");

    let url = signed(&app, &id, "public", 60).await;
    let response = app.get(&url, &[]).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), "private, max-age=60", "it ends with the URL");
}

#[tokio::test]
async fn the_signature_is_over_the_short_path_on_a_zone_too() {
    let app = TestApp::new();
    let id = private_image(&app).await;
    let url = signed(&app, &id, "public", 60).await;

    let zone = format!("/cdn-cgi/imagedelivery{url}");

    assert_eq!(app.get(&zone, &[]).await.status, 200);
}

#[tokio::test]
async fn an_expired_signature_is_refused() {
    let app = TestApp::new();
    let id = private_image(&app).await;
    let url = signed(&app, &id, "public", 60).await;

    app.clock.advance(TimeDelta::seconds(60));
    assert_eq!(app.get(&url, &[]).await.status, 200, "up to its last second");
    app.clock.advance(TimeDelta::seconds(1));

    insta::assert_snapshot!(app.get(&url, &[]).await.snapshot(), @"403 ERROR 9425: Image access denied: the signed URL has expired");
}

#[tokio::test]
async fn a_signature_is_for_one_image_and_one_variant() {
    let app = TestApp::new();
    app.variant("thumb", r#"{"width":100}"#).await;
    let (one, two) = (private_image(&app).await, private_image(&app).await);
    let url = signed(&app, &one, "public", 60).await;

    for stolen in [url.replace("public", "thumb"), url.replace(&one, &two)] {
        let response = app.get(&stolen, &[]).await;
        assert_eq!((response.status, response.header("cf-images")), (403, "err=9425"), "{stolen}");
    }
}

#[tokio::test]
async fn a_variant_for_everyone_needs_no_signature() {
    let app = TestApp::new();
    let body = r#"{"id":"thumb","options":{"width":100},"neverRequireSignedURLs":true}"#;
    app.api_json("POST", "/v1/variants", body).await;
    let id = private_image(&app).await;

    assert_eq!(app.deliver(&id, "thumb").await.status, 200);
}

#[tokio::test]
async fn a_signature_does_no_harm_to_a_public_image() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;

    assert_eq!(app.get(&format!("/{HASH}/{id}/public?exp=1&sig=00"), &[]).await.status, 200);
}
