//! Test workers that share a server don't see each other.

use serde_json::Value;

use crate::support::{Form, TestApp};

const TOKEN: &[(&str, &str)] = &[("authorization", "Bearer any")];

/// Uploads an image of an account, and gives the URL of its delivery.
async fn upload(app: &TestApp, account: &str) -> String {
    let path = format!("/client/v4/accounts/{account}/images/v1");
    let uploaded = app.post_form_as("Bearer any", &path, Form::file("still.gif")).await.json();
    let url = uploaded["result"]["variants"][0].as_str().unwrap().to_owned();
    url[url.find("//").unwrap() + 2..].split_once('/').map(|(_, path)| format!("/{path}")).unwrap()
}

async fn batch_token(app: &TestApp, account: &str) -> String {
    let path = format!("/client/v4/accounts/{account}/images/v1/batch_token");
    let token = app.get(&path, TOKEN).await.json();
    format!("Bearer {}", token["result"]["token"].as_str().unwrap())
}

#[tokio::test]
async fn a_rule_of_one_account_never_meets_anothers_calls() {
    let app = TestApp::new();
    let (one, other) = (upload(&app, "one").await, upload(&app, "other").await);
    let [token_of_one, token_of_other] =
        [batch_token(&app, "one").await, batch_token(&app, "other").await];
    app.control("POST", "faults", r#"{"account":"one","status":503}"#).await;

    for (account, image, token, expected) in
        [("one", one, token_of_one, 503), ("other", other, token_of_other, 200)]
    {
        let path = format!("/client/v4/accounts/{account}/images/v1");
        assert_eq!(app.get(&path, TOKEN).await.status, expected, "{account}");
        assert_eq!(app.get(&image, &[]).await.status, expected, "{account}");
        let batch = app.get("/batch/images/v1", &[("authorization", &token)]).await;
        assert_eq!(batch.status, expected, "{account}");
    }
    assert_eq!(app.control("GET", "faults", "").await["faults"][0]["calls"], 3);
}

#[tokio::test]
async fn rules_and_requests_are_seen_and_cleared_by_account() {
    let app = TestApp::new();
    for account in ["one", "other"] {
        let image = upload(&app, account).await;
        app.get(&image, &[]).await;
        let rule = format!(r#"{{"account":"{account}","from":9,"status":503}}"#);
        app.control("POST", "faults", &rule).await;
    }
    let accounts = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let seen = async |query: &str| {
        let faults = app.control("GET", &format!("faults{query}"), "").await["faults"].take();
        let requests = app.control("GET", &format!("requests{query}"), "").await["requests"].take();
        (accounts(&faults), accounts(&requests))
    };

    assert_eq!(seen("?account=one").await, ("one".to_owned(), "one one".to_owned()));

    assert_eq!(app.control("DELETE", "faults?account=one", "").await["removed"], 1);
    assert_eq!(app.control("DELETE", "requests?account=one", "").await["removed"], 2);

    assert_eq!(seen("").await, ("other".to_owned(), "other other".to_owned()));
}
