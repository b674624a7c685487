//! The three forms of a delivery URL.

use crate::support::{Form, HASH, TestApp};

#[tokio::test]
async fn every_form_of_the_url_delivers_the_same() {
    let app = TestApp::new();
    let id = app.upload("geometry.png").await;

    let short = format!("/{HASH}/{id}/public");
    let zone = format!("/cdn-cgi/imagedelivery{short}");
    let bodies = [
        app.get(&short, &[("host", "localhost:1856")]).await,
        app.get(&short, &[("host", "imagedelivery.net")]).await,
        app.get(&zone, &[("host", "shop.test")]).await,
        app.get(&zone, &[("host", "localhost:1856")]).await,
    ];

    assert!(bodies.iter().all(|one| one.status == 200 && one.body == bodies[0].body));
    assert_eq!(bodies[0].size(), "400x300");
}

#[tokio::test]
async fn ids_with_slashes_are_delivered_in_both_spellings() {
    let app = TestApp::new();
    app.upload_with(Form::file("geometry.png").text("id", "shop/50% off")).await;

    for spelling in ["shop/50%25%20off", "shop%2F50%25%20off"] {
        assert_eq!(app.deliver(spelling, "public").await.status, 200, "{spelling}");
    }
}

#[tokio::test]
async fn the_url_in_the_answer_to_an_upload_delivers() {
    let app = TestApp::new();
    let form = Form::file("geometry.png").text("id", "a b/ü?");
    let response = app.api_form("POST", "/v1", form).await;

    let url = response.json()["result"]["variants"][0].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://tintype.test").unwrap();

    assert_eq!(app.get(path, &[]).await.status, 200, "{url}");
}
