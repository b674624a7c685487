//! What the gateway refuses before Images sees the request (management-api.md §4.3).

use axum::{body::Body, http::Request};
use futures_util::future::join_all;

use crate::support::TestApp;

const LIST: &str = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1";

#[tokio::test]
async fn a_request_without_credentials_is_refused_in_the_short_form() {
    let app = TestApp::new();

    let response = app.get(LIST, &[]).await;

    insta::assert_snapshot!(response.snapshot(), @r#"400 {"success":false,"errors":[{"code":9106,"message":"Missing X-Auth-Key, X-Auth-Email or Authorization headers"}]}"#);
}

#[tokio::test]
async fn malformed_credentials_are_named_in_the_error_chain() {
    let app = TestApp::new();

    let response = app.get(LIST, &[("authorization", "Basic abc")]).await;
    insta::assert_snapshot!(response.snapshot(), @r#"400 {"success":false,"errors":[{"code":6003,"message":"Invalid request headers","error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}]}"#);

    for (headers, expected) in [
        (&[("authorization", "Bearer ")][..], 6111),
        (&[("authorization", "Bearer two words")], 6111),
        (&[("x-auth-email", "nobody"), ("x-auth-key", "abc")], 6102),
        (&[("x-auth-email", "a@b.test"), ("x-auth-key", "a b")], 6103),
    ] {
        let response = app.get(LIST, headers).await;
        assert_eq!(response.failure(), "400/6003", "{headers:?}");
        assert_eq!(response.json()["errors"][0]["error_chain"][0]["code"], expected);
    }
}

#[tokio::test]
async fn any_well_formed_credentials_are_accepted() {
    let app = TestApp::new();

    for headers in [
        &[("authorization", "Bearer t-0.k_e~n+/=")][..],
        &[("x-auth-email", "dev@example.test"), ("x-auth-key", "0123456789abcdef")],
    ] {
        assert_eq!(app.get(LIST, headers).await.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn half_a_pair_of_credentials_is_none() {
    let app = TestApp::new();

    for headers in [&[("x-auth-email", "dev@example.test")][..], &[("x-auth-key", "abc")]] {
        assert_eq!(app.get(LIST, headers).await.failure(), "400/9106");
    }
}

#[tokio::test]
async fn an_implausible_account_id_could_not_be_routed_to() {
    let app = TestApp::new();

    let path = "/client/v4/accounts/no.account/images/v1";
    let response = app.get(path, &[("authorization", "Bearer any")]).await;

    insta::assert_snapshot!(response.snapshot(), @r#"404 {"result":null,"success":false,"errors":[{"code":7003,"message":"Could not route to /client/v4/accounts/no.account/images/v1, perhaps your object identifier is invalid?"}],"messages":[]}"#);
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_answered_in_the_envelope() {
    let app = TestApp::new();

    let response = app.api("GET", "/v3").await;
    insta::assert_snapshot!(response.snapshot(), @r#"404 {"result":null,"success":false,"errors":[{"code":7000,"message":"No route for that URI"}],"messages":[{"code":7000,"message":"Did you mean /client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1?"}]}"#);
    let response = app.api("PUT", "/v1").await;
    insta::assert_snapshot!(response.snapshot(), @r#"405 {"result":null,"success":false,"errors":[{"code":10000,"message":"PUT method not allowed for the api_token authentication scheme"}],"messages":[]}"#);

    for path in ["/client/v4/nothing", "/client/v5/accounts/a/images/v1"] {
        assert_eq!(app.get(path, &[]).await.failure(), "404/7000", "{path}");
    }
    for path in ["/v1/variants/a/b/c", "/v1/", "/v1/keys/a/b"] {
        assert_eq!(app.api("GET", path).await.failure(), "404/7000", "{path}");
    }
}

#[tokio::test]
async fn a_slip_in_the_path_is_answered_with_what_was_probably_meant() {
    let app = TestApp::new();
    let token = &[("authorization", "Bearer any")];

    let response = app.get("/accounts/abc/images/v1", token).await;
    insta::assert_snapshot!(response.snapshot(), @r#"404 {"result":null,"success":false,"errors":[{"code":7000,"message":"No route for that URI"}],"messages":[{"code":7000,"message":"Did you mean /client/v4/accounts/abc/images/v1?"}]}"#);
    let response = app.get("/client/v4/accounts/abc/image/v1/stats", token).await;
    insta::assert_snapshot!(response.snapshot(), @r#"404 {"result":null,"success":false,"errors":[{"code":7000,"message":"No route for that URI"}],"messages":[{"code":7000,"message":"Did you mean /client/v4/accounts/abc/images/v1/stats?"}]}"#);
    let response = app.get("/client/v4/zones/abc/dns_records", token).await;
    insta::assert_snapshot!(response.snapshot(), @r#"404 {"result":null,"success":false,"errors":[{"code":7000,"message":"No route for that URI"}],"messages":[]}"#);
}

#[tokio::test]
async fn an_unknown_host_and_path_is_told_where_the_doors_are() {
    let app = TestApp::new();

    let response = app.get("/", &[("host", "localhost")]).await;

    assert_eq!(response.status, 404);
    assert!(response.text().contains("/client/v4/accounts/"), "{}", response.text());
}

#[tokio::test]
async fn accounts_come_into_being_at_first_use_and_know_nothing_of_each_other() {
    let app = TestApp::new();
    app.upload("geometry.png").await;
    let token = &[("authorization", "Bearer any")];

    for account in ["worker-1", "fedcba9876543210fedcba9876543210"] {
        let base = format!("/client/v4/accounts/{account}/images/v1");
        let images = app.get(&base, token).await.json();
        assert_eq!(images["result"]["images"].as_array().unwrap().len(), 0);
        let variants = app.get(&format!("{base}/variants"), token).await.json();
        assert_eq!(variants["result"]["variants"]["public"]["options"]["width"], 1366);
    }
}

#[tokio::test]
async fn a_burst_of_requests_is_answered_to_the_last_one() {
    let app = TestApp::new();
    let token = &[("authorization", "Bearer any")];

    let burst = (0..600).map(|_| app.get(LIST, token));

    for response in join_all(burst).await {
        assert_eq!(response.status, 200, "{}", response.text());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up() {
    let app = TestApp::new();
    let never = futures_util::stream::pending::<Result<&[u8], std::io::Error>>();

    let request = Request::post(format!("{LIST}/variants")).header("authorization", "Bearer any");
    let response = app.send(request.body(Body::from_stream(never)).unwrap()).await;

    assert_eq!(response.failure(), "408/5408");
}
