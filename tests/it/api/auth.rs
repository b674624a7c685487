//! `--auth`.

use tintype::config::Auth;

use crate::support::TestApp;

const MINE: &str = "/client/v4/accounts/mine/images/v1/stats";
const OTHER: &str = "/client/v4/accounts/other/images/v1/stats";

#[tokio::test]
async fn without_auth_nothing_is_needed_and_nothing_is_wrong() {
    let app = TestApp::with(|settings| settings.auth = Auth::None);

    assert_eq!(app.get(MINE, &[]).await.status, 200);
    assert_eq!(app.get(MINE, &[("authorization", "Basic nonsense")]).await.status, 200);
}

#[tokio::test]
async fn listed_tokens_are_good_for_their_scope_and_accounts() {
    let app = TestApp::with(|settings| {
        settings.auth = Auth::Tokens;
        let tokens = ["all", "reader:read", "one:write:mine", "dev@example.test/0123:read:mine"];
        settings.tokens = tokens.iter().map(|token| token.parse().unwrap()).collect();
    });
    let pair = [("x-auth-email", "dev@example.test"), ("x-auth-key", "0123")];
    let wrong_pair = [("x-auth-email", "dev@example.test"), ("x-auth-key", "4567")];

    for (headers, method, path, expected) in [
        (&[("authorization", "Bearer all")][..], "GET", OTHER, 200),
        (&[("authorization", "Bearer unknown")], "GET", MINE, 401),
        (&[("authorization", "Bearer reader")], "GET", MINE, 200),
        (&[("authorization", "Bearer one")], "GET", MINE, 200),
        (&[("authorization", "Bearer one")], "GET", OTHER, 403),
        (&pair, "GET", MINE, 200),
        (&pair, "GET", OTHER, 403),
        (&wrong_pair, "GET", MINE, 401),
        (
            &[("authorization", "Bearer reader")],
            "POST",
            "/client/v4/accounts/mine/images/v2/direct_upload",
            403,
        ),
        (
            &[("authorization", "Bearer one")],
            "POST",
            "/client/v4/accounts/mine/images/v2/direct_upload",
            200,
        ),
        (&[("authorization", "Bearer reader")], "HEAD", MINE, 200),
        // A batch token writes, so a reader gets none.
        (
            &[("authorization", "Bearer reader")],
            "GET",
            "/client/v4/accounts/mine/images/v1/batch_token",
            403,
        ),
        (
            &[("authorization", "Bearer one")],
            "GET",
            "/client/v4/accounts/mine/images/v1/batch_token",
            200,
        ),
        (&[], "GET", MINE, 400),
    ] {
        let response = app.request(method, path, headers).await;
        assert_eq!(response.status, expected, "{headers:?} {method} {path}");
    }
}

#[tokio::test]
async fn the_two_refusals_look_as_the_gateways() {
    let app = TestApp::with(|settings| {
        settings.auth = Auth::Tokens;
        settings.tokens = vec!["one:write:mine".parse().unwrap()];
    });

    let unknown = app.get(MINE, &[("authorization", "Bearer other")]).await;
    insta::assert_snapshot!(unknown.snapshot(), @r#"401 {"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[]}"#);
    let not_covered = app.get(OTHER, &[("authorization", "Bearer one")]).await;
    insta::assert_snapshot!(not_covered.snapshot(), @r#"403 {"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#);
}
