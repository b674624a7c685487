use tintype::config::PublicUrl;

use crate::support::{Form, TestApp};

/// What the URLs of an answer to a request with these headers begin with: of an upload, of an image.
async fn urls(app: &TestApp, image: &str, headers: &[(&str, &str)]) -> [String; 2] {
    const IMAGES: &str = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images";
    let headers = [&[("authorization", "Bearer any")], headers].concat();
    let draft = app.request("POST", &format!("{IMAGES}/v2/direct_upload"), &headers).await.json();
    let details = app.get(&format!("{IMAGES}/v1/{image}"), &headers).await.json();
    let delivery = details["result"]["variants"][0].as_str().unwrap();
    let upload = draft["result"]["uploadURL"].as_str().unwrap();
    [upload, delivery].map(|url| url.split("/6oHE1nRiq6AK0MxcayE9rA/").next().unwrap().to_owned())
}

#[tokio::test]
async fn urls_are_those_that_work_for_who_asked() {
    let app = TestApp::new();
    let image = app.upload("geometry.png").await;
    let inner = ("host", "tintype:1856");

    for (headers, base) in [
        (&[("host", "localhost:1856")][..], "http://localhost:1856"),
        (&[("host", "[::1]:1856")], "http://[::1]:1856"),
        // From inside of compose, and from the browser of the same machine.
        (&[inner], "http://tintype:1856"),
        (&[inner, ("x-forwarded-host", "localhost:8080")], "http://localhost:8080"),
        (&[inner, ("x-forwarded-proto", "https")], "https://tintype:1856"),
        (
            &[("host", "img.test"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "8443")],
            "https://img.test:8443",
        ),
        (
            &[inner, ("forwarded", "for=192.0.2.1;host=\"img.test:8443\";proto=https, for=x")],
            "https://img.test:8443",
        ),
        (&[inner, ("x-forwarded-host", "me:secret@evil.test")], "http://tintype:1856"),
        (&[inner, ("forwarded", "host=\"evil.test/?\"")], "http://tintype:1856"),
    ] {
        let [upload, delivery] = urls(&app, &image, headers).await;
        assert_eq!(delivery, base, "{headers:?}");
        assert_eq!(upload, format!("{base}/upload"), "{headers:?}");
    }
}

#[tokio::test]
async fn on_the_real_hosts_urls_are_the_real_ones() {
    let app = TestApp::new();
    let image = app.upload("geometry.png").await;

    for headers in [
        &[("host", "api.cloudflare.com")][..],
        &[("host", "api.cloudflare.com:443")],
        &[("host", "tintype:1856"), ("x-forwarded-host", "api.cloudflare.com")],
        &[("host", "tintype:1856"), ("forwarded", "host=api.cloudflare.com;proto=https")],
    ] {
        let [upload, delivery] = urls(&app, &image, headers).await;
        assert_eq!(upload, "https://upload.imagedelivery.net", "{headers:?}");
        assert_eq!(delivery, "https://imagedelivery.net", "{headers:?}");
    }
}

#[tokio::test]
async fn the_real_upload_host_takes_uploads_behind_a_proxy_that_keeps_its_own_name() {
    let app = TestApp::new();
    let draft = app.api("POST", "/v2/direct_upload").await.json();
    let url = draft["result"]["uploadURL"].as_str().unwrap();
    let path = url.split("/upload").nth(1).unwrap();

    let host = [("host", "tintype:1856"), ("x-forwarded-host", "upload.imagedelivery.net")];
    let answer = app.request("OPTIONS", path, &host).await;

    assert_eq!(answer.status, 204, "{}", answer.text());
}

#[tokio::test]
async fn named_bases_overrule_what_the_client_calls_us() {
    let base = |text: &str| Some(text.parse::<PublicUrl>().unwrap());
    let app = TestApp::with(|settings| {
        settings.public_url = base("https://images.test/base/");
        settings.upload_url = base("https://up.test");
    });
    let image = app.upload_with(Form::file("geometry.png")).await;

    let found = urls(&app, &image, &[("host", "api.cloudflare.com")]).await;

    assert_eq!(found, ["https://up.test", "https://images.test/base"]);
}
