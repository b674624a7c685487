//! The port that speaks TLS: each connection shakes hands in a task of its own, so that nobody who
//! dawdles keeps others waiting, and is handed on when it is through.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use rustls::{AlertDescription, pki_types::ServerName, server::Acceptor};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    time,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::{Current, Identity, Origin, plain};

/// How long a client may take until its connection is secured.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many may shake hands at once; more wait to be accepted.
const AT_ONCE: usize = 512;

/// How long nothing is accepted after a failure.
const PAUSE: Duration = Duration::from_millis(100);

/// The first byte of a connection that speaks TLS: a record of the handshake.
const HANDSHAKE: u8 = 22;

/// A fatal alert, `unrecognized_name` (RFC 6066 §3), in a record of its own.
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// A secured connection and whose it is.
type Connected = (TlsStream<TcpStream>, SocketAddr);

/// The connections that are through. When it is dropped, no more are accepted.
pub struct Secured(mpsc::Receiver<Connected>);

impl Secured {
    /// Accepts connections, and does what is to be done meanwhile, until it is dropped.
    pub(super) fn accept(
        listener: TcpListener,
        identity: Current,
        meanwhile: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let (through, connections) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut meanwhile = pin!(meanwhile.fuse());
            let permits = Arc::new(Semaphore::new(AT_ONCE));
            loop {
                let accepted = async {
                    let permit = permits.clone().acquire_owned().await;
                    let permit = permit.expect("the semaphore is never closed");
                    (permit, accept(&listener).await)
                };
                let (permit, (stream, client)) = tokio::select! {
                    accepted = accepted => accepted,
                    () = &mut meanwhile => continue,
                    () = through.closed() => return,
                };
                let (identity, through) = (identity.clone(), through.clone());
                tokio::spawn(async move {
                    let secured = time::timeout(PATIENCE, secure(stream, &identity)).await;
                    drop(permit);
                    match secured {
                        // Nobody takes it when the server is stopping.
                        Ok(Ok(Some(stream))) => drop(through.send((stream, client)).await),
                        Ok(Ok(None)) => {}
                        Ok(Err(error)) => report(client, &error, identity.origin),
                        Err(_) => tracing::info!(%client, "no TLS came about in time"),
                    }
                });
            }
        });
        Self(connections)
    }

    /// The next connection; never, when there are to be no more.
    pub(crate) async fn next(&mut self) -> Connected {
        match self.0.recv().await {
            Some(connected) => connected,
            None => std::future::pending().await,
        }
    }
}

/// Waits when the machine is out of descriptors, say.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                time::sleep(PAUSE).await;
            }
        }
    }
}

/// Shakes hands. `None` if the client was told what is wrong instead.
async fn secure(stream: TcpStream, identity: &Current) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    if first[0] != HANDSHAKE {
        tracing::info!("a client spoke to the port for TLS without TLS");
        return plain::answer(stream).await.map(|()| None);
    }
    // Answers are written in pieces, which shall not wait for one another.
    stream.set_nodelay(true)?;
    let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let (identity, origin) = (identity.get(), identity.origin);
    let name = hello.client_hello().server_name().map(str::to_owned);
    // Who asks for an address names nothing.
    if let Some(name) = name.filter(|name| !is_for(&identity, name)) {
        let remedy = match origin {
            Origin::Authority => format!("--tls-name {name} adds it"),
            Origin::Own => format!("that of --tls-cert is for {}", identity.names().join(", ")),
        };
        tracing::warn!(name, "a client asked for a name that the certificate isn't for: {remedy}");
        hello.io.write_all(&UNRECOGNIZED_NAME).await?;
        hello.io.shutdown().await?;
        return Ok(None);
    }
    hello.into_stream(identity.config.clone()).await.map(Some)
}

fn is_for(identity: &Identity, name: &str) -> bool {
    ServerName::try_from(name).is_ok_and(|name| identity.is_for(&name))
}

/// Says why no TLS came about. Of all reasons, the commonest is that nobody has told the client whom
/// to trust; not all libraries say it in the same way.
fn report(client: SocketAddr, error: &io::Error, origin: Origin) {
    use AlertDescription::{BadCertificate, CertificateUnknown, UnknownCA};
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::AlertReceived(UnknownCA | BadCertificate | CertificateUnknown)) =
        inner
    {
        let remedy = match origin {
            Origin::Authority => "`tintype ca` says how it comes to trust the CA",
            Origin::Own => "it has to trust who signed that of --tls-cert",
        };
        tracing::warn!(%client, %error, "a client doesn't trust the certificate: {remedy}");
        return;
    }
    tracing::info!(%client, %error, "no TLS came about");
}
