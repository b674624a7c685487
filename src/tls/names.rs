//! What our certificate is for: the service's hosts, this machine, and what the settings add.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{CidrSubnet, GeneralSubtree, SanType};
use rustls::pki_types::ServerName;

use crate::{config::TlsName, urls::REAL_HOSTS};

/// A list of names, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names(Vec<TlsName>);

impl Names {
    /// Those that are always there, and these.
    pub(super) fn with(further: &[TlsName]) -> Self {
        let real = REAL_HOSTS.iter().chain(&["localhost"]);
        let mut names: Vec<_> = real.map(|name| TlsName::Dns((*name).to_owned())).collect();
        names.push(TlsName::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        names.push(TlsName::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        let mut names = Self(names);
        names.add(further);
        names
    }

    pub(super) fn add(&mut self, further: &[TlsName]) {
        for name in further {
            if !self.0.contains(name) {
                self.0.push(name.clone());
            }
        }
    }

    pub(super) fn all(&self) -> &[TlsName] {
        &self.0
    }

    /// Whether each of the others is among them.
    pub(super) fn cover(&self, others: &Self) -> bool {
        others.0.iter().all(|name| self.0.contains(name))
    }

    /// As a certificate says whom it is for.
    pub(super) fn subjects(&self) -> Result<Vec<SanType>, rcgen::Error> {
        let subject = |name: &TlsName| {
            Ok(match name {
                TlsName::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
                TlsName::Address(address) => SanType::IpAddress(*address),
            })
        };
        self.0.iter().map(subject).collect()
    }

    /// As a CA says whom it may speak for (RFC 5280 §4.2.1.10). A name stands for what is below it
    /// too: there is no way to say less.
    pub(super) fn subtrees(&self) -> Vec<GeneralSubtree> {
        let subtree = |name: &TlsName| match name {
            TlsName::Dns(name) => {
                GeneralSubtree::DnsName(name.strip_prefix("*.").unwrap_or(name).to_owned())
            }
            TlsName::Address(address) if address.is_loopback() => {
                let length = if address.is_ipv4() { 8 } else { 128 };
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, length))
            }
            TlsName::Address(address) => {
                let length = if address.is_ipv4() { 32 } else { 128 };
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, length))
            }
        };
        self.0.iter().map(subtree).collect()
    }

    /// As clients name their server. Of a wildcard, one name that it stands for.
    pub(super) fn server_names(&self) -> impl Iterator<Item = ServerName<'static>> {
        self.0.iter().map(|name| {
            let name = name.to_string().replacen('*', "any", 1);
            ServerName::try_from(name).expect("names are checked when they are read")
        })
    }
}
