//! Signed URLs for whoever asks.

use chrono::TimeDelta;

use crate::support::{Form, HASH, TestApp};

async fn sign(app: &TestApp, query: &str) -> String {
    let response = app.get(&format!("/_tintype/sign?{query}"), &[("host", "tintype.test")]).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["url"].as_str().unwrap().to_owned()
}

async fn private_image(app: &TestApp) -> String {
    app.upload_with(Form::file("palette.png").text("requireSignedURLs", "true")).await
}

#[tokio::test]
async fn a_url_is_signed_in_every_form() {
    let app = TestApp::new();
    let id = private_image(&app).await;

    for url in [
        format!("/{HASH}/{id}/public"),
        format!("/cdn-cgi/imagedelivery/{HASH}/{id}/public"),
        format!("/{HASH}/{id}/public?exp=1%26sig=old"),
    ] {
        let signed = sign(&app, &format!("url={url}")).await;
        assert_eq!(app.get(&signed, &[]).await.status, 200, "{signed}");
    }
    let signed = sign(&app, &format!("image={id}&variant=public")).await;
    let path = signed.strip_prefix("http://tintype.test").unwrap();
    assert_eq!(app.get(path, &[]).await.status, 200, "{signed}");
}

#[tokio::test]
async fn a_signature_ends_when_it_is_told_to() {
    let app = TestApp::new();
    let id = private_image(&app).await;

    let signed = sign(&app, &format!("url=/{HASH}/{id}/public&expires=1h")).await;

    app.clock.advance(TimeDelta::minutes(60));
    assert_eq!(app.get(&signed, &[]).await.status, 200);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(app.get(&signed, &[]).await.status, 403);
}

#[tokio::test]
async fn a_key_is_named() {
    let app = TestApp::new();
    let id = private_image(&app).await;
    app.api_json("PUT", "/v1/keys/second", "{}").await;

    let first = sign(&app, &format!("url=/{HASH}/{id}/public")).await;
    let second = sign(&app, &format!("url=/{HASH}/{id}/public&key=second")).await;

    assert_ne!(first, second);
    assert_eq!(app.get(&second, &[]).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_signed_is_refused() {
    let app = TestApp::new();
    app.app.default_account().await.unwrap();
    for (query, status) in [
        ("", 400),
        ("url=/a", 400),
        (&format!("url=/{HASH}/a"), 400),
        (&format!("url=/{HASH}/a/public&expires=soon"), 400),
        (&format!("url=/{HASH}/a/public&expires=300000y"), 400),
        (&format!("url=/{HASH}/a/public&url=/b"), 400),
        ("image=a&variant=public%3Fx", 400),
        (&format!("url=/{HASH}/a/public&key=nothing"), 404),
        ("url=/AAAAAAAAAAAAAAAAAAAAAA/a/public", 404),
        ("image=a&variant=public&account=nobody", 404),
        ("image=a", 400),
    ] {
        let response = app.get(&format!("/_tintype/sign?{query}"), &[]).await;
        assert_eq!(response.status, status, "{query}");
        assert!(response.json()["error"].is_string(), "{query}");
    }
}
