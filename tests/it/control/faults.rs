//! Calls that fail on purpose.

use std::time::{Duration, Instant};

use axum::{body::Body, http::Request};

use crate::support::{Form, HASH, TestApp};

const IMAGE: &str = "/6oHE1nRiq6AK0MxcayE9rA/a/public";

/// Adds a rule.
async fn fail(app: &TestApp, rule: &str) {
    app.control("POST", "faults", rule).await;
}

#[tokio::test]
async fn the_chosen_calls_fail_and_the_others_do_not() {
    let app = TestApp::new();
    fail(&app, r#"{"operation":"Upload an image","from":2,"to":3,"status":503}"#).await;

    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(app.api_form("POST", "/v1", Form::file("still.gif")).await.status);
        // Other operations don't count.
        assert_eq!(app.api("GET", "/v1/stats").await.status, 200);
    }

    assert_eq!(statuses, [200, 503, 503, 200]);
    let count = app.api("GET", "/v1/stats").await.json()["result"]["count"]["current"].take();
    assert_eq!(count, 2, "a call that fails does nothing");
    insta::assert_snapshot!(
        app.control("GET", "faults", "").await,
        @r#"{"faults":[{"id":1,"operation":"Upload an image","from":2,"to":3,"status":503,"calls":4,"hits":2}]}"#
    );
}

#[tokio::test]
async fn every_surface_refuses_in_its_own_manner() {
    let app = TestApp::with(|settings| settings.origin_dir = Some("fixtures".into()));
    fail(&app, r#"{"status":503}"#).await;
    let token = app.get("/batch/images/v1", &[("authorization", "Bearer any")]).await;
    let upload = app.post_form(&format!("/upload/{HASH}/a"), Form::file("still.gif")).await;
    let answers = [
        ("api", app.api("GET", "/v1").await),
        ("batch", token),
        ("upload", upload),
        ("delivery", app.get(IMAGE, &[]).await),
        ("zone", app.get("/cdn-cgi/image/w=9/photo.jpg", &[]).await),
        ("nowhere", app.get("/photo.jpg", &[]).await),
    ];

    let marks = |answer: &crate::support::Response| {
        format!("{}{}", answer.header("cf-images"), answer.header("cf-resized"))
    };
    let told = answers.iter().map(|(surface, answer)| {
        format!("{surface} {} {} {}", answer.status, marks(answer), answer.text().trim_end())
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
        api 503 err=5503 {"result":null,"success":false,"errors":[{"code":5503,"message":"The service is unavailable"}],"messages":[]}
        batch 503 err=5503 {"result":null,"success":false,"errors":[{"code":5503,"message":"The service is unavailable"}],"messages":[]}
        upload 503 err=5503 {"result":null,"success":false,"errors":[{"code":5503,"message":"The service is unavailable"}],"messages":[]}
        delivery 503 err=9522 ERROR 9522: Too busy
        zone 503 err=9522 ERROR 9522: Too busy
        nowhere 503  Service Unavailable
        "#);
    assert_eq!(answers[2].1.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_code_brings_its_status_and_its_words() {
    let app = TestApp::new();
    fail(&app, r#"{"code":5540}"#).await;

    insta::assert_snapshot!(app.api("GET", "/v1").await.snapshot(), @r#"500 {"result":null,"success":false,"errors":[{"code":5540,"message":"Storage error"}],"messages":[]}"#);

    let answer = app.get(IMAGE, &[("x-tintype-fault", "code=9425")]).await;
    assert_eq!((answer.status, answer.header("cf-images")), (403, "err=9425"));
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_again() {
    let app = TestApp::new();
    fail(&app, r#"{"retry_after":3,"to":1}"#).await;

    // The published schema has no code as low as the gateway's, and no batch host either.
    let limited = app.get("/batch/images/v1", &[]).await;

    assert_eq!((limited.failure().as_str(), limited.header("retry-after")), ("429/971", "3"));
    assert_eq!(app.api("GET", "/v1").await.status, 200);
}

#[tokio::test]
async fn a_header_asks_for_a_fault_of_its_own_request_alone() {
    let app = TestApp::new();
    fail(&app, r#"{"status":500}"#).await;

    let other = app.get(IMAGE, &[("x-tintype-fault", "status=503, retry-after=9")]).await;

    assert_eq!((other.status, other.header("retry-after")), (503, "9"));
    assert_eq!(app.get(IMAGE, &[]).await.status, 500);
    assert_eq!(app.control("GET", "faults", "").await["faults"][0]["calls"], 1);
    app.control("DELETE", "faults", "").await;
    assert_eq!(app.get(IMAGE, &[]).await.status, 403);
}

#[tokio::test]
async fn a_header_without_sense_is_refused_with_a_reason() {
    let app = TestApp::new();
    let bad = [("x-tintype-fault", "stats=503"), ("authorization", "Bearer any")];

    let [api, image, control] = [
        app.get("/client/v4/accounts/a/images/v1", &bad).await,
        app.get(IMAGE, &bad).await,
        app.get("/_tintype/health", &[("x-tintype-fault", "status=503")]).await,
    ];

    assert_eq!(api.failure(), "400/5400");
    assert!(api.text().contains("x-tintype-fault: \\\"stats=503\\\" is none of"), "{}", api.text());
    assert_eq!((image.status, image.header("cf-images")), (400, "err=9401"));
    assert!(image.text().contains("stats=503"), "{}", image.text());
    assert_eq!(
        control.snapshot(),
        r#"400 {"error":"what is under /_tintype never fails on purpose"}"#
    );
}

#[tokio::test]
async fn a_latency_delays_what_happens_all_the_same() {
    let app = TestApp::new();
    fail(&app, r#"{"latency":"40ms..60ms"}"#).await;

    #[expect(clippy::disallowed_methods, reason = "this is about real time")]
    let begin = Instant::now();
    let status = app.api("GET", "/v1").await.status;

    assert_eq!(status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn a_body_is_labelled_wrongly() {
    let app = TestApp::new();
    let id = app.upload("still.gif").await;
    fail(&app, r#"{"surface":"delivery","type":"text/html"}"#).await;

    let answer = app.deliver(&id, "public").await;

    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html"));
    assert!(answer.body.starts_with(b"GIF"));
}

#[tokio::test]
async fn rules_choose_by_method_and_path() {
    let app = TestApp::new();
    fail(&app, r#"{"method":"delete","path":"/client/v4/accounts/*/images/v1/**","status":500}"#)
        .await;

    assert_eq!(app.api("DELETE", "/v1/a/b").await.status, 500);
    assert_eq!(app.api("GET", "/v1/a/b").await.status, 404);
    assert_eq!(app.api("DELETE", "/v2/a").await.status, 404);
}

#[tokio::test]
async fn a_list_of_rules_is_added_whole_or_not_at_all() {
    let app = TestApp::new();

    let bad = app.ask_control("POST", "faults", r#"[{"status":503},{"statsu":503}]"#).await;
    let why = r#"400 {"error":"rule 2: there is no field statsu; did you mean status?"}"#;
    assert_eq!(bad.snapshot(), why);
    assert_eq!(app.control("GET", "faults", "").await.to_string(), r#"{"faults":[]}"#);

    let added = app.control("POST", "faults", r#"[{"status":503},{"status":500}]"#).await;
    assert_eq!(added.to_string(), r#"{"ids":[1,2]}"#);
}

#[tokio::test]
async fn rules_are_removed_by_id_or_all() {
    let app = TestApp::new();
    fail(&app, r#"[{"status":503},{"status":500},{"status":502}]"#).await;

    app.control("DELETE", "faults/1", "").await;

    assert_eq!(app.get(IMAGE, &[]).await.status, 500);
    for nothing in ["faults/1", "faults/x"] {
        assert_eq!(app.ask_control("DELETE", nothing, "").await.status, 404);
    }
    assert_eq!(app.control("DELETE", "faults", "").await["removed"], 2);
    for bad in ["", "{", "1", "{}", r#"{"account":"a b","status":500}"#] {
        assert_eq!(app.ask_control("POST", "faults", bad).await.status, 400, "{bad}");
    }
    assert_eq!(app.ask_control("DELETE", "faults?acount=a", "").await.status, 400);
}

#[tokio::test]
async fn an_accounts_rules_are_its_own() {
    let app = TestApp::new();
    let body = r#"{"status":503}"#;

    app.control("POST", "faults?account=mine", body).await;

    let rules = app.control("GET", "faults", "").await;
    assert_eq!(rules["faults"][0]["account"], "mine");
    let foreign = r#"{"status":503,"account":"other"}"#;
    assert_eq!(app.ask_control("POST", "faults?account=mine", foreign).await.status, 400);
    assert_eq!(app.ask_control("DELETE", "faults/1?account=other", "").await.status, 404);
    app.control("DELETE", "faults/1?account=mine", "").await;
    assert_eq!(app.ask_control("GET", "health?a=b", "").await.status, 400);
}

#[tokio::test]
async fn a_method_that_a_control_has_not_is_refused() {
    assert_eq!(TestApp::new().ask_control("PATCH", "faults", "").await.status, 405);
}

#[tokio::test]
async fn what_a_refused_client_sends_is_read_to_the_end() {
    let app = TestApp::new();
    fail(&app, r#"{"status":503}"#).await;
    let (sender, body) = tokio::sync::mpsc::channel::<&'static str>(1);
    let body = futures_util::stream::unfold(body, |mut body| async move {
        let chunk = body.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), body))
    });
    let path = "/client/v4/accounts/a/images/v1";
    let request = Request::post(path).body(Body::from_stream(body)).unwrap();

    let sending = async {
        for _ in 0..5 {
            sender.send("x").await.expect("it is read");
        }
        drop(sender);
    };
    let (answer, ()) = tokio::join!(app.send(request), sending);

    assert_eq!(answer.failure(), "503/5503");
}
