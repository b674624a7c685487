//! Connections that break on purpose: over a real one.

use std::{io::ErrorKind, time::Duration};

use axum::http::Request;
use tintype::server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time,
};

use crate::support::{HASH, TestApp};

/// A client that has a connection by HTTP/2.
type Http2 = h2::client::SendRequest<bytes::Bytes>;

/// The app behind a port. It stops when told to.
struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { stopped.await.unwrap_or_default() };
        let app = app.app.clone();
        let doors = server::Doors { plain: listener, secured: None };
        let served = tokio::spawn(async move {
            server::serve(doors, app, stopped, std::future::pending()).await.unwrap();
        });
        Self { address, stop, served }
    }

    /// Everything that comes back for a `GET`, and how it ended.
    async fn get(&self, path: &str, fault: &str) -> (Vec<u8>, Result<(), ErrorKind>) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nx-tintype-fault: {fault}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let read = time::timeout(Duration::from_secs(20), read).await.expect("it ends");
        (answer, read.map(drop).map_err(|error| error.kind()))
    }

    async fn http_2(&self) -> Http2 {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        client.ready().await.unwrap()
    }
}

/// Status and body of what comes back for `/nowhere` by HTTP/2; an error if it isn't whole, with what
/// there is of it.
async fn ask(mut client: Http2, fault: &str) -> Result<(u16, String), String> {
    let request = Request::get("http://a/nowhere").header("x-tintype-fault", fault);
    let (answer, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
    let answer = time::timeout(Duration::from_secs(20), answer).await.expect("it ends");
    let answer = answer.map_err(|_| String::new())?;
    let (status, mut body) = (answer.status().as_u16(), answer.into_body());
    let mut text = String::new();
    while let Some(chunk) = body.data().await {
        let Ok(chunk) = chunk else { return Err(text) };
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    Ok((status, text))
}

fn body(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    &answer[end + 4..]
}

#[tokio::test]
async fn a_reset_is_one() {
    let app = TestApp::new();
    let server = Server::start(&app).await;

    let (answer, end) = server.get("/nowhere", "reset,latency=1ms").await;

    assert_eq!((answer.as_slice(), end), (&b""[..], Err(ErrorKind::ConnectionReset)));
    let seen = app.control("GET", "requests", "").await["requests"][0].take();
    assert!(seen["status"].is_null(), "{seen}");
    assert_eq!(seen["fault"]["does"], "latency=1ms,reset");
}

#[tokio::test]
async fn a_body_is_cut_where_it_is_told_to_be() {
    let app = TestApp::new();
    let server = Server::start(&app).await;
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/public");
    let whole = app.get(&path, &[]).await.body;

    for length in [0, 1, 1_000, whole.len() - 1] {
        let (answer, end) = server.get(&path, &format!("cut={length}")).await;

        let head = String::from_utf8_lossy(&answer[..answer.len() - length]).into_owned();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", whole.len())), "{head}");
        assert!(body(&answer) == &whole[..length], "{length}");
        assert_eq!(end, Ok(()), "{length}");
    }
}

#[tokio::test]
async fn a_long_body_is_cut_as_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let long = vec![b'x'; 8 << 20];
    std::fs::write(folder.path().join("long.txt"), &long).unwrap();
    let origin = folder.path().to_owned();
    let app = TestApp::with(|settings| settings.origin_dir = Some(origin));
    let server = Server::start(&app).await;

    let (answer, end) = server.get("/long.txt", "cut=7000000").await;

    assert_eq!((body(&answer).len(), end), (7_000_000, Ok(())));
}

#[tokio::test]
async fn over_http_2_calls_fail_one_by_one() {
    let app = TestApp::new();
    let server = Server::start(&app).await;
    let client = server.http_2().await;

    let (refused, late) =
        tokio::join!(ask(client.clone(), "status=503"), ask(client.clone(), "latency=1ms"));

    assert_eq!(refused.unwrap(), (503, "Service Unavailable\n".to_owned()));
    let (status, text) = late.unwrap();
    assert_eq!((status, &text[..15]), (404, "This is tintype"));
    let (status, _) = ask(client, "type=text/css").await.unwrap();
    assert_eq!(status, 404);
}

#[tokio::test]
async fn over_http_2_a_broken_connection_takes_the_other_calls_along() {
    let app = TestApp::new();
    let server = Server::start(&app).await;

    for (fault, sent) in [("reset", ""), ("cut=7", "This is")] {
        let client = server.http_2().await;
        let (waits, broken) =
            tokio::join!(ask(client.clone(), "latency=10m"), ask(client.clone(), fault));

        assert_eq!(broken, Err(sent.to_owned()), "{fault}");
        assert_eq!(waits, Err(String::new()), "{fault}");
        assert!(client.ready().await.is_err(), "{fault}");
    }
}

#[tokio::test]
async fn an_answer_that_a_reset_takes_the_place_of_is_not_counted() {
    let app = TestApp::new();
    let server = Server::start(&app).await;

    let (_, end) = server.get("/nowhere", "reset").await;
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
    let refused = app.get("/nowhere", &[("x-tintype-fault", "status=503")]).await;
    assert_eq!(refused.status, 503);

    let metrics = app.get("/_tintype/metrics", &[]).await.text();
    let count = metrics.lines().find(|line| line.contains("nowhere") && line.contains("5xx"));
    assert!(count.unwrap().ends_with(" 1"), "{count:?}");
}

#[tokio::test]
async fn the_server_stops_although_somebody_follows() {
    let app = TestApp::new();
    let server = Server::start(&app).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "GET /_tintype/requests/events HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.unwrap();
    assert_eq!(&beginning, b"HTTP/1.1 200");

    server.stop.send(()).unwrap();

    // Long before it would be made to.
    time::timeout(Duration::from_secs(3), server.served).await.expect("it ends").unwrap();
}
