//! An origin on loopback, well-behaved and badly behaved, that remembers what it was asked.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::fixtures;

/// A started origin. It ends with the test.
#[derive(Clone)]
pub(crate) struct Origin {
    /// `127.0.0.1:<port>`
    pub(crate) host: String,
    /// The heads of all requests, in lower case.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let origin = Self { host, requests: Arc::default() };
        let serving = origin.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        origin
    }

    /// `http://127.0.0.1:<port><path>`
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        self.requests.lock().unwrap().push(head.to_lowercase());
        match path.as_str() {
            "/reset" => stream.set_zero_linger()?,
            "/silent" => std::future::pending().await,
            "/slow" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await?;
                std::future::pending::<()>().await;
            }
            "/cut" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await?;
            }
            "/endless" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
                loop {
                    stream.write_all(&[0; 1 << 16]).await?;
                }
            }
            "/huge" => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 200_u64 << 20);
                stream.write_all(head.as_bytes()).await?;
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            path => stream.write_all(&self.answer(path)).await?,
        }
        Ok(())
    }

    fn answer(&self, path: &str) -> Vec<u8> {
        let image = |name: &str, headers: &[&str]| answer("200 OK", headers, &fixtures::read(name));
        let there = |to: &str| answer("302 Found", &[&format!("location: {to}")], b"");
        match path.split('?').next().unwrap() {
            "/geometry.png" => image("geometry.png", &["content-type: image/png"]),
            "/tagged.png" => image(
                "geometry.png",
                &["etag: \"v1\"", "cache-control: public, max-age=7200", "set-cookie: a=b"],
            ),
            "/brief.png" => image("geometry.png", &["cache-control: max-age=60"]),
            "/photo.jpg" => image("photo.jpg", &[]),
            "/media/a%20b.png" => image("geometry.png", &[]),
            "/drawing.svg" => image("vector.svg", &["content-type: image/svg+xml"]),
            "/page.html" => answer("200 OK", &["content-type: text/html"], b"<!doctype html>"),
            "/error.png" => answer("200 OK", &["content-type: image/png"], b"<!doctype html>"),
            "/scan.tiff" => answer("200 OK", &["content-type: image/tiff"], b"II*\0\x08\0\0\0"),
            "/old.bmp" => answer("200 OK", &["content-type: image/bmp"], b"BM\0\0"),
            "/truncated.png" => image("broken/truncated.png", &["content-type: image/png"]),
            "/there" => there("/geometry.png"),
            "/round" => there("/round"),
            "/astray" => there("http://[/"),
            "/to" => there(path.split_once('?').unwrap().1),
            "/to-mail" => there("mailto:ann@img.test"),
            "/to-nothing" => there(""),
            "/nowhere" => answer("302 Found", &[], b""),
            path => match path.strip_prefix("/status/") {
                Some(status) => answer(&format!("{status} So"), &[], b"no"),
                None => answer("404 Not Found", &[], b""),
            },
        }
    }
}

fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n");
    for header in headers {
        write!(head, "{header}\r\n").unwrap();
    }
    [head.as_bytes(), b"\r\n", body].concat()
}
