use std::{
    io::{Read, Write},
    net::TcpStream,
};

use axum::http::{Request, Version};
use rustix::process::Signal;
use rustls::pki_types::ServerName;

use super::{Secured, client, refusal};

const IMAGES: &str = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1";
const SERVED: [&str; 7] = [
    "api.cloudflare.com",
    "imagedelivery.net",
    "upload.imagedelivery.net",
    "batch.imagedelivery.net",
    "localhost",
    "127.0.0.1",
    "::1",
];

#[test]
fn every_name_that_is_stood_in_for_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);

    for name in SERVED {
        let answer = secured.get(name, "/nowhere");
        assert!(answer.starts_with("HTTP/1.1 4"), "{name}: {answer}");
    }
}

#[test]
fn the_client_chooses_http_2_or_1_1() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);

    for (offered, expected) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&["http/1.1", "h2"], Some("h2")),
        (&[], None),
    ] {
        let stream = secured.connect("localhost", offered).unwrap();
        let agreed = stream.conn.alpn_protocol().map(|name| std::str::from_utf8(name).unwrap());
        assert_eq!(agreed, expected, "{offered:?}");
    }
    let refused = refusal(secured.connect("localhost", &["spdy/3"]));
    assert!(refused.contains("NoApplicationProtocol"), "{refused}");
}

#[tokio::test]
async fn http_2_has_its_host_in_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);
    let connector = tokio_rustls::TlsConnector::from(client(&secured.authority, &["h2"]));
    let stream = tokio::net::TcpStream::connect(secured.address()).await.unwrap();
    let name = ServerName::try_from("api.cloudflare.com").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();

    let request = Request::post(format!("https://api.cloudflare.com{IMAGES}/direct_upload"));
    let request = request.version(Version::HTTP_2).header("authorization", "Bearer any");
    let (response, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
    let response = response.await.unwrap();
    let (status, mut body) = (response.status(), response.into_body());
    let mut text = Vec::new();
    while let Some(chunk) = body.data().await {
        text.extend(chunk.unwrap());
    }

    let text = String::from_utf8(text).unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("\"uploadURL\":\"https://upload.imagedelivery.net/6oHE1nRiq6AK0MxcayE9rA/"),
        "{text}"
    );
}

#[test]
fn urls_name_the_port_for_tls_on_other_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);
    let stream = secured.connect("localhost", &["http/1.1"]).unwrap();
    let host = format!("localhost:{}", secured.address().port());

    let answer = super::get(stream, &host, "/_tintype/urls");

    assert!(answer.contains(&format!("\"delivery\":\"https://{host}\"")), "{answer}");
}

#[test]
fn an_unknown_name_is_refused_by_the_alert_for_it_and_logged() {
    let folder = tempfile::tempdir().unwrap();
    let mut secured = Secured::start(folder.path(), &[]);

    let refused = refusal(secured.connect("images.test", &["h2", "http/1.1"]));

    assert!(refused.contains("UnrecognisedName"), "{refused}");
    let line = secured.server.line("isn't for");
    assert!(line.contains("--tls-name images.test"), "{line}");
}

#[test]
fn a_client_that_nobody_told_of_the_ca_is_logged_with_the_remedy() {
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut secured = Secured::start(folder.path(), &[]);
    secured.authority = Secured::start(other.path(), &[]).authority.clone();

    refusal(secured.connect("localhost", &[]));

    let line = secured.server.line("a client doesn't trust the certificate");
    assert!(line.contains("WARN") && line.contains("`tintype ca`"), "{line}");
}

#[test]
fn a_name_of_the_settings_is_served_and_what_a_wildcard_stands_for() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["--tls-name", "images.test,*.cdn.test", "--tls-name", "192.0.2.7"];
    let secured = Secured::start(folder.path(), &names);

    for name in ["images.test", "a.cdn.test", "192.0.2.7", "localhost"] {
        secured.connect(name, &["http/1.1"]).unwrap();
    }
    assert!(refusal(secured.connect("cdn.test", &[])).contains("UnrecognisedName"));
}

#[test]
fn plain_http_is_told_the_url_it_meant() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);
    let mut stream = TcpStream::connect(secured.address()).unwrap();

    stream.write_all(b"GET /a?b HTTP/1.1\r\nhost: localhost:8443\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();

    insta::assert_snapshot!(answer.replace('\r', ""), @r"
    HTTP/1.1 400 Bad Request
    content-type: text/plain; charset=utf-8
    content-length: 90
    connection: close

    This port speaks TLS, and this request came in plain HTTP. Ask https://localhost:8443/a?b
    ");
}

#[test]
fn tls_on_the_plain_port_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let mut secured = Secured::start(folder.path(), &[]);
    let plain = secured.server.base().strip_prefix("http://").unwrap().parse().unwrap();

    refusal(super::connect(plain, &secured.authority, "localhost", &[]));

    secured.server.line("spoke TLS to the port for plain HTTP");
}

#[test]
fn dawdlers_keep_nobody_waiting_nor_the_server_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let mut secured = Secured::start(folder.path(), &[]);
    let mut dawdlers = Vec::new();
    for first in [&[][..], &[22], &[22, 3, 1, 2], b"GET /"].repeat(8) {
        let mut stream = TcpStream::connect(secured.address()).unwrap();
        stream.write_all(first).unwrap();
        dawdlers.push(stream);
    }

    assert!(secured.get("localhost", "/_tintype/health").contains("\"ok\":true"));
    assert_eq!(secured.server.signal(Signal::TERM).code(), Some(0));
}
