//! What can be set about TLS, and the commands that help clients to come by it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use clap::Args;
use rustls::pki_types::DnsName;

/// The port that speaks TLS.
#[derive(Debug, Clone, Args)]
pub struct Tls {
    /// Address and port for TLS, HTTP/2 and HTTP/1.1, beside `--listen`; port 0 takes a free one
    #[arg(id = "tls", long = "tls", env = "TINTYPE_TLS", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,

    /// Names and addresses to have a certificate for, beside the service's hosts and this machine
    #[arg(
        id = "tls_name",
        long = "tls-name",
        env = "TINTYPE_TLS_NAME",
        value_name = "NAME,NAME",
        value_delimiter = ',',
        requires = "tls"
    )]
    pub names: Vec<TlsName>,

    /// A certificate of your own, with what leads to its root, in PEM; read again when it changes
    #[arg(
        id = "tls_cert",
        long = "tls-cert",
        env = "TINTYPE_TLS_CERT",
        value_name = "PATH",
        requires_all = ["tls", "tls_key"],
        conflicts_with = "tls_name"
    )]
    pub certificate: Option<PathBuf>,

    /// The key of `--tls-cert`, in PEM
    #[arg(
        id = "tls_key",
        long = "tls-key",
        env = "TINTYPE_TLS_KEY",
        value_name = "PATH",
        requires_all = ["tls", "tls_cert"]
    )]
    pub key: Option<PathBuf>,
}

/// What a certificate can be for: a DNS name in lower case, maybe with `*.` before it, or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsName {
    Dns(String),
    Address(IpAddr),
}

/// What is to be shown of the CA.
#[derive(Debug, Args)]
pub struct Ca {
    /// The certificate itself, in PEM
    #[arg(long, conflicts_with_all = ["env", "path"])]
    pub pem: bool,

    /// Lines for a shell, by which programs trust it: eval "$(tintype ca --env)"
    #[arg(long, conflicts_with = "path")]
    pub env: bool,

    /// The path of the certificate and nothing else
    #[arg(long)]
    pub path: bool,

    /// The server's data folder
    #[arg(long, env = "TINTYPE_DATA", value_name = "DIR", default_value = "./.tintype")]
    pub data: PathBuf,

    /// As the server's
    #[arg(long, env = "TINTYPE_TLS_NAME", value_name = "NAME,NAME", value_delimiter = ',')]
    pub tls_name: Vec<TlsName>,
}

/// What lines for a hosts file are to say.
#[derive(Debug, Args)]
pub struct Hosts {
    /// Where the server is
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub address: IpAddr,

    /// As the server's
    #[arg(long, env = "TINTYPE_TLS_NAME", value_name = "NAME,NAME", value_delimiter = ',')]
    pub tls_name: Vec<TlsName>,
}

impl FromStr for TlsName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        if !text.is_ascii() {
            return Err("names beyond ASCII are needed in punycode: xn--bcher-kva.test".to_owned());
        }
        let name = text.trim_end_matches('.');
        let below = name.strip_prefix("*.");
        // Clients don't heed a wildcard for a whole domain like com.
        if below.is_some_and(|below| !below.contains('.')) {
            return Err("two labels are needed below a wildcard: *.images.test".to_owned());
        }
        let known = DnsName::try_from(below.unwrap_or(name));
        let name = known.map(|_| Self::Dns(name.to_ascii_lowercase()));
        name.map_err(|_| {
            "a name like images.test, *.images.test or an address is needed".to_owned()
        })
    }
}

impl fmt::Display for TlsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_for_names_and_addresses() {
        for (text, expected) in [
            ("Images.Test.", "images.test"),
            ("*.images.test", "*.images.test"),
            ("my_app", "my_app"),
            (" a.test ", "a.test"),
            ("192.168.1.5", "192.168.1.5"),
            ("fd00::1", "fd00::1"),
        ] {
            assert_eq!(text.parse::<TlsName>().unwrap().to_string(), expected);
        }
        for bad in [
            "",
            "*",
            "a..test",
            "https://a.test",
            "a.test:443",
            "a.*.test",
            "a b",
            "*.1.2.3.4",
            "*.",
        ] {
            assert!(bad.parse::<TlsName>().is_err(), "{bad}");
        }
        for (bad, hint) in
            [("*.localhost", "below a wildcard"), ("*.com", "below"), ("bücher.test", "punycode")]
        {
            assert!(bad.parse::<TlsName>().unwrap_err().contains(hint), "{bad}");
        }
    }
}
