//! Upload by URL, from an origin on loopback.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::Redirect,
    routing::get,
};
use tokio::net::TcpListener;

use crate::support::{Form, Response, TestApp, fixtures};

/// Starts an origin and gives its base URL without the scheme.
async fn origin() -> String {
    let image =
        || async { ([(header::CONTENT_TYPE, "image/png")], fixtures::read("geometry.png")) };
    let guarded = |headers: HeaderMap| async move {
        // us@er:pa:ss
        let known = headers.get("authorization").is_some_and(|v| v == "Basic dXNAZXI6cGE6c3M=");
        if known { Ok(fixtures::read("geometry.png")) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    let routes = Router::new()
        .route("/pictures/a%20b.png", get(image))
        .route("/guarded.png", get(guarded))
        .route("/to-guarded", get(|| async { Redirect::temporary("/guarded.png") }))
        .route("/page.html", get(|| async { "<html>" }))
        .route("/large.bin", get(|| async { vec![0_u8; (10 << 20) + 1] }))
        .route("/there", get(|| async { Redirect::temporary("/pictures/a%20b.png") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address.to_string()
}

async fn upload(app: &TestApp, url: &str) -> Response {
    app.api_form("POST", "/v1", Form::new().text("url", url)).await
}

#[tokio::test]
async fn an_image_is_fetched_and_named_after_its_path() {
    let app = TestApp::new();
    let origin = origin().await;

    let response = upload(&app, &format!("http://{origin}/pictures/a%20b.png?x=1")).await;

    assert_eq!(response.status, 200, "{}", response.text());
    let image = &response.json()["result"];
    assert_eq!(image["filename"], "a b.png");
    let blob = app.api("GET", &format!("/v1/{}/blob", image["id"].as_str().unwrap())).await;
    assert!(blob.body == fixtures::read("geometry.png"));
}

#[tokio::test]
async fn credentials_in_the_url_are_shown_to_the_origin() {
    let app = TestApp::new();
    let origin = origin().await;

    let with = upload(&app, &format!("http://us%40er:pa%3Ass@{origin}/guarded.png")).await;
    let without = upload(&app, &format!("http://{origin}/guarded.png")).await;

    assert_eq!(with.status, 200, "{}", with.text());
    let redirected = upload(&app, &format!("http://us%40er:pa%3Ass@{origin}/to-guarded")).await;
    assert_eq!(redirected.status, 200, "the same host may see them again");
    insta::assert_snapshot!(without.snapshot(), @r#"400 {"result":null,"success":false,"errors":[{"code":5454,"message":"The image could not be fetched from the url: the server returned HTTP error 401 Unauthorized"}],"messages":[]}"#);
}

#[tokio::test]
async fn redirects_are_followed_but_not_for_ever() {
    let app = TestApp::new();
    let origin = origin().await;

    let there = upload(&app, &format!("http://{origin}/there")).await;
    assert_eq!(there.json()["result"]["filename"], "there");

    assert_eq!(upload(&app, &format!("http://{origin}/round")).await.failure(), "400/5454");
}

#[tokio::test]
async fn what_cannot_be_fetched_or_is_no_image_is_refused() {
    let app = TestApp::new();
    let origin = origin().await;

    for (url, expected) in [
        (format!("http://{origin}/nothing"), "400/5454"),
        (format!("http://{origin}/broken"), "400/5454"),
        (format!("http://{origin}/page.html"), "415/5455"),
        (format!("http://{origin}/large.bin"), "413/5413"),
        ("http://127.0.0.1:1/closed.png".to_owned(), "400/5454"),
        ("https://imagedelivery.net/a/b/c".to_owned(), "400/5454"),
        ("ftp://example.test/a.png".to_owned(), "400/5400"),
        ("no url".to_owned(), "400/5400"),
    ] {
        let response = upload(&app, &url).await;
        assert_eq!(response.failure(), expected, "{url}: {}", response.text());
    }
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn private_addresses_can_be_refused() {
    let app = TestApp::with(|settings| settings.deny_private_fetch = true);
    let origin = origin().await;

    for url in [format!("http://{origin}/pictures/a%20b.png"), "http://localhost:1/".to_owned()] {
        let response = upload(&app, &url).await;
        assert_eq!(response.failure(), "400/5454");
        assert!(response.text().contains("private addresses"), "{}", response.text());
    }
}

#[tokio::test]
async fn file_and_url_exclude_each_other() {
    let app = TestApp::new();

    let form = Form::file("palette.png").text("url", "http://127.0.0.1:1/a.png");

    assert_eq!(app.api_form("POST", "/v1", form).await.failure(), "400/5400");
}
