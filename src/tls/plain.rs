//! Answers those who speak HTTP without TLS to the port for TLS, so that they see what is wrong.

use std::{borrow::Cow, io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::urls::Host;

/// The longest head that is read.
const HEAD: usize = 8 << 10;

/// How long a client may take to notice that it has its answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads the head of a request, says where it should have gone, and closes.
pub(super) async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while head.len() < HEAD && !is_whole(&head) {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let here = stream.local_addr()?.to_string();
    let url = url(&String::from_utf8_lossy(&head), &here);
    let body = format!("This port speaks TLS, and this request came in plain HTTP. Ask {url}\n");
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Who still sends when the connection is closed never reads the answer.
    let mut rest = [0; 4096];
    let drain = async { while stream.read(&mut rest).await.is_ok_and(|length| length > 0) {} };
    let _ = time::timeout(PATIENCE, drain).await;
    Ok(())
}

/// Whether an empty line has come; those who type send bare line feeds.
fn is_whole(head: &[u8]) -> bool {
    let after = |end: &[u8]| head.windows(end.len()).any(|bytes| bytes == end);
    after(b"\n\r\n") || after(b"\n\n")
}

/// What the request should have asked for. `here` stands for a host that isn't said.
fn url(head: &str, here: &str) -> String {
    let mut lines = head.lines();
    let target = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default();
    let is_path = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic());
    let path = if is_path { target } else { "/" };
    let host = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| Host::parse(value.trim()))?
    });
    let host = host.map_or(Cow::Borrowed(here), |host| Cow::Owned(host.to_string()));
    format!("https://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for (head, expected) in [
            (&b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..], true),
            (b"GET / HTTP/1.1\nhost: a\n\n", true),
            (b"GET / HTTP/1.1\r\nhost: a\r\n", false),
            (b"", false),
        ] {
            assert_eq!(is_whole(head), expected);
        }
    }

    #[test]
    fn the_url_is_the_requests_own_with_tls() {
        for (head, expected) in [
            ("GET /a?b HTTP/1.1\r\nHost: localhost:8443\r\n\r\n", "https://localhost:8443/a?b"),
            ("GET / HTTP/1.0\r\n\r\n", "https://here/"),
            ("OPTIONS * HTTP/1.1\r\nhost: a.test\r\n\r\n", "https://a.test/"),
            ("GET /\u{7} HTTP/1.1\r\nhost: me@evil.test\r\n\r\n", "https://here/"),
            ("", "https://here/"),
        ] {
            assert_eq!(url(head, "here"), expected, "{head}");
        }
    }
}
