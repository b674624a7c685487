//! Metadata filters of the v2 listing. The operators are tested beside `domain::metadata_filter`.

use crate::support::{Form, TestApp};

async fn app() -> TestApp {
    let app = TestApp::new();
    for number in 0..6 {
        let metadata = format!(r#"{{"n":{number},"kind":{{"even":{}}}}}"#, number % 2 == 0);
        let form = Form::file("palette.png").text("id", &number.to_string());
        app.upload_with(form.text("metadata", &metadata)).await;
    }
    app.upload_with(Form::file("palette.png").text("id", "bare")).await;
    app
}

#[tokio::test]
async fn filters_arrive_raw_or_escaped_and_are_all_met() {
    let app = app().await;

    for (query, expected) in [
        ("meta.n[gte]=4", "5 4"),
        ("meta.n%5Bgte%3Anumber%5D=4", "5 4"),
        ("meta.kind.even[eq:boolean]=true", "4 2 0"),
        ("meta.n[in]=1|3", "3 1"),
        ("meta.n[in]=1%7C3", "3 1"),
        ("meta.n[gt]=1&meta.kind.even[eq]=true", "4 2"),
        ("meta.n[gt]=3&meta.n[lt]=2", ""),
        ("meta.n[gte]=4&sort_order=asc", "4 5"),
    ] {
        assert_eq!(app.api("GET", &format!("/v2?{query}")).await.image_ids(), expected, "{query}");
    }
}

#[tokio::test]
async fn filtered_listings_have_pages_too() {
    let app = app().await;
    let query = "/v2?meta.kind.even[eq]=true&per_page=2";

    let first = app.api("GET", query).await;
    let token = first.json()["result"]["continuation_token"].as_str().unwrap().to_owned();
    let second = app.api("GET", &format!("{query}&continuation_token={token}")).await;

    assert_eq!((first.image_ids().as_str(), second.image_ids().as_str()), ("4 2", "0"));
    assert!(second.json()["result"]["continuation_token"].is_null());
}

#[tokio::test]
async fn filters_that_cannot_be_read_are_refused() {
    let app = TestApp::new();

    let six = "meta.a[eq]=1&".repeat(6);
    for query in ["meta.n[like]=1", "meta.n=1", "meta.a.b.c.d.e.f[eq]=1", six.as_str()] {
        let response = app.api("GET", &format!("/v2?{query}")).await;
        assert_eq!(response.failure(), "400/5400", "{query}");
    }
}
