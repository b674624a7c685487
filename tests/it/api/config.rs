//! Account configuration.

use crate::support::{Form, HASH, TestApp};

#[tokio::test]
async fn an_account_starts_with_the_services_defaults() {
    let app = TestApp::new();

    let response = app.api("GET", "/v1/config").await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"flexible_variants":false,"browser_ttl":172800,"preserve_content_credentials":false},"success":true,"errors":[],"messages":[]}"#);
}

#[tokio::test]
async fn an_edit_changes_what_it_names() {
    let app = TestApp::new();

    let response = app.api_json("PATCH", "/v1/config", r#"{"browser_ttl":3600}"#).await;
    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"flexible_variants":false,"browser_ttl":3600,"preserve_content_credentials":false},"success":true,"errors":[],"messages":[]}"#);
    let body = r#"{"flexible_variants":true,"preserve_content_credentials":true}"#;
    let response = app.api_json("PATCH", "/v1/config", body).await;
    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"flexible_variants":true,"browser_ttl":3600,"preserve_content_credentials":true},"success":true,"errors":[],"messages":[]}"#);

    assert_eq!(app.api("GET", "/v1/config").await.snapshot(), response.snapshot());
}

#[tokio::test]
async fn bad_edits_are_refused() {
    let app = TestApp::new();

    for body in [
        "",
        "[]",
        r#"{"browser_ttl":3599}"#,
        r#"{"browser_ttl":31536001}"#,
        r#"{"browser_ttl":-1}"#,
        r#"{"flexible_variants":"yes"}"#,
    ] {
        let response = app.api_json("PATCH", "/v1/config", body).await;
        assert_eq!(response.failure(), "400/5400", "{body}");
    }
}

#[tokio::test]
async fn flexible_variants_deliver_when_they_are_on() {
    let app = TestApp::new();
    let id = app.upload("geometry.png").await;
    assert_eq!(app.deliver(&id, "w=100").await.header("cf-images"), "err=9429");

    app.api_json("PATCH", "/v1/config", r#"{"flexible_variants":true}"#).await;

    assert_eq!(app.deliver(&id, "w=100").await.size(), "100x75");
    assert_eq!(app.deliver(&id, "width=50,height=50,fit=cover").await.size(), "50x50");
    assert_eq!(app.deliver(&id, "w=0").await.header("cf-images"), "err=9401");
    let unknown = app.deliver(&id, "w=100,public=undefined").await;
    assert_eq!(
        unknown.header("warning"),
        "cf-images 299 \"public is no option that is known here\""
    );
}

#[tokio::test]
async fn flexible_variants_are_not_for_private_images() {
    let app = TestApp::new();
    app.api_json("PATCH", "/v1/config", r#"{"flexible_variants":true}"#).await;
    let form = Form::file("palette.png").text("requireSignedURLs", "true");
    let path = format!("/{HASH}/{}/w=10", app.upload_with(form).await);
    let signature = tintype::signing::sign(&app.signing_key().await, &path);

    let response = app.get(&format!("{path}?sig={signature}"), &[]).await;

    insta::assert_snapshot!(response.snapshot(), @"403 ERROR 9425: Image access denied: flexible variants can't be used for images that require signed URLs");
}

#[tokio::test]
async fn the_accounts_lifetime_is_for_variants_without_one() {
    let app = TestApp::new();
    app.variant("brief", r#"{"width":10,"browser_ttl":7200}"#).await;
    let id = app.upload("palette.png").await;

    app.api_json("PATCH", "/v1/config", r#"{"browser_ttl":3600}"#).await;

    let public = app.deliver(&id, "public").await;
    assert!(public.header("cache-control").contains("max-age=3600,"));
    let brief = app.deliver(&id, "brief").await;
    assert!(brief.header("cache-control").contains("max-age=7200,"));
}
