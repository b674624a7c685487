//! tintype inside of a test, through its own handle and over HTTP.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tintype::{Emulator, emulator::View, requests::Filter, start::StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::fixtures;

/// Asks over HTTP, from a thread of its own: the client blocks.
async fn ask(request: impl FnOnce() -> Result<ureq::Body, ureq::Error> + Send + 'static) -> Value {
    let body = move || request().unwrap().read_to_string().unwrap();
    let text = tokio::task::spawn_blocking(body).await.unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn count(emulator: &Emulator, account: &str) -> Value {
    let url = format!("{}/accounts/{account}/images/v1/stats", emulator.api_url());
    let get = || ureq::get(url).header("authorization", "Bearer any").call();
    ask(|| Ok(get()?.into_body())).await["result"]["count"]["current"].clone()
}

fn statuses(view: &View) -> Vec<u16> {
    view.requests().iter().map(|entry| entry.outcome.as_ref().unwrap().status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_views_that_do_not_touch_each_other() {
    let emulator =
        Emulator::builder().seed(fixtures::path("demo")).id_seed(7).start().await.unwrap();
    let seeded = emulator.default_account().id.clone();
    let one = emulator.account("one").await.unwrap();

    one.fail(json!({ "operation": "Images usage statistics", "to": 1, "latency": "1ms" }))
        .await
        .unwrap();
    one.clock().advance(TimeDelta::hours(1));
    assert_eq!(count(&emulator, "one").await, 0);
    assert_ne!(count(&emulator, seeded.as_str()).await, 0);

    assert_eq!(statuses(&one), [200]);
    assert_eq!(emulator.requests().len(), 2);
    assert!(one.requests()[0].fault.is_some());
    assert!(one.clock().now() > emulator.clock().now() + TimeDelta::minutes(59));
    one.reset().await.unwrap();
    assert!(one.requests().is_empty());
    assert_eq!(one.clear_faults(), 0);
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_kept_and_gone_back_to() {
    let emulator = Emulator::builder().seed(fixtures::path("demo")).start().await.unwrap();
    let account = emulator.default_account().id.to_string();
    let before = count(&emulator, &account).await;
    emulator.save("before").await.unwrap();
    let url = format!("{}/accounts/{account}/images/v1/landscape.jpg", emulator.api_url());
    let delete = || ureq::delete(url).header("authorization", "Bearer any").call();
    ask(|| Ok(delete()?.into_body())).await;
    assert_ne!(count(&emulator, &account).await, before);

    emulator.restore("before").await.unwrap();

    assert_eq!(count(&emulator, &account).await, before);
    assert!(emulator.restore("never").await.is_err());
    assert!(emulator.save("no name").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_waited_for() {
    let emulator = Emulator::builder().start().await.unwrap();
    let view = emulator.account("watched").await.unwrap();
    let filter = || Filter { status: Some(200), ..Filter::default() };
    assert!(view.wait_for(filter(), Duration::from_millis(1)).await.is_none());

    let (found, _) =
        tokio::join!(view.wait_for(filter(), Duration::from_secs(10)), count(&emulator, "watched"));

    assert_eq!(found.unwrap().call.operation, Some("Images usage statistics"));
    assert_eq!(view.clear_requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_gone_with_its_connections() {
    let emulator = Emulator::builder().ephemeral().start().await.unwrap();
    let url = format!("{}/_tintype/health", emulator.base_url());
    let address = emulator.base_url().strip_prefix("http://").unwrap().to_owned();
    let mut kept = tokio::net::TcpStream::connect(&address).await.unwrap();
    kept.write_all(b"GET /_tintype/health HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    kept.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");

    drop(emulator);

    // The rest of the answer, and then the end.
    kept.read_to_end(&mut Vec::new()).await.unwrap();
    let refused = tokio::task::spawn_blocking(move || ureq::get(url).call().is_err());
    assert!(refused.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_of_the_account_that_it_names_or_is_added_for() {
    let emulator = Emulator::builder().start().await.unwrap();
    let mine = emulator.account("mine").await.unwrap();
    emulator.fail(json!({ "account": "mine", "latency": "1ms" })).await.unwrap();
    assert!(mine.fail(json!({ "account": "other", "status": 503 })).await.is_err());

    count(&emulator, "other").await;
    count(&emulator, "mine").await;

    let met = emulator.requests().iter().map(|entry| entry.fault.is_some()).collect::<Vec<_>>();
    assert_eq!(met, [false, true]);
}

#[tokio::test]
async fn what_can_not_start_says_why() {
    let seed = Emulator::builder().seed("/nowhere").start().await;
    assert!(matches!(seed.err(), Some(StartError::Seed(_))));
    let origin =
        Emulator::builder().settings(|settings| settings.origin_dir = Some("/nowhere".into()));
    assert!(matches!(origin.start().await.err(), Some(StartError::NoOrigin(_))));
    let folder = tempfile::tempdir().unwrap();
    let first = Emulator::builder().data(folder.path()).start().await.unwrap();
    let second = Emulator::builder().data(folder.path()).start().await;
    assert!(matches!(second.err(), Some(StartError::Open(_))));
    drop(first);
}

#[tokio::test]
async fn tls_comes_with_the_ca_that_it_is_trusted_by() {
    let tls = "127.0.0.1:0".parse().unwrap();
    let tintype = Emulator::builder().settings(|settings| settings.tls.listen = Some(tls));
    let tintype = tintype.start().await.unwrap();
    let ask = |roots| {
        let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
        let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
        let url = format!("{}/_tintype/urls", tintype.tls_url().unwrap());
        tokio::task::spawn_blocking(move || agent.get(&url).call())
    };

    let authority = ureq::tls::Certificate::from_pem(tintype.ca_pem().unwrap().as_bytes()).unwrap();
    let trusted = ask(ureq::tls::RootCerts::new_with_certs(&[authority])).await.unwrap();
    let text = trusted.unwrap().body_mut().read_to_string().unwrap();
    assert!(text.contains(&format!("\"delivery\":\"{}\"", tintype.tls_url().unwrap())), "{text}");

    let strange = ask(ureq::tls::RootCerts::WebPki).await.unwrap();
    assert!(strange.unwrap_err().to_string().contains("UnknownIssuer"));
    assert_eq!(Emulator::builder().start().await.unwrap().tls_url(), None);
}
