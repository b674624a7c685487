//! The cache of renditions: it answers what was rendered before, and nothing that may not be seen
//! any more.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::support::{Form, HASH, TestApp};

/// Cache state and status of an answer.
async fn deliver(app: &TestApp, id: &str, variant: &str) -> String {
    let response = app.deliver(id, variant).await;
    format!("{} {}", response.status, response.header("cf-cache-status"))
}

#[tokio::test]
async fn an_answer_is_rendered_once() {
    let app = TestApp::new();
    let id = app.upload("photo.jpg").await;

    let (first, second) = (app.deliver(&id, "public").await, app.deliver(&id, "public").await);

    assert_eq!(first.header("cf-cache-status"), "MISS");
    assert_eq!(second.header("cf-cache-status"), "HIT");
    assert_eq!(second.header("cf-images"), "internal=ok/h");
    assert!(first.body == second.body);
    for name in ["content-type", "etag", "vary", "cache-control"] {
        assert_eq!(first.header(name), second.header(name), "{name}");
    }
}

#[tokio::test]
async fn warnings_are_kept_with_the_rendition() {
    let app = TestApp::flexible().await;
    let id = app.upload("geometry.png").await;

    for state in ["MISS", "HIT"] {
        let response = app.deliver(&id, "w=100,fit=cover,f=png").await;
        assert_eq!(response.header("cf-cache-status"), state);
        let warnings: Vec<_> = response.headers.get_all("warning").iter().collect();
        assert_eq!(
            warnings,
            [
                "cf-images 299 \"cover fit mode needs both width and height\"",
                "cf-images 299 \"JPEG vs PNG selection is automatic\"",
            ]
        );
    }
}

#[tokio::test]
async fn what_is_damaged_is_rendered_anew() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;
    let first = app.deliver(&id, "public").await;
    let shelves = std::fs::read_dir(app.folder.path().join("renditions")).unwrap();
    let files: Vec<_> = shelves
        .flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    let [file] = files.try_into().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).unwrap();

    // Started anew, it has nothing in memory.
    let app = app.restarted();
    let second = app.deliver(&id, "public").await;

    assert_eq!(second.header("cf-cache-status"), "MISS");
    assert!(first.body == second.body);
    assert_eq!(app.restarted().deliver(&id, "public").await.header("cf-cache-status"), "HIT");
}

#[tokio::test]
async fn an_emptied_folder_is_filled_again() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;
    std::fs::remove_dir_all(app.folder.path().join("renditions")).unwrap();

    assert_eq!(deliver(&app, &id, "public").await, "200 MISS");
    assert_eq!(deliver(&app.restarted(), &id, "public").await, "200 HIT");
}

#[tokio::test]
async fn without_room_nothing_is_kept() {
    let app = TestApp::with(|settings| settings.cache_size = "0".parse().unwrap());
    let id = app.upload("palette.png").await;

    for _ in 0..2 {
        assert_eq!(deliver(&app, &id, "public").await, "200 MISS");
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_at_once() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;
    let etag = app.deliver(&id, "public").await.header("etag").to_owned();

    app.api("DELETE", &format!("/v1/{id}")).await;

    assert_eq!(deliver(&app, &id, "public").await, "404 ");
    let path = format!("/{HASH}/{id}/public");
    assert_eq!(app.get(&path, &[("if-none-match", &etag)]).await.status, 404);
}

#[tokio::test]
async fn what_is_made_private_is_closed_at_once() {
    let app = TestApp::new();
    let id = app.upload("palette.png").await;
    deliver(&app, &id, "public").await;

    let form = Form::new().text("requireSignedURLs", "true");
    let edited = app.api_form("PATCH", &format!("/v1/{id}"), form).await;
    let id = edited.json()["result"]["id"].as_str().unwrap().to_owned();

    assert_eq!(deliver(&app, &id, "public").await, "403 ");
}

#[tokio::test]
async fn a_changed_variant_is_rendered_anew() {
    let app = TestApp::new();
    app.variant("thumb", r#"{"width":100}"#).await;
    let id = app.upload("geometry.png").await;
    assert_eq!(app.deliver(&id, "thumb").await.size(), "100x75");

    app.api_json("PATCH", "/v1/variants/thumb", r#"{"options":{"width":40}}"#).await;

    assert_eq!(app.deliver(&id, "thumb").await.size(), "40x30");
}

#[tokio::test]
async fn a_thousand_at_once_are_rendered_once() {
    let app = Arc::new(TestApp::new());
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/public");

    let deliveries = (0..1000).map(|_| {
        let (app, path) = (app.clone(), path.clone());
        tokio::spawn(async move { app.get(&path, &[]).await })
    });
    let answers = join_all(deliveries).await;

    assert_eq!(app.app.renderer.made(), 1);
    let first = answers[0].as_ref().unwrap().body.clone();
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().body == first));
}

#[tokio::test]
async fn who_hangs_up_does_not_waste_the_render() {
    let app = Arc::new(TestApp::new());
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/public");
    let ask = || {
        let (app, path) = (app.clone(), path.clone());
        tokio::spawn(async move { app.get(&path, &[]).await })
    };

    let (leaving, staying) = (ask(), ask());
    tokio::task::yield_now().await;
    leaving.abort();

    assert_eq!(staying.await.unwrap().status, 200);
    assert_eq!(app.app.renderer.made(), 1);
}
