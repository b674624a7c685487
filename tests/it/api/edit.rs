//! Update image.

use chrono::TimeDelta;

use crate::support::{Form, TestApp};

async fn edit(app: &TestApp, id: &str, body: &str) -> serde_json::Value {
    let response = app.api_json("PATCH", &format!("/v1/{id}"), body).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["result"].clone()
}

#[tokio::test]
async fn metadata_is_replaced_and_what_is_not_named_stays() {
    let app = TestApp::new();
    let form = Form::file("palette.png").text("metadata", r#"{"a":1,"b":2}"#).text("creator", "me");
    let id = app.upload_with(form).await;

    let edited = edit(&app, &id, r#"{"metadata":{"c":[3]},"unknown":true}"#).await;

    assert_eq!(edited["meta"], serde_json::json!({"c": [3]}));
    assert_eq!((&edited["id"], &edited["creator"]), (&id.as_str().into(), &"me".into()));
    assert_eq!(edit(&app, &id, "{}").await, edited);
    let details = app.api("GET", &format!("/v1/{id}")).await.json();
    assert_eq!(details["result"], edited);
}

#[tokio::test]
async fn null_and_emptiness_clear() {
    let app = TestApp::new();

    for (field, nothing) in
        [("metadata", "null"), ("metadata", "{}"), ("creator", "null"), ("creator", r#""""#)]
    {
        let form = Form::file("palette.png").text("metadata", r#"{"a":1}"#).text("creator", "me");
        let id = app.upload_with(form).await;
        let edited = edit(&app, &id, &format!(r#"{{"{field}":{nothing}}}"#)).await;
        let shown = if field == "metadata" { "meta" } else { "creator" };
        assert!(edited.get(shown).is_none(), "{edited}");
    }
}

#[tokio::test]
async fn a_change_of_privacy_gives_a_new_id_and_moves_everything_over() {
    let app = TestApp::new();
    let form = Form::file("palette.png").text("metadata", r#"{"a":1}"#).text("creator", "me");
    let id = app.upload_with(form).await;
    let before = app.api("GET", &format!("/v1/{id}")).await.json()["result"].clone();
    app.clock.advance(TimeDelta::seconds(5));

    let private = edit(&app, &id, r#"{"requireSignedURLs":true}"#).await;

    let new_id = private["id"].as_str().unwrap();
    assert_ne!(new_id, id);
    for kept in ["filename", "meta", "creator", "uploaded"] {
        assert_eq!(private[kept], before[kept], "{kept}");
    }
    assert!(private["variants"][0].as_str().unwrap().contains(new_id));
    assert_eq!(app.api("GET", &format!("/v1/{id}")).await.failure(), "404/5404");
    assert_eq!(app.deliver(&id, "public").await.status, 404);
    assert_eq!(app.deliver(new_id, "public").await.status, 403);

    let public = edit(&app, new_id, r#"{"requireSignedURLs":false}"#).await;
    assert_ne!(public["id"], private["id"]);
    assert_eq!(app.deliver(public["id"].as_str().unwrap(), "public").await.status, 200);
}

#[tokio::test]
async fn the_same_privacy_again_keeps_the_id() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;

    assert_eq!(edit(&app, &id, r#"{"requireSignedURLs":false}"#).await["id"], id.as_str());
}

#[tokio::test]
async fn an_image_with_a_custom_id_cannot_become_private() {
    let app = TestApp::new();
    app.upload_with(Form::file("palette.png").text("id", "a/b")).await;

    let body = r#"{"requireSignedURLs":true,"creator":"x"}"#;
    let response = app.api_json("PATCH", "/v1/a%2Fb", body).await;

    assert_eq!(response.failure(), "400/5410");
    let image = app.api("GET", "/v1/a/b").await.json();
    assert!(image["result"].get("creator").is_none(), "nothing of it was done");
}

#[tokio::test]
async fn a_form_edits_as_json_does() {
    let app = TestApp::new();
    let form = Form::file("palette.png").text("metadata", r#"{"a":1}"#).text("creator", "me");
    let id = app.upload_with(form).await;
    let path = format!("/v1/{id}");

    let form = Form::new().text("metadata", r#"{"b":2}"#).text("creator", "");
    let edited = app.api_form("PATCH", &path, form).await.json()["result"].clone();
    assert_eq!((&edited["meta"]["b"], edited.get("creator")), (&2.into(), None));

    // An id is no part of an edit, so a bad one is as good as any other unknown part.
    let form = Form::new().text("requireSignedURLs", "true").text("id", "/");
    let edited = app.api_form("PATCH", &path, form).await.json()["result"].clone();
    assert_eq!((&edited["meta"]["b"], &edited["requireSignedURLs"]), (&2.into(), &true.into()));
}

#[tokio::test]
async fn bad_edits_are_refused_and_change_nothing() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;
    let path = format!("/v1/{id}");
    let before = app.api("GET", &path).await.text();

    let long = format!(r#"{{"metadata":{{"a":"{}"}}}}"#, "x".repeat(1024));
    let creator = format!(r#"{{"creator":"{}"}}"#, "x".repeat(1025));
    for body in [
        "{",
        "[]",
        r#"{"metadata":[1]}"#,
        r#"{"metadata":"text"}"#,
        r#"{"requireSignedURLs":"yes"}"#,
        r#"{"creator":7}"#,
        &long,
        &creator,
    ] {
        assert_eq!(app.api_json("PATCH", &path, body).await.failure(), "400/5400", "{body}");
    }
    assert_eq!(app.api("GET", &path).await.text(), before);
    assert_eq!(app.api_json("PATCH", "/v1/nothing", "{}").await.failure(), "404/5404");
}
