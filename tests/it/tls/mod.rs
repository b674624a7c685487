//! The port for TLS, by clients that verify what they are shown.

mod authority;
mod commands;
mod connections;
mod fetching;
mod handshakes;
mod own;

use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use crate::process::{Server, text};

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A server with TLS, and the CA that its clients trust.
struct Secured {
    server: Server,
    authority: CertificateDer<'static>,
}

impl Secured {
    fn start(data: &Path, further: &[&str]) -> Self {
        let fixed = ["--tls", "127.0.0.1:0", "--data", text(data)];
        let server = Server::start(&[&fixed, further].concat());
        let authority = CertificateDer::from_pem_file(data.join("tls/ca.pem")).unwrap();
        Self { server, authority }
    }

    fn address(&self) -> SocketAddr {
        address(&self.server)
    }

    /// Shakes hands as a client that calls the server so and offers these protocols.
    fn connect(&self, name: &str, protocols: &[&str]) -> io::Result<Stream> {
        connect(self.address(), &self.authority, name, protocols)
    }

    /// A whole answer to a `GET` by HTTP/1.1.
    fn get(&self, name: &str, path: &str) -> String {
        let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        get(self.connect(name, &["http/1.1"]).unwrap(), &host, path)
    }
}

fn address(server: &Server) -> SocketAddr {
    server.says("with TLS").strip_prefix("https://").unwrap().parse().unwrap()
}

/// A client that trusts this CA and nobody else.
fn client(authority: &CertificateDer<'static>, protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

fn connect(
    address: SocketAddr,
    authority: &CertificateDer<'static>,
    name: &str,
    protocols: &[&str],
) -> io::Result<Stream> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(client(authority, protocols), name).unwrap();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

fn get(mut stream: Stream, host: &str, path: &str) -> String {
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer any\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a failed handshake says.
fn refusal(outcome: io::Result<Stream>) -> String {
    match outcome {
        Ok(_) => panic!("TLS came about"),
        Err(error) => error.to_string(),
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
