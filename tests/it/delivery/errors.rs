//! Refusals: status, text and header, in the order of the decision table (§7.5).

use crate::support::{HASH, TestApp};

#[tokio::test]
async fn a_refusal_is_a_line_of_text_with_its_code_in_a_header() {
    let app = TestApp::new();
    app.upload("palette.png").await;

    let response = app.deliver("nothing", "public").await;

    insta::assert_snapshot!(response.snapshot(), @"404 ERROR 9404: Image not found");
    assert_eq!(response.header("cf-images"), "err=9404");
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(response.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn each_cause_has_its_code() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;

    for (path, expected) in [
        (format!("/AAAAAAAAAAAAAAAAAAAAAA/{id}/public"), "403 err=9427"),
        (format!("/{HASH}/{id}"), "404 err=9431"),
        (format!("/{HASH}/{id}/"), "404 err=9431"),
        (format!("/{HASH}/{id}/w=100"), "403 err=9429"),
        (format!("/{HASH}/{id}/nothing"), "403 err=9425"),
        (format!("/{HASH}/{id}/no-name"), "403 err=9425"),
        (format!("/{HASH}/nothing/public"), "404 err=9404"),
        // Several are wrong: the first of the table is told.
        ("/AAAAAAAAAAAAAAAAAAAAAA/nothing/nothing".to_owned(), "403 err=9427"),
        (format!("/{HASH}/nothing/w=100"), "403 err=9429"),
        (format!("/{HASH}/nothing/nothing"), "403 err=9425"),
    ] {
        let response = app.get(&path, &[]).await;
        assert_eq!(
            format!("{} {}", response.status, response.header("cf-images")),
            expected,
            "{path}"
        );
    }
}

#[tokio::test]
async fn on_the_real_host_every_path_is_a_delivery() {
    let app = TestApp::new();

    for path in ["/", "/client/v4/accounts", "/short/cat/public"] {
        let response = app.get(path, &[("host", "imagedelivery.net")]).await;
        assert_eq!(response.header("cf-images"), "err=9427", "{path}");
    }
}

#[tokio::test]
async fn images_are_only_read() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;

    for method in ["POST", "PUT", "DELETE"] {
        let response = app.request(method, &format!("/{HASH}/{id}/public"), &[]).await;
        assert_eq!((response.status, response.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[tokio::test]
async fn a_result_over_the_limits_is_refused() {
    let app = TestApp::new();
    app.variant("huge", r#"{"fit":"contain","width":9999}"#).await;
    let id = app.upload("portrait.jpg").await;

    let response = app.deliver(&id, "huge").await;

    insta::assert_snapshot!(response.snapshot(), @"403 ERROR 9413: The image is too large: 9999x13332, but the maximum dimension allowed is 12000");
}
