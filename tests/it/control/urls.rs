use crate::support::TestApp;

#[tokio::test]
async fn bases_are_set_and_taken_back_while_the_program_runs() {
    let app = TestApp::with(|settings| {
        settings.delivery_url = Some("https://cdn.test".parse().unwrap());
    });

    insta::assert_snapshot!(
        app.control("GET", "urls", "").await,
        @r#"{"set":{"public":null,"delivery":"https://cdn.test","upload":null},"here":{"delivery":"https://cdn.test","upload":"http://localhost/upload"}}"#
    );
    insta::assert_snapshot!(
        app.control("PUT", "urls", r#"{"public":"https://a.test/b/"}"#).await,
        @r#"{"set":{"public":"https://a.test/b","delivery":null,"upload":null},"here":{"delivery":"https://a.test/b","upload":"https://a.test/b/upload"}}"#
    );
    let draft = app.api("POST", "/v2/direct_upload").await.json();
    let url = draft["result"]["uploadURL"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://a.test/b/upload/6oHE"), "{url}");
    let signed = app.control("GET", "sign?image=cat&variant=public", "").await;
    assert!(signed["url"].as_str().unwrap().starts_with("https://a.test/b/6oHE"), "{signed}");

    let back = app.control("DELETE", "urls", "").await;
    assert_eq!(back["set"]["delivery"], "https://cdn.test");
}

#[tokio::test]
async fn what_is_no_base_is_refused_and_changes_nothing() {
    let app = TestApp::new();
    let before = app.control("GET", "urls", "").await;

    for body in [
        r#"{"public":"images.test"}"#,
        r#"{"delivery":"https://a.test/?q"}"#,
        r#"{"upload":"ftp://a.test"}"#,
        r#"{"upload_url":"https://a.test"}"#,
        r#"{"upload":"https://me:secret@a.test"}"#,
        r#"{"public":"https://a.test/#b"}"#,
        r#"{"public":1}"#,
        r#"["https://a.test",null,null]"#,
        "[]",
        "",
    ] {
        let refused = app.ask_control("PUT", "urls", body).await;
        assert_eq!(refused.status, 400, "{body}");
        let why = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(!why.contains("struct") && !why.contains("secret"), "{body}: {why}");
    }
    assert_eq!(app.control("GET", "urls", "").await, before);
}

#[tokio::test]
async fn bases_are_everybodys_and_no_account_is_taken() {
    let app = TestApp::new();
    let before = app.control("GET", "urls", "").await;
    let wanted = r#"{"public":"https://a.test"}"#;

    for (method, path) in [("GET", "urls"), ("PUT", "urls"), ("DELETE", "urls"), ("GET", "ca.pem")]
    {
        let refused = app.ask_control(method, &format!("{path}?account=a"), wanted).await;
        assert_eq!(
            refused.snapshot(),
            r#"400 {"error":"it takes no parameters"}"#,
            "{method} {path}"
        );
    }
    assert_eq!(app.control("GET", "urls", "").await, before);
}
