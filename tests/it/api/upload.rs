//! Uploading: what is taken, what is refused, and that a refusal stores nothing.

use tintype::config::{OptionalFormat, PublicUrl};

use crate::support::{Form, TestApp, fixtures};

#[tokio::test]
async fn an_upload_is_answered_with_the_image() {
    let app = TestApp::new();

    let response = app.api_form("POST", "/v1", Form::file("photo.jpg")).await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"id":"0c730b69-905c-5ef7-a4ca-5269f7236500","filename":"photo.jpg","uploaded":"2026-01-02T03:04:05.678Z","requireSignedURLs":false,"variants":["http://tintype.test/6oHE1nRiq6AK0MxcayE9rA/0c730b69-905c-5ef7-a4ca-5269f7236500/public"]},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(response.header("content-type"), "application/json");
}

#[tokio::test]
async fn an_upload_is_answered_with_all_that_was_said_about_it() {
    let app = TestApp::new();
    let form = Form::file("geometry.png")
        .text("id", "shop/42.png")
        .text("metadata", r#"{"album":"pets","n":1}"#)
        .text("creator", "user-7")
        .text("requireSignedURLs", "false")
        .text("name", "ignored, as the service does with what it doesn't know");

    let response = app.api_form("POST", "/v1", form).await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"id":"shop/42.png","creator":"user-7","filename":"geometry.png","meta":{"album":"pets","n":1},"uploaded":"2026-01-02T03:04:05.678Z","requireSignedURLs":false,"variants":["http://tintype.test/6oHE1nRiq6AK0MxcayE9rA/shop/42.png/public"]},"success":true,"errors":[],"messages":[]}"#);
}

#[tokio::test]
async fn every_readable_fixture_is_accepted_whatever_it_is_called() {
    let app = TestApp::new();

    for (fixture, media_type) in [
        ("photo.jpg", "image/jpeg"),
        ("progressive.jpg", "image/jpeg"),
        ("grey.jpg", "image/jpeg"),
        ("cmyk.jpg", "image/jpeg"),
        ("orientation-6.jpg", "image/jpeg"),
        ("alpha.png", "image/png"),
        ("palette.png", "image/png"),
        ("grey16.png", "image/png"),
        ("still.gif", "image/gif"),
        ("animation.gif", "image/gif"),
        ("still.webp", "image/webp"),
        ("lossless.webp", "image/webp"),
        ("animation.webp", "image/webp"),
    ] {
        let bytes = fixtures::read(fixture);
        let id = app.upload_with(Form::new().bytes("misnamed.txt", &bytes)).await;

        let blob = app.api("GET", &format!("/v1/{id}/blob")).await;
        assert_eq!((blob.status, blob.header("content-type")), (200, media_type), "{fixture}");
        assert!(blob.body == bytes, "{fixture} comes back as it was sent");
    }
}

#[tokio::test]
async fn what_is_no_deliverable_image_is_refused_and_nothing_is_stored() {
    let app = TestApp::new();

    for (fixture, expected) in [
        ("broken/not-an-image.jpg", "415/5455"),
        ("broken/empty.jpg", "415/5455"),
        ("broken/document.bmp", "415/5455"),
        ("broken/document.tiff", "415/5455"),
        ("broken/truncated.jpg", "422/9422"),
        ("broken/truncated.png", "422/9422"),
        ("broken/truncated.gif", "422/9422"),
        ("broken/truncated.webp", "422/9422"),
        ("broken/header-only.png", "413/9413"),
        ("broken/too-wide.png", "413/9413"),
        ("broken/too-many-pixels.png", "413/9413"),
    ] {
        let response = app.api_form("POST", "/v1", Form::file(fixture)).await;
        assert_eq!(response.failure(), expected, "{fixture}: {}", response.text());
    }

    let stats = app.api("GET", "/v1/stats").await.json();
    assert_eq!(stats["result"]["count"]["current"], 0);
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn an_error_says_what_was_wrong() {
    let app = TestApp::new();

    let response = app.api_form("POST", "/v1", Form::file("broken/too-wide.png")).await;

    insta::assert_snapshot!(response.snapshot(), @r#"413 {"result":null,"success":false,"errors":[{"code":9413,"message":"The image is too large: 12001x10, but at most 12000 pixels a side are allowed"}],"messages":[]}"#);
    assert_eq!(response.header("cf-images"), "err=9413");
}

#[tokio::test]
async fn an_animation_of_too_many_pixels_is_refused() {
    let app = TestApp::new();
    let mut gif = Vec::new();
    let mut encoder = gif::Encoder::new(&mut gif, 5000, 5000, &[0, 0, 0, 255, 255, 255]).unwrap();
    for _ in 0..5 {
        encoder.write_frame(&gif::Frame::from_indexed_pixels(1, 1, [0], None)).unwrap();
    }
    drop(encoder);

    let response = app.api_form("POST", "/v1", Form::new().bytes("long.gif", &gif)).await;

    assert_eq!(response.failure(), "400/5443");
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_after_it_was_read() {
    let app = TestApp::new();
    let fits = vec![0; 10 << 20];
    let over = vec![0; (10 << 20) + 1];

    let response = app.api_form("POST", "/v1", Form::new().bytes("a.jpg", &fits)).await;
    assert_eq!(response.failure(), "415/5455", "what fits is looked at");
    let response = app.api_form("POST", "/v1", Form::new().bytes("a.jpg", &over)).await;
    assert_eq!(response.failure(), "413/5413");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let app = TestApp::new();

    let response = app.api_json("POST", "/v1", r#"{"file":"x"}"#).await;
    insta::assert_snapshot!(response.snapshot(), @r#"415 {"result":null,"success":false,"errors":[{"code":5415,"message":"The content type must be multipart/form-data"}],"messages":[]}"#);

    assert_eq!(app.api("POST", "/v1").await.failure(), "415/5415");
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let app = TestApp::new();

    for (form, expected) in [
        (Form::new(), "400/5400"),
        (Form::new().text("id", "cat"), "400/5400"),
        (Form::new().text("file", "the text of a file"), "415/5455"),
        // As some SDKs send photos: as text, and longer than any text is.
        (Form::new().text("file", &"x".repeat(200_000)), "415/5455"),
    ] {
        let response = app.api_form("POST", "/v1", form).await;
        assert_eq!(response.failure(), expected, "{}", response.text());
    }
}

#[tokio::test]
async fn bad_fields_are_refused_by_name() {
    let app = TestApp::new();

    for (name, value, expected) in [
        ("id", "/cat", "400/5411"),
        ("id", "9a5c41e0-bbd2-4243-1b0b-f9ac7aa20700", "400/5411"),
        ("id", "cat.pdf", "400/5411"),
        ("metadata", "[1]", "400/5400"),
        ("requireSignedURLs", "maybe", "400/5400"),
        ("creator", &"x".repeat(1025), "400/5400"),
    ] {
        let form = Form::file("geometry.png").text(name, value);
        let response = app.api_form("POST", "/v1", form).await;
        assert_eq!(response.failure(), expected, "{name}={value}");
    }
    assert_eq!(app.blobs(), 0);
}

#[tokio::test]
async fn what_means_nothing_is_passed_over_however_long() {
    let app = TestApp::new();
    let form = Form::file("palette.png").text("comment", &"x".repeat(200_000));

    app.upload_with(form.text("id", "").text("url", "").text("creator", "")).await;
}

#[tokio::test]
async fn hostile_forms_are_refused() {
    let app = TestApp::new();
    let deep = format!("metadata{}", "[a]".repeat(20_000));
    let many = (0..1001).fold(Form::new(), |form, _| form.text("x", ""));
    let not_utf8 = Form::file("palette.png").raw_text("creator", b"bad\xff");

    for form in [Form::file("palette.png").text(&deep, "1"), many, not_utf8] {
        assert_eq!(app.api_form("POST", "/v1", form).await.failure(), "400/5400");
    }
}

#[tokio::test]
async fn an_image_with_a_custom_id_cannot_be_private() {
    let app = TestApp::new();
    let form = Form::file("geometry.png").text("id", "cat").text("requireSignedURLs", "true");

    assert_eq!(app.api_form("POST", "/v1", form).await.failure(), "400/5410");
}

#[tokio::test]
async fn a_taken_id_is_a_conflict_and_the_first_image_stays() {
    let app = TestApp::new();
    app.upload_with(Form::file("geometry.png").text("id", "cat")).await;

    let response = app.api_form("POST", "/v1", Form::file("photo.jpg").text("id", "cat")).await;

    insta::assert_snapshot!(response.snapshot(), @r#"409 {"result":null,"success":false,"errors":[{"code":5409,"message":"Resource already exists"}],"messages":[]}"#);
    let blob = app.api("GET", "/v1/cat/blob").await;
    assert!(blob.body == fixtures::read("geometry.png"));
    assert_eq!(app.blobs(), 1, "the refused file left nothing behind");
}

#[tokio::test]
async fn of_two_file_parts_the_one_with_a_file_name_counts() {
    let app = TestApp::new();

    let bytes = fixtures::read("geometry.png");
    let form = Form::new().text("file", "{}").bytes("a.png", &bytes).text("file", "{}");
    let id = app.upload_with(form).await;

    assert!(app.api("GET", &format!("/v1/{id}/blob")).await.body == bytes);
}

#[tokio::test]
async fn urls_in_answers_work_for_whoever_asked() {
    let app = TestApp::new();
    let id = app.upload("geometry.png").await;
    let path = format!("/client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1/{id}");
    let variant = async |app: &TestApp, headers: &[(&str, &str)]| {
        let headers = [&[("authorization", "Bearer any")], headers].concat();
        let json = app.get(&path, &headers).await.json();
        json["result"]["variants"][0].as_str().unwrap().split("/6oHE").next().unwrap().to_owned()
    };

    for (headers, expected) in [
        (&[("host", "localhost:1856")][..], "http://localhost:1856"),
        (&[("host", "tintype:1856")], "http://tintype:1856"),
        (&[("host", "api.cloudflare.com")], "https://imagedelivery.net"),
        (
            &[
                ("host", "tintype:1856"),
                ("x-forwarded-host", "img.test, proxy"),
                ("x-forwarded-proto", "https"),
            ],
            "https://img.test",
        ),
    ] {
        assert_eq!(variant(&app, headers).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn a_public_url_overrules_the_request() {
    let base: PublicUrl = "https://images.test/base".parse().unwrap();
    let app = TestApp::with(|settings| settings.public_url = Some(base));

    let response = app.api_form("POST", "/v1", Form::file("geometry.png")).await;

    let url = response.json()["result"]["variants"][0].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://images.test/base/6oHE1nRiq6AK0MxcayE9rA/"), "{url}");
}

#[tokio::test]
async fn formats_that_an_account_has_not_got_can_be_refused() {
    let app = TestApp::with(|settings| settings.refuse_uploads = vec![OptionalFormat::Avif]);

    let refused = app.api_form("POST", "/v1", Form::file("deep.avif")).await;

    assert_eq!(refused.failure(), "415/5455");
    assert_eq!(TestApp::new().api_form("POST", "/v1", Form::file("deep.avif")).await.status, 200);
}
