use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use sha2::{Digest, Sha256};

use super::{Secured, read, refusal};
use crate::{
    process::{Server, fail, text, tintype},
    support::TestApp,
};

/// How a client takes the certificate that it was told to trust.
#[derive(Debug, Clone, Copy)]
enum Client {
    /// As RFC 5280 says.
    Careful,
    /// As Java does: what it is constrained to counts for nothing.
    Careless,
}

/// Whether a client that trusts the CA of this data folder trusts a certificate for `name` that
/// somebody made who has got hold of the CA's key.
fn trusted(data: &Path, name: &str, client: Client) -> Result<(), rustls::Error> {
    let key = KeyPair::from_pem(&read(&data.join("tls/ca.key"))).unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name = DistinguishedName::new();
    let digest = hex::encode(&Sha256::digest(key.public_key_raw())[..4]);
    authority.distinguished_name.push(DnType::CommonName, format!("tintype issuer {digest}"));
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&leaf_key, &Issuer::from_params(&authority, &key)).unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(data.join("tls/ca.pem")).unwrap()).unwrap();
    if let Client::Careless = client {
        roots.roots[0].name_constraints = None;
    }
    let issuer = CertificateDer::from_pem_file(data.join("tls/issuer.pem")).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    let name = ServerName::try_from(name).unwrap();
    let verifier = verifier.build().unwrap();
    verifier.verify_server_cert(leaf.der(), &[issuer], &name, &[], UnixTime::now()).map(drop)
}

#[test]
fn a_leaked_key_speaks_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let _secured = Secured::start(folder.path(), &["--tls-name", "images.test"]);

    for ours in ["api.cloudflare.com", "imagedelivery.net", "images.test", "127.0.0.1", "::1"] {
        assert_eq!(trusted(folder.path(), ours, Client::Careful), Ok(()), "{ours}");
        assert_eq!(trusted(folder.path(), ours, Client::Careless), Ok(()), "{ours}");
    }
    for other in [
        "cloudflare.com",
        "dash.cloudflare.com",
        "bank.test",
        "test",
        "evilimagedelivery.net",
        "192.0.2.1",
        "128.0.0.1",
        "::2",
    ] {
        for client in [Client::Careful, Client::Careless] {
            let refused = trusted(folder.path(), other, client).unwrap_err().to_string();
            assert!(refused.contains("NameConstraintViolation"), "{client:?} {other}: {refused}");
        }
    }
}

#[test]
fn the_key_is_its_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let _secured = Secured::start(folder.path(), &[]);

    let mode = |name: &str| {
        let file = fs::metadata(folder.path().join("tls").join(name)).unwrap();
        file.permissions().mode() & 0o777
    };
    assert_eq!(mode("ca.key"), 0o600);
    // Whoever's that is: the umask has a say.
    assert_eq!(mode("ca.pem") & 0o711, 0o600);
}

#[test]
fn a_key_that_others_can_read_is_taken_from_them() {
    let folder = tempfile::tempdir().unwrap();
    drop(Secured::start(folder.path(), &[]));
    let key = folder.path().join("tls/ca.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();

    let mut secured = Secured::start(folder.path(), &[]);

    assert!(secured.server.line("others could read the CA's key").contains("ca.key"));
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_restart_keeps_the_ca() {
    let folder = tempfile::tempdir().unwrap();
    let first = Secured::start(folder.path(), &["--tls-name", "images.test"]);
    let trusted = first.authority.clone();
    drop(first);

    // A name less is no reason for another one.
    let second = Secured::start(folder.path(), &[]);

    assert_eq!(second.authority, trusted);
    second.get("localhost", "/");
}

#[test]
fn a_name_that_the_ca_does_not_cover_makes_a_new_one_which_covers_the_old_ones_too() {
    let folder = tempfile::tempdir().unwrap();
    let first = Secured::start(folder.path(), &["--tls-name", "a.test"]);
    let old = first.authority.clone();
    drop(first);

    let mut second = Secured::start(folder.path(), &["--tls-name", "b.test"]);

    assert_ne!(second.authority, old);
    let line = second.server.line("the CA is a new one");
    assert!(line.contains("--tls-name") && line.contains("ca.pem"), "{line}");
    drop(second);
    let third = Secured::start(folder.path(), &["--tls-name", "a.test,b.test"]);
    third.connect("a.test", &[]).unwrap();
    third.connect("b.test", &[]).unwrap();
}

#[test]
fn who_trusts_another_ca_is_not_taken_in() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut secured = Secured::start(one.path(), &[]);
    secured.authority = Secured::start(other.path(), &[]).authority.clone();

    assert!(refusal(secured.connect("localhost", &[])).contains("UnknownIssuer"));
}

#[test]
fn half_a_ca_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(Secured::start(folder.path(), &[]));
    let key = folder.path().join("tls/ca.key");
    fs::remove_file(&key).unwrap();
    let start = || {
        let data = text(folder.path());
        fail(&mut tintype(&["--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--data", data]))
    };

    let message = start();
    assert!(message.contains(&format!("{} is missing", text(&key))), "{message}");
    assert!(message.contains("without the folder, a new one is made"), "{message}");

    fs::write(&key, "no key").unwrap();
    let message = start();
    assert!(message.contains("without the folder, a new one is made"), "{message}");
}

#[tokio::test]
async fn the_certificate_is_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &[]);

    let (status, body) = secured.server.get("/_tintype/ca.pem");

    assert_eq!(status, 200);
    assert_eq!(String::from_utf8(body).unwrap(), read(&folder.path().join("tls/ca.pem")));
    let off = TestApp::new().ask_control("GET", "ca.pem", "").await;
    insta::assert_snapshot!(off.snapshot(), @r#"404 {"error":"TLS is off: --tls turns it on"}"#);
}

#[test]
fn an_ephemeral_ca_goes_with_its_server() {
    let server = Server::start(&["--ephemeral", "--tls", "127.0.0.1:0"]);

    assert_eq!(server.get("/_tintype/ca.pem").0, 200);
    assert!(Path::new(server.says("CA")).ends_with("tls/ca.pem"));
}
