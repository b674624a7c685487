//! Connections, over TLS or not, that can be broken off on purpose in the ways that networks have.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::server::TlsStream;

use crate::{tls::Secured, urls::Scheme};

/// Accepts connections of both kinds, which go the same way from here on.
pub(crate) struct Listener {
    plain: TcpListener,
    secured: Option<Secured>,
}

/// A connection with its break.
pub(crate) struct Connection {
    stream: Stream,
    fate: Fate,
    /// Whether nothing has been read yet.
    is_new: bool,
}

enum Stream {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

/// What can be read and written.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

/// How requests came here. Each carries it.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) fate: Fate,
    pub(crate) scheme: Scheme,
    /// Which of our addresses they came to.
    pub(crate) local: Option<SocketAddr>,
}

/// What is to become of a connection. Over HTTP/2 it takes every request on it along.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate(Arc<AtomicU8>);

const RESET: u8 = 1;
const CUT: u8 = 2;

/// How TLS begins: a record of the handshake, of version 3.
const HELLO: [u8; 2] = [22, 3];

impl Fate {
    /// The client gets a reset instead of whatever is written from now on.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }

    /// The connection ends once what is written so far is on its way.
    pub(crate) fn cut(&self) {
        self.0.store(CUT, Ordering::Release);
    }

    fn is(&self, what: u8) -> bool {
        self.0.load(Ordering::Acquire) == what
    }
}

impl Listener {
    pub(crate) fn new(plain: TcpListener, secured: Option<Secured>) -> Self {
        Self { plain, secured }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let secured = async {
            match &mut self.secured {
                Some(secured) => secured.next().await,
                None => std::future::pending().await,
            }
        };
        let (stream, address) = tokio::select! {
            // Axum's own: it waits when the machine is out of descriptors.
            (stream, address) = axum::serve::Listener::accept(&mut self.plain) =>
                (Stream::Plain(stream), address),
            (stream, address) = secured => (Stream::Secured(Box::new(stream)), address),
        };
        (Connection { stream, fate: Fate::default(), is_new: true }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Way {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        let connection = stream.io();
        let scheme = match connection.stream {
            Stream::Plain(_) => Scheme::Http,
            Stream::Secured(_) => Scheme::Https,
        };
        let local = connection.stream.socket().local_addr().ok();
        Self { fate: connection.fate.clone(), scheme, local }
    }
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Secured(stream) => stream.get_ref().0,
        }
    }
}

impl Connection {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut dyn Duplex> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream),
            Stream::Secured(stream) => Pin::new(&mut **stream),
        }
    }

    /// Fails if nothing more may be written. What is closed without lingering is closed by a reset.
    fn check(&self) -> io::Result<()> {
        if self.fate.is(RESET) {
            self.stream.socket().set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    /// Who speaks TLS here hears of it from HTTP in a way that few clients show.
    fn look(&mut self, read: &[u8]) {
        let is_first = std::mem::take(&mut self.is_new);
        if is_first && matches!(self.stream, Stream::Plain(_)) && read.starts_with(&HELLO) {
            tracing::warn!(
                "a client spoke TLS to the port for plain HTTP; --tls opens one for TLS"
            );
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Nothing may have been written since: then a reset was not noticed yet.
        let _ = self.check();
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(self.as_mut().stream().poll_read(context, buffer));
        self.look(&buffer.filled()[before..]);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        self.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        self.stream().poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Secured(stream) => stream.is_write_vectored(),
        }
    }

    /// Called when everything that there was is written; with TLS, into records that are not sent yet.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        ready!(self.as_mut().stream().poll_flush(context))?;
        if self.fate.is(CUT) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.stream().poll_shutdown(context)
    }
}
