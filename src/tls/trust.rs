//! What people need to have programs come here and trust it: texts for a shell and a hosts file.

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::{Authority, Folder, Names, Result, TlsError};
use crate::{
    clock::Clock,
    config::{Ca, Hosts, TlsName},
    urls::REAL_HOSTS,
};

/// What is to be shown of the CA of a data folder; it is made if there is none yet, so that clients
/// can be told before the first start. One that is there stays as it is.
pub fn ca(wanted: &Ca) -> Result<String> {
    let (folder, names) = (Folder::of(&wanted.data), Names::with(&wanted.tls_name));
    let path = Authority::find(&folder, &names, Clock::system().now())?;
    let failed = |reason| TlsError::File { path: path.clone(), reason };
    let pem = std::fs::read_to_string(&path).map_err(failed)?;
    // What is no certificate helps nobody, in whatever way it is shown.
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| folder.broken(&error))?;
    if wanted.pem {
        return Ok(pem);
    }
    // Programs run elsewhere.
    let path = path.canonicalize().map_err(failed)?;
    Ok(match (wanted.path, wanted.env) {
        (true, _) => format!("{}\n", path.display()),
        (_, true) => lines(&path),
        _ => format!("{}\n\n{}", path.display(), lines(&path)),
    })
}

/// A program for a shell: variables to set, and the rest as comments.
fn lines(path: &Path) -> String {
    let quoted = quoted(path);
    let debian = "/usr/local/share/ca-certificates/tintype.crt";
    format!(
        "# Node, beside what it trusts anyway:
export NODE_EXTRA_CA_CERTS={quoted}
# Deno, likewise:
export DENO_CERT={quoted}
# Python, curl, Go, Ruby, OpenSSL. These replace the system's list: other hosts are no longer trusted. To keep
# it, make a list of both, and name that: cat /etc/ssl/certs/ca-certificates.crt {quoted} > both.pem
# (tintype itself, which reads SSL_CERT_FILE too, adds it to the web's.)
export SSL_CERT_FILE={quoted}
export REQUESTS_CA_BUNDLE={quoted}
export CURL_CA_BUNDLE={quoted}
# curl, for once:
#   curl --cacert {quoted} https://…
# Java, in a list of its own. It replaces the JDK's: other hosts are no longer trusted.
#   keytool -importcert -noprompt -alias tintype -file {quoted} -keystore tintype.p12 -storetype PKCS12 -storepass changeit
#   java -Djavax.net.ssl.trustStore=tintype.p12 -Djavax.net.ssl.trustStorePassword=changeit …
# Debian's list, for everything that goes by it (and the same in an image of a container):
#   sudo cp {quoted} {debian} && sudo update-ca-certificates
# Fedora's, likewise:
#   sudo trust anchor --store {quoted}
# macOS, for your user:
#   security add-trusted-cert -k ~/Library/Keychains/login.keychain-db {quoted}
"
    )
}

/// As one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Lines for a hosts file, one for each name.
#[must_use]
pub fn hosts(wanted: &Hosts) -> String {
    let named = wanted.tls_name.iter().filter_map(|name| match name {
        // A hosts file knows no wildcards.
        TlsName::Dns(name) if !name.starts_with('*') => Some(name.as_str()),
        _ => None,
    });
    let names = REAL_HOSTS.into_iter().chain(named);
    names.map(|name| format!("{} {name}\n", wanted.address)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        let path = PathBuf::from("/home/o'hara/my data/ca.pem");

        assert_eq!(quoted(&path), r"'/home/o'\''hara/my data/ca.pem'");
    }

    #[test]
    fn java_is_told_the_password_without_which_it_reads_nothing() {
        let lines = lines(&PathBuf::from("ca.pem"));

        let java = lines.lines().find(|line| line.contains("javax.net.ssl.trustStore=")).unwrap();
        assert!(java.contains("-Djavax.net.ssl.trustStorePassword=changeit"), "{java}");
        assert!(lines.contains("-storepass changeit"));
    }
}
