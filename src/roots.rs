//! Whom we trust when we ask others over TLS: whom browsers trust, and who is named beside them. It
//! doesn't know what is asked.

use std::{env, ffi::OsStr, fs, path::Path, sync::Arc};

use rustls::{
    CertificateError, InvalidMessage,
    pki_types::{CertificateDer, pem::PemObject},
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The variable by which OpenSSL, curl and others are told of a file of certificates. For them it
/// replaces the system's; as for Node's own, what it names here comes on top.
const VARIABLE: &str = "SSL_CERT_FILE";

/// Certificates that others' may come from. Clones share them.
#[derive(Debug, Clone)]
pub struct Roots(TlsConfig);

/// `SSL_CERT_FILE` names something else than certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SSL_CERT_FILE names {path}: {reason}")]
pub struct RootsError {
    path: String,
    reason: String,
}

impl Roots {
    /// Those of the web, and these.
    #[must_use]
    pub fn with(further: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let web = TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root));
        let further = further.into_iter().map(|root| Certificate::from_der(&root).to_owned());
        let all = Arc::new(web.chain(further).collect());
        Self(TlsConfig::builder().root_certs(RootCerts::Specific(all)).build())
    }

    /// As a client of HTTP takes them.
    #[must_use]
    pub fn config(&self) -> TlsConfig {
        self.0.clone()
    }
}

/// The certificates in the file that `SSL_CERT_FILE` names, if it is set.
pub fn named() -> Result<Vec<CertificateDer<'static>>, RootsError> {
    match env::var_os(VARIABLE) {
        Some(path) if !path.is_empty() => read(&path),
        _ => Ok(Vec::new()),
    }
}

fn read(path: &OsStr) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let path = Path::new(path);
    let failed = |reason: String| RootsError { path: path.display().to_string(), reason };
    let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let all = all.map_err(|error| failed(format!("it is no PEM: {error}")))?;
    if all.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(all)
}

/// What a failure says to whoever doesn't know TLS, if it is one that happens when people set things up.
#[must_use]
pub fn explained(error: &ureq::Error) -> Option<&'static str> {
    use rustls::Error::{InvalidCertificate, InvalidMessage as Message};
    let error = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref()?,
        _ => return None,
    };
    match error {
        InvalidCertificate(CertificateError::UnknownIssuer) => Some(
            "its certificate is from nobody who is trusted: SSL_CERT_FILE can name a file of whom to trust beside the web's",
        ),
        Message(InvalidMessage::InvalidContentType) => Some("what answers there speaks no TLS"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_names_nobody_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let why = || read(path.as_os_str()).unwrap_err().to_string();

        assert!(why().contains("No such file"), "{}", why());
        fs::write(&path, "none").unwrap();
        assert!(why().contains("there is no certificate in it"), "{}", why());
        fs::write(&path, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
        assert!(why().contains("no PEM"), "{}", why());
    }
}
