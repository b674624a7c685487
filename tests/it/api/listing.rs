//! Listing, v1 by page number and v2 by continuation token; and the count.

use chrono::TimeDelta;

use crate::support::{Form, Response, TestApp};

/// Uploads images called 0, 1, 2 …, a second apart but for pairs at the same instant.
async fn app_with_images(count: usize) -> TestApp {
    let app = TestApp::new();
    for number in 0..count {
        let creator = if number % 2 == 0 { "even" } else { "" };
        let form = Form::file("palette.png").text("id", &number.to_string());
        app.upload_with(form.text("creator", creator)).await;
        app.clock.advance(TimeDelta::seconds((number % 2) as i64));
    }
    app
}

fn token(response: &Response) -> Option<String> {
    let json = response.json();
    json["result"]["continuation_token"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn an_empty_listing_has_no_images_and_no_token() {
    let app = TestApp::new();

    let response = app.api("GET", "/v1").await;
    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"images":[],"items":[]},"success":true,"errors":[],"messages":[]}"#);
    let response = app.api("GET", "/v2").await;
    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"images":[],"continuation_token":null},"success":true,"errors":[],"messages":[]}"#);
}

#[tokio::test]
async fn v1_pages_go_from_newest_to_oldest_and_end_empty() {
    let app = app_with_images(5).await;

    assert_eq!(app.api("GET", "/v1").await.image_ids(), "4 3 2 1 0");
    assert_eq!(app.api("GET", "/v1?per_page=2").await.image_ids(), "4 3");
    assert_eq!(app.api("GET", "/v1?per_page=2&page=3").await.image_ids(), "0");
    assert_eq!(app.api("GET", "/v1?per_page=2&page=4").await.image_ids(), "");
}

#[tokio::test]
async fn v1_forgives_numbers_out_of_range() {
    let app = app_with_images(3).await;

    for query in ["per_page=0", "per_page=-5&page=0", "per_page=0&page=-1"] {
        assert_eq!(app.api("GET", &format!("/v1?{query}")).await.image_ids(), "2", "{query}");
    }
    for query in ["per_page=99999", "per_page=many&page=first"] {
        assert_eq!(app.api("GET", &format!("/v1?{query}")).await.image_ids(), "2 1 0", "{query}");
    }
}

#[tokio::test]
async fn v2_tokens_lead_through_the_whole_listing_in_either_order() {
    let app = app_with_images(5).await;

    for (order, expected) in [("desc", "4 3 | 2 1 | 0"), ("asc", "0 1 | 2 3 | 4")] {
        let base = format!("/v2?per_page=2&sort_order={order}");
        let mut pages = Vec::new();
        let mut query = base.clone();
        loop {
            let response = app.api("GET", &query).await;
            pages.push(response.image_ids());
            let Some(token) = token(&response) else { break };
            assert!(token.len() <= 32, "{token}");
            query = format!("{base}&continuation_token={token}");
        }
        assert_eq!(pages.join(" | "), expected);
    }
}

#[tokio::test]
async fn v2_has_no_token_when_the_page_is_just_full() {
    let app = app_with_images(4).await;

    let first = app.api("GET", "/v2?per_page=2").await;
    let query = format!("/v2?per_page=2&continuation_token={}", token(&first).unwrap());

    assert_eq!(token(&app.api("GET", &query).await), None);
    assert_eq!(token(&app.api("GET", "/v2?continuation_token=").await), None);
}

#[tokio::test]
async fn v2_tokens_stay_right_while_images_come_and_go() {
    let app = app_with_images(6).await;
    let first = app.api("GET", "/v2?per_page=2").await;
    assert_eq!(first.image_ids(), "5 4");

    for gone in ["4", "3"] {
        app.api("DELETE", &format!("/v1/{gone}")).await;
    }
    app.upload_with(Form::file("palette.png").text("id", "new")).await;

    let query = format!("/v2?per_page=9&continuation_token={}", token(&first).unwrap());
    assert_eq!(app.api("GET", &query).await.image_ids(), "2 1 0");
}

#[tokio::test]
async fn listings_can_be_of_one_creator_or_of_none() {
    let app = app_with_images(4).await;

    for version in ["v1", "v2"] {
        assert_eq!(app.api("GET", &format!("/{version}?creator=even")).await.image_ids(), "2 0");
        assert_eq!(app.api("GET", &format!("/{version}?creator=")).await.image_ids(), "3 1");
        assert_eq!(app.api("GET", &format!("/{version}?creator=odd")).await.image_ids(), "");
    }
}

#[tokio::test]
async fn v2_refuses_what_it_cannot_read() {
    let app = TestApp::new();

    for query in [
        "per_page=0",
        "per_page=10001",
        "per_page=many",
        "sort_order=up",
        "continuation_token=!!",
        "continuation_token=AAAA",
    ] {
        let response = app.api("GET", &format!("/v2?{query}")).await;
        assert_eq!(response.failure(), "400/5400", "{query}");
    }
}

#[tokio::test]
async fn stats_count_the_images() {
    let app = app_with_images(3).await;

    let response = app.api("GET", "/v1/stats").await;

    insta::assert_snapshot!(response.snapshot(), @r#"200 {"result":{"count":{"current":3,"allowed":100000}},"success":true,"errors":[],"messages":[]}"#);
}
