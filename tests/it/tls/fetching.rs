//! tintype as a client of ports that speak TLS: its own and others'.

use std::process::Command;

use super::{Secured, get};
use crate::process::{Server, fail, text, tintype};

/// Asks this server, trusting whom the web trusts and this file.
fn clock(server: &str, trusted: &str) -> Command {
    let mut command = tintype(&["clock", "--server", server]);
    command.env("SSL_CERT_FILE", trusted);
    command
}

#[test]
fn urls_that_are_handed_out_work_for_tintype_itself() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);
    let host = format!("localhost:{}", secured.address().port());
    let id = secured.server.upload("geometry.png")["result"]["id"].as_str().unwrap().to_owned();
    let path = format!("6oHE1nRiq6AK0MxcayE9rA/{id}/public");

    let url = format!("https://{host}/{path}");
    secured.server.upload_part("name=\"url\"", url.as_bytes());
    let stream = secured.connect("localhost", &["http/1.1"]).unwrap();
    let answer = get(stream, &host, &format!("/cdn-cgi/image/width=50,format=json/{path}"));

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"width\":50"), "{answer}");
}

#[test]
fn whom_ssl_cert_file_names_is_trusted_when_images_are_fetched() {
    let [ours, theirs] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let other = Secured::start(theirs.path(), &[]);
    let id = other.server.upload("geometry.png")["result"]["id"].as_str().unwrap().to_owned();
    let port = other.address().port();
    let url = format!("https://localhost:{port}/6oHE1nRiq6AK0MxcayE9rA/{id}/public");
    let start = |trusted: &str| {
        let mut command = tintype(&["--listen", "127.0.0.1:0", "--data", text(ours.path())]);
        Server::spawn({
            command.env("SSL_CERT_FILE", trusted);
            command
        })
    };

    let authority = theirs.path().join("tls/ca.pem");
    start(text(&authority)).upload_part("name=\"url\"", url.as_bytes());

    let mut server = start("nowhere.pem");
    assert!(server.line("SSL_CERT_FILE names nowhere.pem").contains("WARN"));
}

#[test]
fn a_server_that_speaks_tls_is_asked_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);
    let authority = folder.path().join("tls/ca.pem");
    let base = format!("https://{}", secured.address());

    let output = clock(&base, text(&authority)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let untold = fail(&mut clock(&base, ""));
    assert!(untold.contains("SSL_CERT_FILE can name a file"), "{untold}");
    let unreadable = fail(&mut clock(&base, "nowhere.pem"));
    assert!(unreadable.contains("SSL_CERT_FILE names nowhere.pem: No such file"), "{unreadable}");
    // Without TLS it doesn't matter.
    assert!(clock(secured.server.base(), "nowhere.pem").output().unwrap().status.success());
}

#[test]
fn the_wrong_scheme_is_named_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);

    let plain = format!("http://{}", secured.address());
    let message = fail(&mut clock(&plain, ""));
    assert!(message.contains("This port speaks TLS"), "{message}");
    assert!(message.contains(&format!("Ask https://{}", secured.address())), "{message}");

    let message = fail(&mut clock(&secured.server.base().replace("http:", "https:"), ""));
    assert!(message.contains("what answers there speaks no TLS"), "{message}");
}
