use std::{os::unix::fs::PermissionsExt, process::Command};

use super::{Secured, read};
use crate::process::{fail, text, tintype};

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn ca_makes_what_a_later_start_uses() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", text(folder.path())];

    let pem = output(tintype(&["ca", "--pem"]).args(data));

    let secured = Secured::start(folder.path(), &[]);
    assert_eq!(pem, read(&folder.path().join("tls/ca.pem")));
    secured.get("localhost", "/");
    // And asks nothing of a server that runs.
    assert_eq!(output(tintype(&["ca", "--pem"]).args(data)), pem);
}

#[test]
fn ca_says_where_it_is_and_how_programs_come_to_trust_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("o'hara's data");
    let data = ["--data", text(&data)];

    let path = output(tintype(&["ca", "--path"]).args(data));
    let all = output(tintype(&["ca"]).args(data));
    let lines = output(tintype(&["ca", "--env"]).args(data));

    assert!(std::path::Path::new(path.trim()).is_file(), "{path}");
    assert_eq!(all, format!("{path}\n{lines}"));
    for tool in [
        "keytool",
        "update-ca-certificates",
        "trust anchor",
        "security add-trusted-cert",
        "--cacert",
    ] {
        assert!(lines.contains(tool), "{tool}");
    }
    // A shell reads them, quotes and all.
    for variable in ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
    {
        let script = format!("{lines}\nprintf '%s\\n' \"${variable}\"");
        assert_eq!(output(Command::new("sh").args(["-c", &script])), path, "{variable}");
    }
}

#[test]
fn ca_leaves_the_ca_of_a_server_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let secured = Secured::start(folder.path(), &["--tls-name", "a.test"]);
    let data = ["--data", text(folder.path())];
    let pem = read(&folder.path().join("tls/ca.pem"));

    let message = fail(tintype(&["ca", "--tls-name", "new.test,b.a.test,x.localhost"]).args(data));

    let said = "doesn't cover new.test: a start with --tls-name makes a new one";
    assert!(message.contains(said), "{message}");
    assert_eq!(read(&folder.path().join("tls/ca.pem")), pem);
    assert_eq!(output(tintype(&["ca", "--pem"]).args(data)), pem);
    drop(secured);
}

#[test]
fn ca_shows_no_certificate_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", text(folder.path())];
    output(tintype(&["ca"]).args(data));
    std::fs::write(folder.path().join("tls/ca.pem"), "").unwrap();

    for how in ["--pem", "--path", "--env"] {
        let message = fail(tintype(&["ca", how]).args(data));
        assert!(message.contains("without the folder, a new one is made"), "{message}");
    }
}

#[test]
fn ca_names_a_folder_that_it_can_not_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();

    let message = fail(&mut tintype(&["ca", "--data", text(&file)]));

    assert!(message.contains(text(&file)), "{message}");
}

#[test]
fn hosts_are_lines_of_a_hosts_file() {
    insta::assert_snapshot!(output(&mut tintype(&["hosts"])), @r"
    127.0.0.1 api.cloudflare.com
    127.0.0.1 imagedelivery.net
    127.0.0.1 upload.imagedelivery.net
    127.0.0.1 batch.imagedelivery.net
    ");
    let arguments = ["hosts", "--address", "::1", "--tls-name", "images.test,*.cdn.test,192.0.2.7"];
    let lines = output(&mut tintype(&arguments));
    assert_eq!(lines.lines().last(), Some("::1 images.test"));
    assert_eq!(lines.lines().count(), 5);
}
