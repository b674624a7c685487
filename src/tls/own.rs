//! A certificate and a key from files of somebody else's, who may replace them at any time.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustls::{
    CertificateError,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use sha2::{Digest, Sha256};

use super::{Identity, Result, TlsError};

/// What rustls says of a version that it doesn't read.
const UNSUPPORTED_VERSION: &str = "UnsupportedCertVersion";

/// The files, and what was in them last.
pub(super) struct Pair {
    certificate: PathBuf,
    key: PathBuf,
    /// `None` if they could not be read.
    last: Option<[u8; 32]>,
}

/// What is in the files.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Pair {
    pub(super) fn open(certificate: &Path, key: &Path) -> Result<(Self, Identity)> {
        let mut pair =
            Self { certificate: certificate.to_owned(), key: key.to_owned(), last: None };
        let read = pair.read().and_then(|contents| {
            pair.last = Some(contents.digest());
            contents.identity()
        });
        match read {
            Ok(identity) => Ok((pair, identity)),
            Err(reason) => {
                let Self { certificate, key, .. } = pair;
                Err(TlsError::Own { certificate, key, reason })
            }
        }
    }

    pub(super) fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// What the files hold, if it has changed and is good. They are read whole: a time of change
    /// says little where files are mounted or linked.
    pub(super) fn newer(&mut self) -> Option<Identity> {
        let read = self.read();
        let digest = read.as_ref().ok().map(Contents::digest);
        if digest == self.last {
            return None;
        }
        self.last = digest;
        let path = self.certificate.display();
        match read.and_then(|contents| contents.identity()) {
            Ok(identity) => Some(identity),
            // One file may have been written and the other not yet.
            Err(reason) => {
                tracing::warn!(certificate = %path, reason, "the certificate has changed and can't be used: the one before stays");
                None
            }
        }
    }

    fn read(&self) -> std::result::Result<Contents, String> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))
        };
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }
}

impl Contents {
    fn digest(&self) -> [u8; 32] {
        let certificate = Sha256::digest(&self.certificate);
        Sha256::new().chain_update(certificate).chain_update(&self.key).finalize().into()
    }

    fn identity(&self) -> std::result::Result<Identity, String> {
        let chain: std::result::Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.map_err(|error| format!("the certificate is no PEM: {error}"))?;
        if chain.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        if is_encrypted(&self.key) {
            let how = "openssl pkey -in KEY -out PLAIN-KEY writes one that isn't";
            return Err(format!(
                "the key is encrypted, and nobody is asked for its password: {how}"
            ));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.map_err(|error| format!("the key is no PEM: {error}"))?;
        let identity = Identity::new(chain, key).map_err(why_not)?;
        // Clients go by these names alone since RFC 6125, whatever the subject says.
        if identity.names().is_empty() {
            let needed = "it needs a subjectAltName, since clients don't look at the subject";
            return Err(format!("the certificate is for no DNS name and no address: {needed}"));
        }
        Ok(identity)
    }
}

/// PKCS #8 says so in its label, older files in a header (RFC 1421 §4.6.1.1).
fn is_encrypted(key: &[u8]) -> bool {
    let text = String::from_utf8_lossy(key);
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}

/// Why rustls won't have a certificate and a key.
fn why_not(error: rustls::Error) -> String {
    use rustls::Error::{InconsistentKeys, InvalidCertificate};
    match error {
        InconsistentKeys(_) => "the key isn't that of the certificate".to_owned(),
        // It reads X.509 version 3 alone, and says so in this way.
        InvalidCertificate(CertificateError::Other(why))
            if why.to_string() == UNSUPPORTED_VERSION =>
        {
            "the certificate is of X.509 version 1: version 3 is needed, with a subjectAltName"
                .to_owned()
        }
        error => error.to_string(),
    }
}
