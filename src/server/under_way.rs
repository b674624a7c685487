//! Which requests are under way: each until the last byte of its answer is handed to the connection's
//! socket. A body's end is too early for that, since slow clients have much of it still before them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::{sync::watch, time};

/// How long there has to be no request: what is written isn't sent yet, of TLS and HTTP/2 above all.
const QUIET: Duration = Duration::from_millis(300);

/// The requests that are under way. Clones are the same ones.
#[derive(Clone, Default)]
pub(super) struct UnderWay(Arc<watch::Sender<()>>);

/// One of them, for as long as it or a clone of it is there.
#[derive(Clone)]
pub(super) struct Running(#[expect(dead_code, reason = "it is counted")] watch::Receiver<()>);

/// A body of which the parts are counted with their request.
struct Counted {
    body: Body,
    running: Running,
}

struct Part {
    bytes: Bytes,
    _running: Running,
}

impl UnderWay {
    pub(super) fn count(&self) -> Running {
        Running(self.0.subscribe())
    }

    /// Waits until there is none for a while, from now on.
    pub(super) async fn none(&self) {
        time::sleep(QUIET).await;
        while self.0.receiver_count() > 0 {
            self.0.closed().await;
            time::sleep(QUIET).await;
        }
    }
}

impl Running {
    pub(super) fn until_the_end_of(self, body: Body) -> Body {
        if body.is_end_stream() { body } else { Body::new(Counted { body, running: self }) }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let counted = |bytes| Part { bytes, _running: self.running.clone() };
        let counted =
            |frame: Frame<Bytes>| frame.map_data(|bytes| Bytes::from_owner(counted(bytes)));
        Poll::Ready(frame.map(|frame| frame.map(counted)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_is_under_way_until_the_last_byte_is_written() {
        let under_way = UnderWay::default();
        let running = under_way.count();
        let is_quiet = async || time::timeout(2 * QUIET, under_way.none()).await.is_ok();
        assert!(!is_quiet().await);

        let mut body = running.until_the_end_of(Body::from("answer"));
        let part = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(body);
        assert_eq!(part, "answer");
        assert!(!is_quiet().await);

        drop(part);
        assert!(is_quiet().await);
        drop(under_way.count().until_the_end_of(Body::empty()));
        assert!(is_quiet().await);
    }
}
