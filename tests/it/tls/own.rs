use std::{fs, path::Path};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::CertificateDer;

use super::{address, connect, refusal};
use crate::process::{Server, fail, text, tintype};

/// An old certificate, which `openssl x509 -req` makes without extensions.
const VERSION_1: &str = "-----BEGIN CERTIFICATE-----
MIIBIDCBxwIUC99YCgYrnfrpSotpe2UF/K/apFIwCgYIKoZIzj0EAwIwEzERMA8G
A1UEAwwIb25lLnRlc3QwHhcNMjYxMTI3MDg1NjQ0WhcNMzYxMTI0MDg1NjQ0WjAT
MREwDwYDVQQDDAhvbmUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNm+
DLRoGUX5638aGn0IX7IGrHPOTle7ee10UYtB8ypARMgpaeFA92KpCQPIYnCwkt0g
3ZSwFXWBt1v34BIGYC0wCgYIKoZIzj0EAwIDSAAwRQIhAPMeOV2Bpw+ItkACPj+J
hOueqj1CtysLMXtRHwwtmJRBAiBYhUgRp8MpLTZ9Kssx3pm0UGCNYoxMEotUdxIS
aQCsbw==
-----END CERTIFICATE-----
";

/// Writes a pair for this name; it is its own root.
fn write_pair(folder: &Path, name: &str) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    certificate.der().clone()
}

fn arguments(folder: &Path) -> Vec<String> {
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name));
    ["--ephemeral", "--tls", "127.0.0.1:0"]
        .into_iter()
        .chain(["--tls-cert", text(&certificate), "--tls-key", text(&key)])
        .map(str::to_owned)
        .collect()
}

fn start(folder: &Path) -> Server {
    let arguments = arguments(folder);
    Server::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_pair_of_files_is_used_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let first = write_pair(folder.path(), "one.test");
    let mut server = start(folder.path());
    connect(address(&server), &first, "one.test", &["h2"]).unwrap();
    assert!(server.says("certificate").ends_with("cert.pem"));
    let (status, body) = server.get("/_tintype/ca.pem");
    assert_eq!(status, 404);
    assert!(String::from_utf8(body).unwrap().contains("--tls-cert"));

    let second = write_pair(folder.path(), "two.test");
    server.line("is used from now on");

    connect(address(&server), &second, "two.test", &["h2"]).unwrap();
    assert!(refusal(connect(address(&server), &first, "one.test", &[])).contains("Unrecognised"));
}

#[test]
fn a_broken_pair_leaves_the_one_before_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_pair(folder.path(), "one.test");
    let mut server = start(folder.path());

    // A key of another certificate, then nothing at all, then a good one again.
    let key = KeyPair::generate().unwrap().serialize_pem();
    fs::write(folder.path().join("key.pem"), key).unwrap();
    let line = server.line("the one before stays");
    assert!(line.contains("the key isn't that of the certificate"), "{line}");
    fs::remove_file(folder.path().join("cert.pem")).unwrap();
    let line = server.line("the one before stays");
    assert!(line.contains("cert.pem can't be read"), "{line}");
    connect(address(&server), &certificate, "one.test", &["http/1.1"]).unwrap();

    let certificate = write_pair(folder.path(), "one.test");
    server.line("is used from now on");
    connect(address(&server), &certificate, "one.test", &["http/1.1"]).unwrap();
}

#[test]
fn a_pair_that_can_not_be_used_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path(), "one.test");
    let start = || fail(tintype(&["--listen", "127.0.0.1:0"]).args(arguments(folder.path())));
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
    for (file, content, reason) in [
        ("key.pem", KeyPair::generate().unwrap().serialize_pem(), "isn't that of the certificate"),
        ("key.pem", "no key".to_owned(), "the key is no PEM"),
        ("key.pem", encrypted.to_owned(), "the key is encrypted"),
        ("key.pem", old.to_owned(), "the key is encrypted"),
        ("cert.pem", VERSION_1.to_owned(), "version 3 is needed"),
        ("cert.pem", String::new(), "there is no certificate"),
    ] {
        write_pair(folder.path(), "one.test");
        fs::write(folder.path().join(file), content).unwrap();
        let message = start();
        assert!(message.contains("--tls-cert") && message.contains(reason), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_certificate_that_only_its_subject_names_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut certificate = CertificateParams::default();
    certificate.distinguished_name.push(DnType::CommonName, "one.test");
    let certificate = certificate.self_signed(&key).unwrap();
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();

    let message = fail(tintype(&["--listen", "127.0.0.1:0"]).args(arguments(folder.path())));

    assert!(message.contains("for no DNS name and no address"), "{message}");
}

#[test]
fn an_unknown_name_is_told_whom_the_certificate_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_pair(folder.path(), "one.test");
    let mut server = start(folder.path());

    refusal(connect(address(&server), &certificate, "two.test", &[]));

    let line = server.line("a client asked for a name");
    assert!(line.contains("that of --tls-cert is for one.test"), "{line}");
    assert!(!line.contains("--tls-name"), "{line}");
}

#[test]
fn half_a_pair_and_settings_without_tls_are_no_use() {
    for (arguments, named) in [
        (&["--tls", "127.0.0.1:0", "--tls-cert", "c.pem"][..], "--tls-key"),
        (&["--tls", "127.0.0.1:0", "--tls-key", "k.pem"], "--tls-cert"),
        (&["--tls-name", "a.test"], "--tls"),
        (&["--tls-cert", "c.pem", "--tls-key", "k.pem"], "--tls"),
        (
            &[
                "--tls",
                "127.0.0.1:0",
                "--tls-cert",
                "c.pem",
                "--tls-key",
                "k.pem",
                "--tls-name",
                "a.test",
            ],
            "--tls-name",
        ),
    ] {
        let output = tintype(&["--ephemeral"]).args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(named), "{arguments:?}: {message}");
    }
}
