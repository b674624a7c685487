//! Where source images come from, and what an origin is asked.

use tintype::config::Settings;

use super::transformed;
use crate::support::{
    TestApp, fixtures,
    origin::Origin,
    pixels::{BLUE, RED, assert_color},
};

const LOCAL: &str = "/cdn-cgi/image/w=40";

#[tokio::test]
async fn a_whole_url_is_fetched_and_transformed() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    for source in [
        origin.url("/geometry.png"),
        origin.url("/geometry.png").replace("http://", "http:/"),
        origin.url("/geometry.png").replace(':', "%3A").replace('/', "%2F"),
        origin.url("/there"),
        origin.url("/geometry.png?v=1"),
        origin.url("/media/a%20b.png"),
    ] {
        let path = format!("/cdn-cgi/image/w=200,h=50,fit=cover,g=left,f=png-force/{source}");
        let response = app.get(&path, &[]).await;
        assert_eq!(response.status, 200, "{source}: {}", response.text());
        assert_eq!(response.size(), "200x50", "{source}");
        assert!(response.header("cf-resized").starts_with("internal=ok/"), "{source}");
    }
}

#[tokio::test]
async fn the_origin_is_asked_anonymously_and_told_why() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    let headers = [("cookie", "secret=1"), ("authorization", "Bearer x"), ("accept", "image/webp")];

    let source = origin.url("/geometry.png?v=2&w=3").replace("://", "://us:pa@");
    app.get(&format!("{LOCAL}/{source}"), &headers).await;

    let [request] = origin.requests().try_into().unwrap();
    assert!(request.starts_with("get /geometry.png?v=2&w=3 http/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nvia: 1.1 image-resizing\r\n"), "{request}");
    assert!(request.contains("\r\naccept: image/webp\r\n"), "{request}");
    assert!(!request.contains("secret") && !request.contains("authorization"), "{request}");
}

#[tokio::test]
async fn a_source_without_a_host_is_the_origins() {
    let origin = Origin::start().await;
    let base = origin.url("");
    let app = TestApp::with(|settings| settings.origin = Some(base.parse().unwrap()));

    assert_eq!(app.get(&format!("{LOCAL}/geometry.png?v=1"), &[]).await.size(), "40x30");
    let double = app.get(&format!("{LOCAL}//geometry.png"), &[]).await;
    assert_eq!(double.header("cf-resized"), "err=9404", "a second slash stays");

    let asked: Vec<_> = origin.requests().iter().map(|head| head[..24].to_owned()).collect();
    assert_eq!(asked, ["get /geometry.png?v=1 ht", "get //geometry.png http/"]);
}

#[tokio::test]
async fn without_an_origin_it_is_the_requests_own_host() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let response = app.get(&format!("{LOCAL}/geometry.png"), &[("host", &origin.host)]).await;

    assert_eq!(response.size(), "40x30");
}

#[tokio::test]
async fn a_folder_can_be_the_origin() {
    let app = with_folder();

    let response = app.get("/cdn-cgi/image/w=400,f=png-force/geometry.png", &[]).await;
    assert_eq!(response.size(), "400x300");
    assert_color(&response.picture(), (10, 10), RED);
    assert_color(&response.picture(), (10, 290), BLUE);
    assert!(response.header("etag").starts_with("\"cf-"), "the file's version is part of it");
    for outside in ["nothing.png", "../Cargo.toml", "%2e%2e/Cargo.toml", "broken"] {
        let response = app.get(&format!("{LOCAL}/{outside}"), &[]).await;
        assert_eq!(response.header("cf-resized"), "err=9404", "{outside}");
    }
}

#[tokio::test]
async fn the_files_of_the_folder_are_there_as_they_are() {
    let app = with_folder();

    let response = app.get("/geometry.png", &[]).await;
    assert_eq!((response.status, response.header("content-type")), (200, "image/png"));
    assert!(response.body == fixtures::read("geometry.png"));
    assert_eq!(app.get("/nothing.png", &[]).await.status, 404);
    assert_eq!(TestApp::new().get("/geometry.png", &[]).await.status, 404);
}

#[tokio::test]
async fn only_allowed_origins_are_asked() {
    let origin = Origin::start().await;
    let allowed = |list: &str| {
        let list = list.parse().unwrap();
        TestApp::with(move |settings: &mut Settings| settings.allowed_origins = list)
    };
    for (list, expected) in
        [("any", ""), ("127.0.0.1", ""), ("same-zone", "403 err=9401"), ("a.test", "403 err=9401")]
    {
        let response = transformed(&allowed(list), &origin, "w=40", "/geometry.png").await;
        let refusal = format!("{} {}", response.status, response.header("cf-resized"));
        assert_eq!(if response.status == 200 { "" } else { &refusal }, expected, "{list}");
    }
    // Only the first URL is checked.
    let app = allowed("127.0.0.1/there");
    assert_eq!(transformed(&app, &origin, "w=40", "/there").await.status, 200);
    assert_eq!(transformed(&app, &origin, "w=40", "/geometry.png").await.status, 403);
}

#[tokio::test]
async fn an_svg_is_cleaned_and_delivered() {
    let (app, origin) = (TestApp::new(), Origin::start().await);

    let response = transformed(&app, &origin, "w=40", "/drawing.svg").await;

    assert_eq!((response.status, response.header("content-type")), (200, "image/svg+xml"));
    assert!(response.header("warning").contains("SVG"));
}

#[tokio::test]
async fn the_format_is_open_only_when_asked_for() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    let accept = [("accept", "image/avif,image/webp,*/*")];
    for (options, media_type, vary) in [
        ("w=40", "image/jpeg", ""),
        ("w=40,format=auto", "image/avif", "accept"),
        ("w=40,f=webp", "image/webp", ""),
        ("w=40,f=json", "application/json", ""),
    ] {
        let path = format!("/cdn-cgi/image/{options}/{}", origin.url("/photo.jpg"));
        let response = app.get(&path, &accept).await;
        assert_eq!(response.header("content-type"), media_type, "{options}");
        assert_eq!(response.header("vary"), vary, "{options}");
    }
    let path = format!("/cdn-cgi/image/w=40,format=auto/{}", origin.url("/photo.jpg"));
    let response = app.get(&path, &[("accept", "*/*")]).await;
    assert_eq!(response.header("content-type"), "image/jpeg", "a wildcard turns nothing on");
}

#[tokio::test]
async fn an_automatic_width_follows_the_screen() {
    let (app, origin) = (TestApp::new(), Origin::start().await);
    let path = format!("/cdn-cgi/image/width=auto,wbreakpoints=50;80/{}", origin.url("/photo.jpg"));

    let response = app.get(&path, &[("sec-ch-viewport-width", "60")]).await;

    assert_eq!(response.picture().width(), 80);
    assert_eq!(response.header("vary"), "sec-ch-viewport-width, user-agent");
}

fn with_folder() -> TestApp {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    TestApp::with(|settings| settings.origin_dir = Some(folder.into()))
}
