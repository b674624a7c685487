//! Every surface, and the layers around them: the one page that wires the program.

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::oneshot};
use tower::ServiceExt;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};

use crate::{
    api,
    app::App,
    clock::Clock,
    connection::{Listener, Way},
    control, delivery,
    domain::AccountId,
    explain, observe,
    surface::Surface,
    tls::Secured,
    urls::{Address, Scheme},
    zone,
};

/// How long requests under way may take once the server is told to stop; half of what container
/// runtimes wait before they kill.
const DRAIN: Duration = Duration::from_secs(5);

/// One router for each surface, so that a wildcard of one never answers for another.
struct Surfaces {
    app: App,
    api: Router,
    batch: Router,
    upload: Router,
    delivery: Router,
    zone: Router,
    control: Router,
    /// Where no door of ours is: what `--origin-dir` has there, if it is set.
    originals: Option<Router>,
}

/// The surfaces that can say what they would do.
#[derive(Clone)]
struct Explainers {
    delivery: Router,
    zone: Router,
}

/// The whole program as one service.
pub fn router(app: App) -> Router {
    let clock = app.clock.clone();
    let [delivery, zone] = [delivery::router(app.clone()), zone::router(app.clone())];
    let explainers = Explainers { delivery: delivery.clone(), zone: zone.clone() };
    let explainer = Router::new().fallback_service(get(explain).with_state(explainers));
    let explainer = control::Explainer(explainer);
    let surfaces = Surfaces {
        api: api::router(app.clone()),
        batch: api::batch_router(app.clone()),
        upload: api::upload_router(app.clone()),
        delivery,
        zone,
        control: control::router(app.clone(), explainer, observe::operations()),
        originals: app.settings.origin_dir.is_some().then(|| zone::originals(app.clone())),
        app,
    };
    Router::new()
        .fallback(dispatch)
        .with_state(Arc::new(surfaces))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(clock, stamp))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(log).on_failure(()))
}

async fn dispatch(State(surfaces): State<Arc<Surfaces>>, mut request: Request) -> Response {
    let address = address(&request);
    let surface = Surface::of(&address, request.uri().path());
    request.extensions_mut().insert(address);
    observe::watch(&surfaces.app, surface, request, |request| surfaces.answer(surface, request))
        .await
}

/// Asks the surface that a URL belongs to what it would do.
async fn explain(State(explainers): State<Explainers>, request: Request) -> Response {
    let inner = match explain::inner(request) {
        Ok(inner) => inner,
        Err(why) => return control::refuse(StatusCode::BAD_REQUEST, why),
    };
    let address = inner.extensions().get().expect("every request has its address");
    match Surface::of(address, inner.uri().path()) {
        Surface::Delivery => answer(explainers.delivery, inner).await,
        Surface::Zone => answer(explainers.zone, inner).await,
        _ => control::refuse(StatusCode::BAD_REQUEST, "url is no URL of an image"),
    }
}

async fn answer(router: Router, request: Request) -> Response {
    let answer: Result<Response, Infallible> = router.oneshot(request).await;
    answer.unwrap_or_else(|never| match never {})
}

/// What the client calls us.
fn address(request: &Request) -> Address {
    let way = request.extensions().get::<ConnectInfo<Way>>();
    let scheme = way.map_or(Scheme::Http, |ConnectInfo(way)| way.scheme);
    Address::of(scheme, |name| match request.uri().authority() {
        // HTTP/2 has no other place for the host, and a request line of HTTP/1.1 that names it is
        // right whatever the header says (RFC 9112 §3.2.2).
        Some(authority) if name == "host" => Some(authority.as_str()),
        _ => request.headers().get(name)?.to_str().ok(),
    })
}

impl Surfaces {
    async fn answer(&self, surface: Surface, request: Request) -> Response {
        let router = match surface {
            Surface::Api => &self.api,
            Surface::Batch => &self.batch,
            Surface::Upload => &self.upload,
            Surface::Delivery => &self.delivery,
            Surface::Zone => &self.zone,
            Surface::Control => &self.control,
            Surface::Nowhere => match &self.originals {
                Some(originals) => originals,
                None => return nowhere(),
            },
        };
        answer(router.clone(), request).await
    }
}

/// What the edge adds to every answer. The time is the account's, where the path or the surface says
/// whose it is.
async fn stamp(State(clock): State<Clock>, request: Request, next: Next) -> Response {
    let account = account(request.uri().path());
    let mut response = next.run(request).await;
    let account = account.as_ref().or_else(|| response.extensions().get());
    let now = account.map_or_else(|| clock.now(), |account| clock.of(account).now());
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let ray = format!("{}-TIN", clock.new_ray_id());
    for (name, text) in [("date", date), ("cf-ray", ray)] {
        let value = HeaderValue::from_str(&text).expect("dates and hex digits are ASCII");
        response.headers_mut().insert(name, value);
    }
    response
}

/// The account that a path of the API names.
fn account(path: &str) -> Option<AccountId> {
    path.strip_prefix("/client/v4/accounts/")?.split('/').next()?.parse().ok()
}

fn nowhere() -> Response {
    let text = "This is tintype: Cloudflare Images on localhost. There is nothing at this path.\n\
                API       /client/v4/accounts/<account id>/images/v1\n\
                Delivery  /<account hash>/<image id>/<variant>\n\
                Zone      /cdn-cgi/image/<options>/<source image>\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// Where requests come in.
pub struct Doors {
    pub plain: TcpListener,
    /// Connections over TLS, if there are to be some.
    pub secured: Option<Secured>,
}

/// Serves until `stop` comes, then lets requests under way finish, unless `hurry` comes too.
pub async fn serve(
    doors: Doors,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
    hurry: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let requests = app.requests.clone();
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
        // Who waits for requests would keep the server from ending.
        requests.end();
        // Nobody listens when the server ended by itself.
        let _ = stopping.send(());
    };
    let drained = async move {
        match stopped.await {
            Ok(()) => tokio::time::sleep(DRAIN).await,
            Err(_) => std::future::pending().await,
        }
    };
    let listener = Listener::new(doors.plain, doors.secured);
    let service = router(app).into_make_service_with_connect_info::<Way>();
    tokio::select! {
        served = axum::serve(listener, service).with_graceful_shutdown(stop) => served,
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
