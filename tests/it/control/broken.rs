//! Connections that break on purpose: over a real one.

use std::{io::ErrorKind, time::Duration};

use tintype::server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time,
};

use crate::support::{HASH, TestApp};

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
