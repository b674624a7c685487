//! Every surface, and the layers around them: the one page that wires the program.

use std::{convert::Infallible, future::Future, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, sync::oneshot};
use tower::ServiceExt;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};

use crate::{api, app::App, delivery, surface::Surface};

/// How long requests under way may take once the server is told to stop; half of what container
/// runtimes wait before they kill.
const DRAIN: Duration = Duration::from_secs(5);

/// One router for each surface, so that a wildcard of one never answers for another.
#[derive(Clone)]
struct Surfaces {
    api: Router,
    batch: Router,
    upload: Router,
    delivery: Router,
}

/// The whole program as one service.
pub fn router(app: App) -> Router {
    let surfaces = Surfaces {
        api: api::router(app.clone()),
        batch: api::batch_router(app.clone()),
        upload: api::upload_router(app.clone()),
        delivery: delivery::router(app),
    };
    Router::new()
        .fallback(dispatch)
        .with_state(surfaces)
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(log).on_failure(()))
}

async fn dispatch(State(surfaces): State<Surfaces>, request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // A request line may name the host instead.
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let answer: Result<Response, Infallible> =
        match Surface::of(host.unwrap_or_default(), request.uri().path()) {
            Surface::Api => surfaces.api.oneshot(request).await,
            Surface::Batch => surfaces.batch.oneshot(request).await,
            Surface::Upload => surfaces.upload.oneshot(request).await,
            Surface::Delivery => surfaces.delivery.oneshot(request).await,
            Surface::Nowhere => Ok(nowhere()),
        };
    answer.unwrap_or_else(|never| match never {})
}

fn nowhere() -> Response {
    let text = "This is tintype: Cloudflare Images on localhost. There is nothing at this path.\n\
                API       /client/v4/accounts/<account id>/images/v1\n\
                Delivery  /<account hash>/<image id>/<variant>\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// Serves until `stop` comes, then lets requests under way finish, unless `hurry` comes too.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
    hurry: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
        // Nobody listens when the server ended by itself.
        let _ = stopping.send(());
    };
    let drained = async move {
        match stopped.await {
            Ok(()) => tokio::time::sleep(DRAIN).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = axum::serve(listener, router(app)).with_graceful_shutdown(stop) => served,
        () = drained => {
            tracing::warn!("some requests did not finish in {} s", DRAIN.as_secs());
            Ok(())
        }
        () = hurry => Ok(()),
    }
}

fn span(request: &Request) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}

fn log(response: &Response, latency: Duration, _: &tracing::Span) {
    tracing::info!(status = response.status().as_u16(), ms = latency.as_millis(), "answered");
}
