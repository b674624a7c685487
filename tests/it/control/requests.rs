//! What a program has sent.

use std::time::Duration;

use axum::{body::Body, http::Request};
use futures_util::{StreamExt, poll};
use serde_json::Value;
use tower::ServiceExt;

use crate::support::{Form, HASH, TestApp};

async fn requests(app: &TestApp, query: &str) -> Vec<Value> {
    let found = app.control("GET", &format!("requests?{query}"), "").await;
    found["requests"].as_array().unwrap().clone()
}

/// What was asked for, in order.
async fn paths(app: &TestApp, query: &str) -> String {
    let requests = requests(app, query).await;
    requests.iter().map(|one| one["path"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_upload_is_remembered_with_its_fields() {
    let app = TestApp::new();
    let form = Form::file("still.gif").text("id", "cats/a").text("metadata", r#"{"a":1}"#);
    app.api_form("POST", "/v1", form.text("color", "red")).await;

    let mut request = requests(&app, "").await.remove(0);

    assert!(request["duration_ms"].take().as_f64().unwrap() > 0.0);
    insta::assert_snapshot!(format!("{request:#}"), @r#"
        {
          "seq": 1,
          "time": "2026-01-02T03:04:05.678Z",
          "surface": "api",
          "operation": "Upload an image",
          "method": "POST",
          "path": "/client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1",
          "status": 200,
          "code": null,
          "duration_ms": null,
          "account": "0123456789abcdef0123456789abcdef",
          "user_agent": null,
          "form": [
            {
              "name": "file",
              "filename": "still.gif",
              "size": 425
            },
            {
              "name": "id",
              "value": "cats/a",
              "size": 6
            },
            {
              "name": "metadata",
              "value": "{\"a\":1}",
              "size": 7
            },
            {
              "name": "color",
              "size": 3
            }
          ],
          "body": null,
          "cache": null,
          "warnings": [],
          "fault": null
        }
        "#);
}

#[tokio::test]
async fn a_delivery_is_remembered_with_what_became_of_it() {
    let app = TestApp::flexible().await;
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/w=40,trimm=1");
    app.get(&path, &[("user-agent", "a browser")]).await;
    app.get(&path, &[]).await;
    app.get(&format!("/{HASH}/{id}/nothing"), &[]).await;

    let found = requests(&app, "surface=delivery").await;

    let told = found.iter().map(|one| {
        let [operation, status, code] = ["operation", "status", "code"].map(|name| &one[name]);
        let [account, agent, cache] = ["account", "user_agent", "cache"].map(|name| &one[name]);
        let warnings = &one["warnings"];
        format!("{operation} {status} {code} {account} {agent} {cache} {warnings}")
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
        "Deliver an image" 200 null "0123456789abcdef0123456789abcdef" "a browser" "MISS" ["cf-images 299 \"trimm is no option that is known here\""]
        "Deliver an image" 200 null "0123456789abcdef0123456789abcdef" null "HIT" ["cf-images 299 \"trimm is no option that is known here\""]
        "Deliver an image" 403 9425 "0123456789abcdef0123456789abcdef" null null []
        "#);
}

#[tokio::test]
async fn a_body_is_remembered_and_credentials_are_not() {
    let app = TestApp::new();
    app.api_json("PATCH", "/v1/config", r#"{"flexible_variants":true}"#).await;
    let secret =
        [("x-auth-key", "hush"), ("x-auth-email", "a@b"), ("authorization", "Bearer hush")];
    app.get("/client/v4/accounts/a/images/v1", &secret).await;

    let all = app.control("GET", "requests", "").await;

    assert_eq!(all["requests"][0]["body"], r#"{"flexible_variants":true}"#);
    assert_eq!(all["requests"][1]["status"], 200);
    assert!(!all.to_string().contains("hush"), "{all}");
}

#[tokio::test]
async fn filters_choose() {
    let app = TestApp::new();
    let api = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images";
    app.api("GET", "/v1/stats").await;
    app.api("DELETE", "/v1/a/b").await;
    app.get("/elsewhere", &[]).await;
    app.get("/cdn-cgi/image/blur=999/a.png", &[]).await;
    let (stats, deleted) = (format!("{api}/v1/stats"), format!("{api}/v1/a/b"));
    let (stats, deleted) = (stats.as_str(), deleted.as_str());

    for (query, expected) in [
        ("surface=nowhere", "/elsewhere"),
        ("surface=zone&status=400", "/cdn-cgi/image/blur=999/a.png"),
        ("operation=Delete%20image", deleted),
        ("method=delete", deleted),
        ("status=404&surface=api", deleted),
        ("code=5404", deleted),
        ("path=**/stats", stats),
        ("path=/*", "/elsewhere"),
        ("account=0123456789abcdef0123456789abcdef&limit=1", deleted),
        ("since=3", "/cdn-cgi/image/blur=999/a.png"),
        ("since=1&limit=2", &format!("{deleted} /elsewhere")),
    ] {
        assert_eq!(paths(&app, query).await, expected, "{query}");
    }
    for bad in ["surface=door", "status=x", "statsu=1", "wait=soon", "wait=2h", "operation=Delete"]
    {
        let refused = app.ask_control("GET", &format!("requests?{bad}"), "").await;
        assert_eq!(refused.status, 400, "{bad}");
        assert!(refused.json()["error"].is_string(), "{bad}");
    }
}

#[tokio::test]
async fn who_waits_gets_the_request_when_it_comes() {
    let app = TestApp::new();
    app.get("/before", &[]).await;
    let mut waiting = Box::pin(app.control("GET", "requests?since=1&path=/awaited&wait=30s", ""));
    // Until it waits indeed, and not for the database.
    for _ in 0..20 {
        assert!(poll!(&mut waiting).is_pending());
        tokio::task::yield_now().await;
    }
    app.get("/other", &[]).await;
    assert!(poll!(&mut waiting).is_pending());

    app.get("/awaited?x=1", &[]).await;

    let found = waiting.await;
    assert_eq!(found["requests"][0]["path"], "/awaited?x=1");
    assert_eq!(found["next"], 3);
}

#[tokio::test]
async fn who_waits_in_vain_is_told_so() {
    let app = TestApp::new();

    let found = app.control("GET", "requests?wait=20ms", "").await;

    assert_eq!(found.to_string(), r#"{"requests":[],"next":0}"#);
}

#[tokio::test]
async fn events_tell_of_requests_as_they_come() {
    let app = TestApp::new();
    app.get("/before", &[]).await;
    let request = |query: &str, last: &str| {
        let path = format!("/_tintype/requests/events{query}");
        Request::get(path).header("last-event-id", last).body(Body::empty()).unwrap()
    };
    let router = tintype::server::router(app.app.clone());
    let open = async |query: &str, last: &str| {
        let response = router.clone().oneshot(request(query, last)).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        response.into_body().into_data_stream()
    };
    let next = async |events: &mut axum::body::BodyDataStream| {
        let event = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
        String::from_utf8(event.unwrap().unwrap().unwrap().to_vec()).unwrap()
    };
    let mut news = open("?path=/a*", "").await;
    let mut again = open("", "0").await;

    app.get("/other", &[]).await;
    app.get("/awaited", &[]).await;

    let event = next(&mut news).await;
    assert!(event.starts_with("event: request\nid: 3\ndata: {\"seq\":3,"), "{event}");
    assert!(event.contains(r#""path":"/awaited""#), "{event}");
    assert!(next(&mut again).await.contains(r#""path":"/before""#));
    app.app.requests.end();
    assert!(news.next().await.is_none(), "they end with the server");
    assert_eq!(app.ask_control("GET", "requests/events?wait=1s", "").await.status, 400);
}

#[tokio::test]
async fn a_fault_is_remembered_with_whom_it_met() {
    let app = TestApp::new();
    app.control("POST", "faults", r#"{"path":"/a","status":503}"#).await;
    app.get("/a", &[]).await;
    app.get("/b", &[("x-tintype-fault", "status=500,latency=1ms")]).await;

    let faults: Vec<_> =
        requests(&app, "").await.iter().map(|one| one["fault"].to_string()).collect();

    assert_eq!(
        faults,
        [r#"{"id":1,"does":"status=503"}"#, r#"{"id":null,"does":"status=500,latency=1ms"}"#]
    );
}

#[tokio::test]
async fn a_client_that_goes_away_has_asked_all_the_same() {
    let app = TestApp::new();
    let mut asking = Box::pin(app.get("/a", &[("x-tintype-fault", "latency=1m")]));
    assert!(poll!(&mut asking).is_pending());

    drop(asking);

    let request = requests(&app, "").await.remove(0);
    assert_eq!((request["path"].as_str(), request["status"].is_null()), (Some("/a"), true));
}

#[tokio::test]
async fn as_many_are_remembered_as_are_asked_for() {
    let app = TestApp::with(|settings| settings.requests = 2);
    for path in ["/a", "/b", "/c"] {
        app.get(path, &[]).await;
    }
    assert_eq!(paths(&app, "").await, "/b /c");
    assert_eq!(app.control("DELETE", "requests", "").await["removed"], 2);
    assert_eq!(paths(&app, "").await, "");

    let app = TestApp::with(|settings| settings.requests = 0);
    app.get("/a", &[]).await;
    let refused = app.ask_control("GET", "requests", "").await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("--requests 0"), "{}", refused.text());
}
