use std::io::{ErrorKind, Read, Write};

use rustix::process::Signal;

use super::Secured;

/// What comes back for `/nowhere` with this fault, and how it ends.
fn broken(secured: &Secured, fault: &str) -> (String, std::io::Result<usize>) {
    let mut stream = secured.connect("localhost", &["http/1.1"]).unwrap();
    let head =
        format!("GET /nowhere HTTP/1.1\r\nhost: localhost\r\nx-tintype-fault: {fault}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    (String::from_utf8_lossy(&answer).into_owned(), end)
}

#[test]
fn a_reset_resets_a_secured_connection() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);

    let (answer, end) = broken(&secured, "reset");

    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_cut_sends_what_comes_before_it_and_no_goodbye() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);

    let (answer, end) = broken(&secured, "cut=7");

    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "This is", "{head}");
    // Without the alert that closes TLS, the client knows that something is missing.
    assert_eq!(end.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn an_idle_connection_does_not_keep_the_server_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let mut secured = Secured::start(folder.path(), &[]);
    let idle: Vec<_> = [&["h2"], &["http/1.1"]]
        .map(|protocols| secured.connect("localhost", protocols).unwrap())
        .into();

    let before = std::time::Duration::from_secs(4);
    let stopped = std::thread::spawn(move || secured.server.signal(Signal::TERM));
    let (done, waited) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(stopped.join().unwrap()));

    let status = waited.recv_timeout(before).expect("it stops before its requests are given up");
    assert_eq!(status.code(), Some(0));
    drop(idle);
}
