//! Which addresses may be connected to, checked at every connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    All,
    /// Not this machine and not its networks.
    Public,
}

impl Addresses {
    fn allow(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::All, _) => true,
            (Self::Public, IpAddr::V4(address)) => is_public_v4(address),
            (Self::Public, IpAddr::V6(address)) => {
                is_public_v6(address) && carried_v4(address).is_none_or(is_public_v4)
            }
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let shared = address.octets()[0] == 100 && (address.octets()[1] & 0xc0) == 64;
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || address.octets()[0] == 0
        || shared)
}

/// The IPv4 address that a packet to this one ends up at: mapped, through NAT64 (RFC 6052) or
/// through 6to4 (RFC 3056).
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(from(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast())
}

/// Checks what a name resolves to at every connection, so that neither a redirect nor a name that
/// changes its mind gets around it.
#[derive(Debug)]
pub(super) struct CheckedResolver {
    inner: DefaultResolver,
    addresses: Addresses,
    /// A host and port that may be connected to wherever it is: the settings name it.
    trusted: Option<String>,
}

/// A name leads to this machine or its networks only.
#[derive(Debug, thiserror::Error)]
#[error("private addresses are not fetched from")]
pub(super) struct Private;

impl CheckedResolver {
    pub(super) fn new(addresses: Addresses, trusted: Option<String>) -> Self {
        Self { inner: DefaultResolver::default(), addresses, trusted }
    }
}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut allowed = self.empty();
        let found = match self.inner.resolve(uri, config, timeout) {
            // The system says this in its own words.
            Err(ureq::Error::Io(_)) => return Err(ureq::Error::HostNotFound),
            found => found?,
        };
        let authority = uri.authority().map(|authority| authority.as_str());
        let trusted = authority.is_some() && authority == self.trusted.as_deref();
        for address in found.iter() {
            if trusted || self.addresses.allow(address.ip()) {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() {
            return Err(ureq::Error::Other(Box::new(Private)));
        }
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.1.2.3",
            "2002:7f00:1::",
            "::",
        ] {
            let address = private.parse().unwrap();
            assert!(!Addresses::Public.allow(address), "{private}");
            assert!(Addresses::All.allow(address));
        }
        for public in ["93.184.216.34", "2606:4700::1111", "100.128.0.1", "64:ff9b::93.184.216.34"]
        {
            assert!(Addresses::Public.allow(public.parse().unwrap()), "{public}");
        }
    }
}
