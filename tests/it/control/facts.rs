//! What can be known of the program.

use tintype::{error::ErrorCode, transform};

use crate::support::TestApp;

#[tokio::test]
async fn the_program_says_that_it_is_well() {
    let app = TestApp::new();

    assert_eq!(app.control("GET", "health", "").await.to_string(), r#"{"ok":true}"#);
    assert_eq!(app.control("GET", "ready", "").await.to_string(), r#"{"ready":true}"#);
    let version = app.control("GET", "version", "").await;
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(version["engine"], transform::ENGINE_VERSION);
}

#[tokio::test]
async fn a_broken_data_folder_is_not_ready() {
    let app = TestApp::new();
    let database = rusqlite::Connection::open(app.folder.path().join("tintype.db")).unwrap();
    database.execute_batch("pragma foreign_keys = off; drop table accounts").unwrap();

    assert_eq!(app.ask_control("GET", "ready", "").await.status, 503);
    assert_eq!(app.ask_control("GET", "health", "").await.status, 200);
}

#[tokio::test]
async fn numbers_go_up_with_what_happens() {
    let app = TestApp::new();
    let id = app.upload("geometry.png").await;
    for _ in 0..3 {
        app.deliver(&id, "public").await;
    }
    app.get("/nowhere", &[]).await;

    let answer = app.ask_control("GET", "metrics", "").await;

    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text();
    for line in [
        "tintype_requests_total{surface=\"api\",status=\"2xx\"} 1",
        "tintype_requests_total{surface=\"delivery\",status=\"2xx\"} 3",
        "tintype_requests_total{surface=\"nowhere\",status=\"4xx\"} 1",
        "tintype_requests_total{surface=\"zone\",status=\"2xx\"} 0",
        "tintype_renditions_made_total 1",
        "tintype_render_seconds_count 1",
        "tintype_cache_hits_total 2",
        "tintype_cache_misses_total 1",
        "tintype_queue_length 0",
        "tintype_workers_busy 0",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
    let number = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert!(number("tintype_cache_bytes ") > 100);
    assert!(number("tintype_cache_memory_bytes ") > 100);
    if cfg!(target_os = "linux") {
        assert!(number("process_resident_memory_bytes ") > 1 << 20);
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = name.split('{').next().unwrap();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let typed = [Some(name), family].into_iter().flatten();
        let mut typed = typed.map(|name| format!("# TYPE {name} "));
        assert!(typed.any(|start| text.contains(&start)), "{line}");
    }
}

#[tokio::test]
async fn the_tables_are_there_as_json() {
    let app = TestApp::new();

    let options = app.control("GET", "options", "").await;
    let operations = app.control("GET", "operations", "").await;
    let errors = app.control("GET", "errors", "").await;

    assert_eq!(options["options"].as_array().unwrap().len(), transform::TABLE.len());
    assert_eq!(errors["errors"].as_array().unwrap().len(), ErrorCode::ALL.len());
    let operations = operations["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 24);
    insta::assert_snapshot!(operations[0], @r#"{"name":"Upload an image","surface":"api","method":"POST","path":"/v1","evidence":"documented"}"#);
    insta::assert_snapshot!(options["options"][1], @r#"{"name":"width","alias":"w","places":["variant","flexible","zone"],"summary":"Width in pixels, or `auto` for the client's screen (URLs only)","support":"full","note":null}"#);
    insta::assert_snapshot!(errors["errors"][0], @r#"{"name":"InvalidHeaders","code":6003,"status":400,"evidence":"observed","message":"Invalid request headers"}"#);
}

#[tokio::test]
async fn a_slip_is_answered_with_what_there_is() {
    let app = TestApp::new();

    let answer = app.ask_control("GET", "fault", "").await;

    assert_eq!(answer.status, 404);
    for path in ["/_tintype/explain", "/_tintype/sign", "/_tintype/faults/{id}"] {
        assert!(answer.text().contains(path), "{}", answer.text());
    }
}
