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

    /// Whether a CA for these may speak for each of the others.
    pub(super) fn cover(&self, others: &Self) -> bool {
        self.lacking(others).next().is_none()
    }

    /// Those of the others that a CA for these may not speak for: see `subtrees`.
    pub(super) fn lacking<'a>(&'a self, others: &'a Self) -> impl Iterator<Item = &'a TlsName> {
        others.0.iter().filter(|name| !self.0.iter().any(|known| covers(known, name)))
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
            TlsName::Dns(name) => GeneralSubtree::DnsName(base(name).to_owned()),
            // The network's own address: what its mask doesn't cover has to be 0 for Java.
            TlsName::Address(IpAddr::V4(address)) if address.is_loopback() => {
                let network = Ipv4Addr::new(127, 0, 0, 0).into();
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network, 8))
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

/// A name, or what a wildcard stands before.
fn base(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

fn covers(known: &TlsName, name: &TlsName) -> bool {
    match (known, name) {
        (TlsName::Dns(known), TlsName::Dns(name)) => {
            let below = base(name).strip_suffix(base(known));
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        }
        // The whole network of loopback addresses.
        (TlsName::Address(IpAddr::V4(known)), TlsName::Address(IpAddr::V4(name)))
            if known.is_loopback() =>
        {
            name.is_loopback()
        }
        (known, name) => known == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_name_is_covered_by_it() {
        let known = Names::with(&["a.test", "*.cdn.test", "192.0.2.7"].map(|s| s.parse().unwrap()));
        for (name, expected) in [
            ("a.test", true),
            ("b.a.test", true),
            ("*.a.test", true),
            ("cdn.test", true),
            ("x.localhost", true),
            ("127.0.0.2", true),
            ("192.0.2.7", true),
            ("ba.test", false),
            ("test", false),
            ("192.0.2.8", false),
            ("::2", false),
            ("128.0.0.1", false),
        ] {
            let names = Names(vec![name.parse().unwrap()]);
            assert_eq!(known.cover(&names), expected, "{name}");
        }
    }
}
