//! Refusals of URL transformations: status, code and header (delivery-and-transforms.md §7.4).

use std::time::Duration;

use super::transformed;
use crate::support::{Response, TestApp, origin::Origin};

fn refusal(response: &Response) -> String {
    format!("{} {}", response.status, response.header("cf-resized"))
}

fn impatient() -> TestApp {
    TestApp::with(|settings| settings.fetch_timeout = Duration::from_millis(300).into())
}

#[tokio::test]
async fn a_refusal_is_a_line_of_text_with_its_code_in_a_header() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let response = transformed(&app, &origin, "w=40", "/nothing.png").await;

    insta::assert_snapshot!(response.snapshot(), @"404 ERROR 9404: Image not found: the server returned HTTP error 404 Not Found");
    assert_eq!(response.header("cf-resized"), "err=9404");
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn what_an_origin_does_wrong_has_its_code() {
    let (app, origin) = (impatient(), Origin::start().await);
    for (path, expected) in [
        ("/status/400", "502 err=9519"),
        ("/status/401", "401 err=9408"),
        ("/status/403", "403 err=9408"),
        ("/status/404", "404 err=9404"),
        ("/status/408", "408 err=9408"),
        ("/status/410", "410 err=9408"),
        ("/status/429", "429 err=9408"),
        ("/status/500", "502 err=9509"),
        ("/status/503", "502 err=9509"),
        ("/reset", "502 err=9505"),
        ("/silent", "522 err=9504"),
        ("/slow", "524 err=9504"),
        ("/cut", "422 err=9416"),
        ("/huge", "413 err=9402"),
        ("/round", "400 err=9421"),
        ("/astray", "400 err=9420"),
        ("/to-mail", "400 err=9420"),
        ("/to-nothing", "400 err=9420"),
        ("/nowhere", "400 err=9420"),
        ("/page.html", "415 err=9412"),
        ("/error.png", "415 err=9412"),
        ("/scan.tiff", "415 err=9412"),
        ("/old.bmp", "415 err=9520"),
        ("/truncated.png", "422 err=9516"),
    ] {
        let response = transformed(&app, &origin, "w=40", path).await;
        assert_eq!(refusal(&response), expected, "{path}: {}", response.text());
    }
}

#[tokio::test]
async fn an_endless_file_is_too_large() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    assert_eq!(refusal(&transformed(&app, &origin, "w=40", "/endless").await), "413 err=9402");
}

#[tokio::test]
async fn a_source_that_cannot_be_reached_has_its_code() {
    let app = impatient();
    for (source, expected) in [
        ("http://127.0.0.1:1/a.png", "523 err=9510"),
        ("http://nothing.invalid/a.png", "523 err=9407"),
        ("http://a:b:c/a.png", "403 err=9406"),
        ("https%3A%2F%2Fimg.test%2Fa%20b.png", "403 err=9419"),
        ("http://img.test/cdn-cgi/image/w=1/a.png", "508 err=9403"),
        ("cdn-cgi/image/w=1/a.png", "508 err=9403"),
        ("a.png", "523 err=9407"),
    ] {
        let path = format!("/cdn-cgi/image/w=40/{source}");
        let response = app.get(&path, &[("host", "shop.test")]).await;
        assert_eq!(refusal(&response), expected, "{source}: {}", response.text());
    }
}

#[tokio::test]
async fn private_addresses_are_refused_when_told_so_but_not_the_origin_of_the_settings() {
    let (origin, other) = (Origin::start().await, Origin::start().await);
    let base = origin.url("");
    let app = TestApp::with(|settings| {
        settings.deny_private_fetch = true;
        settings.origin = Some(base.parse().unwrap());
    });

    assert_eq!(app.get("/cdn-cgi/image/w=40/geometry.png", &[]).await.status, 200);
    let direct = transformed(&app, &other, "w=40", "/geometry.png").await;
    assert_eq!(refusal(&direct), "403 err=9401");
    let led_on = format!("/cdn-cgi/image/w=40/to?{}", other.url("/geometry.png"));
    assert_eq!(refusal(&app.get(&led_on, &[]).await), "403 err=9401");
}

#[tokio::test]
async fn a_url_that_says_nothing_is_refused() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    for (path, expected) in [
        ("/cdn-cgi/image", "400 err=9401"),
        ("/cdn-cgi/image/w=40", "400 err=9401"),
        ("/cdn-cgi/image/w=40/", "400 err=9401"),
        ("/cdn-cgi/image//a.png", "400 err=9401"),
        ("/cdn-cgi/image/thumb/a.png", "400 err=9401"),
        ("/cdn-cgi/image/fastly/width=40/a.png", "400 err=9401"),
        ("/cdn-cgi/image/w=%zz/a.png", "400 err=9401"),
        ("/cdn-cgi/image/blur=251/a.png", "400 err=9401"),
        ("/cdn-cgi/image/format=mp4/a.png", "400 err=9401"),
        ("/cdn-cgi/image/draw=a/a.png", "400 err=9401"),
    ] {
        assert_eq!(refusal(&app.get(path, &[]).await), expected, "{path}");
    }
    let svg = transformed(&app, &origin, "f=svg", "/geometry.png").await;
    assert_eq!(refusal(&svg), "415 err=9412");
    let huge = transformed(&app, &origin, "w=12000,h=12000,fit=squeeze", "/geometry.png").await;
    assert_eq!(refusal(&huge), "403 err=9413");
    assert!(origin.requests().len() == 2, "and what says nothing is not fetched");
}

#[tokio::test]
async fn unknown_and_unreadable_options_are_left_out_with_a_warning() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let response = transformed(&app, &origin, "width=abc,unknown=1,h=30", "/geometry.png").await;

    assert_eq!(response.size(), "40x30");
    let warnings: Vec<_> = response.headers.get_all("warning").iter().collect();
    assert_eq!(
        warnings,
        [
            "cf-images 299 \"width is left out: 'abc' is no number\"",
            "cf-images 299 \"unknown is no option that is known here\"",
        ]
    );
}

#[tokio::test]
async fn a_transformation_does_not_transform_for_another() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    let path = format!("/cdn-cgi/image/w=40/{}", origin.url("/geometry.png"));

    let response = app.get(&path, &[("via", "1.1 proxy, 1.1 Image-Resizing")]).await;

    assert_eq!(refusal(&response), "508 err=9403");
    assert!(origin.requests().is_empty());
    assert_eq!(app.get(&path, &[("via", "1.1 no-image-resizing")]).await.status, 200);
}

#[tokio::test]
async fn a_source_of_the_zone_takes_the_place_of_an_error() {
    let (app, origin) = (impatient(), Origin::start().await);
    let options = "w=40,onerror=redirect";
    let url = origin.url("/truncated.png");
    let path = format!("/cdn-cgi/image/{options}/{url}");

    let same = app.get(&path, &[("host", &origin.host)]).await;
    assert_eq!((same.status, same.header("location")), (307, url.as_str()));
    assert_eq!(same.header("cf-resized"), "err=9516", "and it says what was wrong");
    let refused = path.replace("w=40", "w=0");
    assert_eq!(app.get(&refused, &[("host", &origin.host)]).await.status, 307, "options too");
    let other = app.get(&path, &[("host", "shop.test")]).await;
    assert_eq!(refusal(&other), "422 err=9516", "the source is another zone's");
    let fine = transformed(&app, &origin, options, "/geometry.png").await;
    assert_eq!(fine.status, 200);
    assert_eq!(fine.header("warning"), "");
}

#[tokio::test]
async fn nobody_is_led_away_from_the_zone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let app = TestApp::with(|settings| settings.origin_dir = Some(folder.into()));
    for path in ["/evil.test/a.png", "\\evil.test/a.png"] {
        let path = format!("/cdn-cgi/image/w=1,onerror=redirect/{path}");
        let response = app.get(&path, &[]).await;
        assert_eq!((response.status, response.header("location")), (404, ""), "{path}");
    }
    let near = app.get("/cdn-cgi/image/w=1,onerror=redirect/nothing.png", &[]).await;
    assert_eq!((near.status, near.header("location")), (307, "/nothing.png"));
}

#[tokio::test]
async fn the_origins_credentials_are_for_the_origin() {
    let origin = Origin::start().await;
    let base = origin.url("/media").replace("://", "://us:hunter2@");
    let app = TestApp::with(|settings| settings.origin = Some(base.parse().unwrap()));
    let path = "/cdn-cgi/image/w=1,onerror=redirect/nothing.png";

    let response = app.get(path, &[]).await;
    assert_eq!(response.header("location"), origin.url("/media/nothing.png"));
    let explained = app.get(&format!("/_tintype/explain?url={path}"), &[]).await;
    assert!(!explained.text().contains("hunter2"), "{}", explained.text());
    assert!(origin.requests()[0].contains("authorization: basic "));
    let outside = app.get("/cdn-cgi/image/w=1/../geometry.png", &[]).await;
    assert_eq!(refusal(&outside), "403 err=9406");
}

#[tokio::test]
async fn a_host_that_is_none_leads_nowhere() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    for host in [format!("a@{}", origin.host), format!("{}/geometry.png?", origin.host)] {
        let response = app.get("/cdn-cgi/image/w=1/a.png", &[("host", &host)]).await;
        assert_eq!(refusal(&response), "403 err=9406", "{host}");
    }
    assert!(origin.requests().is_empty());
}

#[tokio::test]
async fn images_are_only_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let app = TestApp::with(|settings| settings.origin_dir = Some(folder.into()));
    for path in ["/cdn-cgi/image/w=40/geometry.png", "/geometry.png"] {
        let response = app.request("POST", path, &[]).await;
        assert_eq!((response.status, response.header("allow")), (405, "GET, HEAD"), "{path}");
    }
}
