//! What a URL would do, said instead of done.

use serde_json::{Value, json};

use crate::support::{Form, HASH, TestApp, origin::Origin};

async fn explain(app: &TestApp, url: &str, accept: &str) -> Value {
    let url = url.replace('&', "%26");
    let response = app.get(&format!("/_tintype/explain?url={url}&accept={accept}"), &[]).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

#[tokio::test]
async fn a_delivery_is_explained() {
    let app = TestApp::flexible().await;
    let id = app.upload_with(Form::file("geometry.png").text("id", "cat")).await;

    let url = format!("/{HASH}/{id}/w=100,h=50,fit=cover,nonsense=1,gravity=auto");
    let explained = explain(&app, &url, "image/webp").await;

    assert_eq!(explained["surface"], "delivery");
    assert_eq!(explained["image"], "cat");
    assert_eq!(explained["access"], "granted to everyone");
    assert_eq!(explained["options"], "fit=cover,width=100,height=50,gravity=auto");
    assert_eq!(explained["remarks"][0], "nonsense is no option that is known here");
    assert_eq!(
        explained["format"],
        json!({ "type": "image/webp", "why": "the client accepts WebP" })
    );
    assert_eq!(
        explained["source"],
        json!({ "type": "image/png", "width": 400, "height": 300, "frames": 1 })
    );
    assert!(explained["plan"].as_str().unwrap().contains("100x50"), "{}", explained["plan"]);
    assert_eq!(explained["cache"]["state"], "MISS");
    assert_eq!(app.app.renderer.made(), 0, "nothing was rendered for it");
}

#[tokio::test]
async fn it_says_whether_the_answer_is_there_already() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;
    let delivered = app.deliver(&id, "public").await;

    let explained = explain(&app, &format!("/{HASH}/{id}/public"), "*/*").await;

    assert_eq!(explained["cache"]["state"], "HIT");
    assert_eq!(explained["headers"]["etag"], delivered.header("etag"));
    assert_eq!(explained["headers"]["cache-control"], delivered.header("cache-control"));
}

#[tokio::test]
async fn a_refusal_is_explained() {
    let app = TestApp::new();
    let id = app.upload_with(Form::file("palette.png").text("requireSignedURLs", "true")).await;

    for (url, code) in [
        (format!("/{HASH}/{id}/public"), 9425),
        (format!("/{HASH}/nothing/public"), 9404),
        (format!("https://imagedelivery.net/{HASH}/{id}/w=5"), 9429),
        ("/cdn-cgi/image/w=5/http://127.0.0.1:1/a.png".to_owned(), 9510),
    ] {
        let explained = explain(&app, &url, "*/*").await;
        assert_eq!(explained["error"]["code"], code, "{url}: {explained}");
    }
}

#[tokio::test]
async fn what_is_explained_is_what_is_answered() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    for (options, path) in [
        ("w=5", "/status/410"),
        ("w=5", "/page.html"),
        ("w=5", "/nothing.png"),
        ("w=5", "/old.bmp"),
        ("blur=251", "/geometry.png"),
        ("w=12000,h=12000,fit=squeeze", "/geometry.png"),
    ] {
        let url = format!("/cdn-cgi/image/{options}/{}", origin.url(path));
        let answer = app.get(&url, &[]).await;

        let error = explain(&app, &url, "*/*").await["error"].take();

        assert_eq!(error["status"], answer.status, "{path}");
        let body = format!("ERROR {}: {}", error["code"], error["message"].as_str().unwrap());
        assert_eq!(body, answer.text(), "{path}");
    }
}

#[tokio::test]
async fn a_transformation_is_explained() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    let source = origin.url("/tagged.png");

    let explained = explain(&app, &format!("/cdn-cgi/image/w=100/{source}"), "*/*").await;

    assert_eq!(explained["surface"], "zone");
    assert_eq!(explained["source_image"], source);
    assert_eq!(explained["options"], "width=100");
    assert_eq!(explained["plan"], "resize 100x75");
    assert_eq!(explained["headers"]["cache-control"], "public, max-age=7200");
}

#[tokio::test]
async fn a_question_without_sense_is_refused() {
    let app = TestApp::new();
    for query in ["", "?url=", "?url=/client/v4/accounts/a/images/v1", "?url=/nothing"] {
        let response = app.get(&format!("/_tintype/explain{query}"), &[]).await;
        assert_eq!(response.status, 400, "{query}");
        assert!(response.json()["error"].is_string());
    }
    assert_eq!(app.get("/_tintype/nothing", &[]).await.status, 404);
}
