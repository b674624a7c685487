//! Validators, lifetimes, and the cache of what was transformed.

use std::sync::Arc;

use futures_util::future::join_all;

use super::transformed;
use crate::support::{TestApp, origin::Origin};

#[tokio::test]
async fn an_answer_comes_with_the_sources_lifetime_and_version() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let tagged = transformed(&app, &origin, "w=40", "/tagged.png").await;
    assert_eq!(tagged.header("cache-control"), "public, max-age=7200");
    assert!(tagged.header("etag").starts_with("\"cf-"), "{}", tagged.header("etag"));
    assert!(tagged.header("etag").ends_with(":v1\""), "{}", tagged.header("etag"));
    assert_eq!(tagged.header("cf-resized"), "internal=ok/m");
    assert_eq!(tagged.header("access-control-allow-origin"), "*");
    assert_eq!(tagged.header("x-content-type-options"), "nosniff");
    assert_eq!(tagged.header("set-cookie"), "");
    assert_eq!(tagged.header("warning"), "");
    let plain = transformed(&app, &origin, "w=40", "/geometry.png").await;
    assert_eq!(plain.header("cache-control"), "");
    assert!(plain.header("etag").starts_with('"'));
}

#[tokio::test]
async fn a_source_that_may_hardly_be_kept_is_remarked_upon() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let response = transformed(&app, &origin, "w=40", "/brief.png").await;

    assert_eq!(response.header("cache-control"), "max-age=60");
    let expected = "cf-images 299 \"cache-control is too restrictive\"";
    assert_eq!(response.header("warning"), expected);
}

#[tokio::test]
async fn the_second_answer_comes_from_the_cache() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let first = transformed(&app, &origin, "w=40", "/tagged.png").await;
    let second = transformed(&app, &origin, "w=40", "/tagged.png").await;
    let other = transformed(&app, &origin, "w=41", "/tagged.png").await;

    let states = [&first, &second, &other].map(|response| response.header("cf-cache-status"));
    assert_eq!(states, ["MISS", "HIT", "MISS"]);
    assert_eq!(second.header("cf-resized"), "internal=ok/h");
    assert!(first.body == second.body);
    assert_eq!(first.header("etag"), second.header("etag"));
}

#[tokio::test]
async fn a_source_that_many_want_is_fetched_once() {
    let (app, origin) = (Arc::new(TestApp::new()), Origin::start().await);

    let requests = (0..1000).map(|width| {
        let (app, origin) = (app.clone(), origin.clone());
        let options = format!("w={}", 40 + width % 2);
        async move { transformed(&app, &origin, &options, "/photo.jpg").await.status }
    });
    let statuses = join_all(requests).await;

    assert_eq!(statuses, [200; 1000]);
    assert_eq!(origin.requests().len(), 1);
    assert_eq!(app.app.renderer.made(), 2);
}

#[tokio::test]
async fn equal_pictures_are_one_rendition() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let mut states = Vec::new();
    for options in ["w=40", "width=40,fit=scale-down", "w=40,dpr=1,onerror=redirect,anim=true"] {
        let response = transformed(&app, &origin, options, "/geometry.png").await;
        states.push(response.header("cf-cache-status").to_owned());
    }

    assert_eq!(states, ["MISS", "HIT", "HIT"]);
}

#[tokio::test]
async fn who_has_the_image_is_not_sent_it_again() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    let path = format!("/cdn-cgi/image/w=40/{}", origin.url("/tagged.png"));
    let etag = app.get(&path, &[]).await.header("etag").to_owned();

    let response = app.get(&path, &[("if-none-match", &etag)]).await;

    assert_eq!((response.status, response.body.len()), (304, 0));
    assert_eq!(response.header("cache-control"), "public, max-age=7200");
}

#[tokio::test]
async fn the_date_follows_the_clock_and_each_answer_has_a_ray() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let one = transformed(&app, &origin, "w=40", "/geometry.png").await;
    let two = app.get("/nothing", &[]).await;

    assert_eq!(one.header("date"), "Fri, 02 Jan 2026 03:04:05 GMT");
    assert_eq!(one.header("cf-ray").len(), 20);
    assert_ne!(one.header("cf-ray"), two.header("cf-ray"));
}
