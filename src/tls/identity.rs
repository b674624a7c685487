//! A certificate with its key, ready to speak TLS with.

use std::sync::{Arc, LazyLock};

use rustls::{
    RootCertStore, ServerConfig,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(ring::default_provider()));

/// What a handshake needs.
#[derive(Debug)]
pub(super) struct Identity {
    certificate: CertificateDer<'static>,
    pub(super) config: Arc<ServerConfig>,
}

impl Identity {
    /// Of a certificate, what leads from it to its root, and its key. Refused if they don't belong
    /// together.
    pub(super) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let certificate = chain.first().cloned().ok_or(rustls::Error::NoCertificatesPresented)?;
        ParsedCertificate::try_from(&certificate)?;
        let mut config = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { certificate, config: Arc::new(config) })
    }

    /// Whether the certificate is for this name.
    pub(super) fn is_for(&self, name: &ServerName<'_>) -> bool {
        let certificate = ParsedCertificate::try_from(&self.certificate);
        certificate.and_then(|certificate| verify_server_name(&certificate, name)).is_ok()
    }

    /// Whether a client that trusts this CA, and nobody else, trusts the certificate at that time.
    pub(super) fn verify(
        &self,
        authority: &CertificateDer<'static>,
        time: UnixTime,
    ) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        let certificate = ParsedCertificate::try_from(&self.certificate)?;
        let algorithms = PROVIDER.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &roots, &[], time, algorithms)
    }
}
