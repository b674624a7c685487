//! Validators and cache lifetimes.

use crate::support::{HASH, TestApp};

#[tokio::test]
async fn an_image_comes_with_what_caches_and_browsers_need() {
    let app = TestApp::new();
    let id = app.upload("photo.jpg").await;

    let response = app.deliver(&id, "public").await;

    assert_eq!(response.header("content-type"), "image/jpeg");
    assert_eq!(response.header("content-length"), response.body.len().to_string());
    assert_eq!(
        response.header("cache-control"),
        "public, max-age=172800, stale-while-revalidate=7200"
    );
    assert_eq!(response.header("vary"), "accept");
    assert_eq!(response.header("access-control-allow-origin"), "*");
    assert_eq!(response.header("x-content-type-options"), "nosniff");
    assert_eq!(response.header("cf-images"), "internal=ok/m");
    assert!(response.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(response.header("etag").starts_with('"'), "the validator is a strong one");
}

#[tokio::test]
async fn who_has_the_image_is_not_sent_it_again() {
    let app = TestApp::new();
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/public");
    let etag = app.get(&path, &[]).await.header("etag").to_owned();

    for condition in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
        let response = app.get(&path, &[("if-none-match", &condition)]).await;
        assert_eq!((response.status, response.body.len()), (304, 0), "{condition}");
        assert_eq!(response.header("etag"), etag);
    }
    assert_eq!(app.get(&path, &[("if-none-match", "\"other\"")]).await.status, 200);
}

#[tokio::test]
async fn the_validator_tells_formats_and_options_apart() {
    let app = TestApp::new();
    app.variant("thumb", r#"{"width":100}"#).await;
    let id = app.upload("photo.jpg").await;
    let etag = async |variant: &str, accept: &str| {
        let path = format!("/{HASH}/{id}/{variant}");
        app.get(&path, &[("accept", accept)]).await.header("etag").to_owned()
    };

    let jpeg = etag("thumb", "*/*").await;
    let webp = etag("thumb", "image/webp").await;
    app.api_json("PATCH", "/v1/variants/thumb", r#"{"options":{"width":50}}"#).await;
    let smaller = etag("thumb", "*/*").await;

    assert!(jpeg != webp && jpeg != smaller, "{jpeg} {webp} {smaller}");
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let app = TestApp::new();
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/public");

    let get = app.get(&path, &[]).await;
    let head = app.request("HEAD", &path, &[]).await;

    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-length", "content-type", "etag", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_variants_own_lifetime_beats_the_default() {
    let app = TestApp::new();
    app.variant("brief", r#"{"width":100,"browser_ttl":3600}"#).await;
    let id = app.upload("palette.png").await;

    let response = app.deliver(&id, "brief").await;

    let expected = "public, max-age=3600, stale-while-revalidate=7200";
    assert_eq!(response.header("cache-control"), expected);
}
