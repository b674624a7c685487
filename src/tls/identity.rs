//! A certificate with its key, ready to speak TLS with.

use std::sync::{Arc, LazyLock};

use rustls::{
    CertificateError, RootCertStore, ServerConfig,
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
    /// The certificate, and what leads from it to its root. Never empty.
    chain: Vec<CertificateDer<'static>>,
    pub(super) config: Arc<ServerConfig>,
}

impl Identity {
    /// Of a certificate with what leads from it to its root, and its key. Refused if they don't belong
    /// together.
    pub(super) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let certificate = chain.first().ok_or(rustls::Error::NoCertificatesPresented)?;
        ParsedCertificate::try_from(certificate)?;
        let mut config = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { chain, config: Arc::new(config) })
    }

    /// Whether the certificate is for this name.
    pub(super) fn is_for(&self, name: &ServerName<'_>) -> bool {
        self.check(name).is_ok()
    }

    /// The names and addresses that the certificate is for. What else it may hold is for no client of
    /// ours.
    pub(super) fn names(&self) -> Vec<String> {
        // There is no other way to ask rustls, and no certificate is for this one.
        let nobody = ServerName::try_from("a.b.invalid").expect("it is a name");
        let Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        })) = self.check(&nobody)
        else {
            return Vec::new();
        };
        let bare = |name: &String| {
            let dns = name.strip_prefix("DnsName(\"").and_then(|name| name.strip_suffix("\")"));
            let address =
                || name.strip_prefix("IpAddress(").and_then(|name| name.strip_suffix(')'));
            dns.or_else(address).map(str::to_owned)
        };
        presented.iter().filter_map(bare).collect()
    }

    fn check(&self, name: &ServerName<'_>) -> Result<(), rustls::Error> {
        verify_server_name(&ParsedCertificate::try_from(&self.chain[0])?, name)
    }

    /// Whether a client that trusts this CA, and nobody else, trusts the certificate at that time.
    pub(super) fn verify(
        &self,
        authority: &CertificateDer<'static>,
        time: UnixTime,
    ) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        let certificate = ParsedCertificate::try_from(&self.chain[0])?;
        let (between, algorithms) =
            (&self.chain[1..], PROVIDER.signature_verification_algorithms.all);
        verify_server_cert_signed_by_trust_anchor(&certificate, &roots, between, time, algorithms)
    }
}
