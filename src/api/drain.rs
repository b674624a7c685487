//! Reads what an answer left of the request's body. A client that is refused while it still sends
//! would find the connection closed under it, and never see why.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_util::{StreamExt, stream};
use tokio::{sync::Mutex, time};

use super::form::PATIENCE;

/// How long a refused client is read from before it gets its answer all the same.
const PATIENCE_IN_TIME: Duration = Duration::from_secs(3);

pub(super) async fn read_to_the_end(request: Request, next: Next) -> Response {
    drained(request, |request| next.run(request)).await
}

/// Has a request answered, and then reads what that left of its body.
pub(crate) async fn drained<F: Future<Output = Response>>(
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    // Who asks before sending is answered before sending.
    if request.headers().contains_key(header::EXPECT) {
        return answer(request).await;
    }
    let (parts, body) = request.into_parts();
    let rest = Arc::new(Mutex::new(body.into_data_stream()));
    let body = Body::from_stream(stream::unfold(rest.clone(), |rest| async move {
        let chunk = rest.lock().await.next().await?;
        Some((chunk, rest))
    }));
    let response = answer(Request::from_parts(parts, body)).await;
    if response.status() != StatusCode::REQUEST_TIMEOUT {
        let _ = time::timeout(PATIENCE_IN_TIME, read_all(&mut *rest.lock().await)).await;
    }
    response
}

async fn read_all(rest: &mut BodyDataStream) {
    let mut read = 0;
    while let Some(Ok(chunk)) = rest.next().await {
        read += chunk.len();
        if read > PATIENCE {
            return;
        }
    }
}
