//! Every surface, and the layers around them: the one page that wires the program.

use std::{
    convert::Infallible,
    future::{self, Future},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::FutureExt;
use httpdate::HttpDate;
use tokio::{net::TcpListener, sync::oneshot, time};
use tower::ServiceExt;
use tower_http::catch_panic::{DefaultResponseForPanic, ResponseForPanic};
use tracing::Instrument;

use crate::{
    api,
    app::App,
    clock::{Clock, Stopwatch},
    connection::{Listener, Way},
    control,
    delivery::Delivery,
    domain::AccountId,
    explain, observe,
    surface::Surface,
    tls::Secured,
    urls::{Address, Scheme},
    zone::{self, Zone},
};

/// How long requests under way may take once the server is told to stop; half of what container
/// runtimes wait before they kill.
const DRAIN: Duration = Duration::from_secs(5);

const CF_RAY: HeaderName = HeaderName::from_static("cf-ray");

/// Who answers at each surface: a wildcard of one never answers for another.
struct Surfaces {
    app: App,
    api: Router,
    batch: Router,
    upload: Router,
    delivery: Delivery,
    zone: Zone,
    control: Router,
}

/// The surfaces that can say what they would do.
#[derive(Clone)]
struct Explainers {
    delivery: Delivery,
    zone: Zone,
}

/// The whole program as one service.
pub fn router(app: App) -> Router {
    let (delivery, zone) = (Delivery::new(app.clone()), Zone::new(app.clone()));
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
        app,
    };
    Router::new().fallback(answer).with_state(Arc::new(surfaces))
}

/// Answers a request, and writes a line about it into the log of the program.
async fn answer(State(surfaces): State<Arc<Surfaces>>, request: Request) -> Response {
    let watch = Stopwatch::start();
    let account = account(request.uri().path());
    let span =
        tracing::info_span!("request", method = %request.method(), path = request.uri().path());
    let answered = AssertUnwindSafe(surfaces.dispatch(request)).catch_unwind();
    let mut response = answered.instrument(span.clone()).await.unwrap_or_else(|panic| {
        span.in_scope(|| {
            DefaultResponseForPanic::default().response_for_panic(panic).map(Body::new)
        })
    });
    stamp(&mut response, &surfaces.app.clock, account.as_ref());
    let (status, ms) = (response.status().as_u16(), watch.elapsed().as_millis());
    span.in_scope(|| tracing::info!(status, ms, "answered"));
    response
}

/// Asks the surface that a URL belongs to what it would do.
async fn explain(State(explainers): State<Explainers>, request: Request) -> Response {
    let inner = match explain::inner(request) {
        Ok(inner) => inner,
        Err(why) => return control::refuse(StatusCode::BAD_REQUEST, why),
    };
    let address = inner.extensions().get().expect("every request has its address");
    match Surface::of(address, inner.uri().path()) {
        Surface::Delivery => explainers.delivery.answer(inner).await,
        Surface::Zone => explainers.zone.answer(inner).await,
        _ => control::refuse(StatusCode::BAD_REQUEST, "url is no URL of an image"),
    }
}

/// What the client calls us.
fn address(request: &Request) -> Address {
    let way = request.extensions().get::<ConnectInfo<Way>>();
    let scheme = way.map_or(Scheme::Http, |ConnectInfo(way)| way.scheme);
    let address = Address::of(scheme, |name| match request.uri().authority() {
        // HTTP/2 has no other place for the host, and a request line of HTTP/1.1 that names it is
        // right whatever the header says (RFC 9112 §3.2.2).
        Some(authority) if name == "host" => Some(authority.as_str()),
        _ => request.headers().get(name)?.to_str().ok(),
    });
    address.reached_at(way.and_then(|ConnectInfo(way)| way.local))
}

impl Surfaces {
    async fn dispatch(&self, mut request: Request) -> Response {
        let address = address(&request);
        let surface = Surface::of(&address, request.uri().path());
        request.extensions_mut().insert(address);
        observe::watch(&self.app, surface, request, |request| self.answer(surface, request)).await
    }

    /// What is rarer, or takes long, is boxed: a warm delivery would carry its state around, too.
    async fn answer(&self, surface: Surface, request: Request) -> Response {
        let router = match surface {
            Surface::Api => &self.api,
            Surface::Batch => &self.batch,
            Surface::Upload => &self.upload,
            Surface::Control => &self.control,
            Surface::Delivery => return self.delivery.answer(request).await,
            Surface::Zone => return Box::pin(self.zone.answer(request)).await,
            Surface::Nowhere => match &self.app.origin_folder {
                Some(_) => return Box::pin(zone::original(&self.app, request)).await,
                None => return nowhere(),
            },
        };
        let answered = Box::pin(router.clone().oneshot(request)).await;
        let answer: Result<Response, Infallible> = answered;
        answer.unwrap_or_else(|never| match never {})
    }
}

/// What the edge adds to every answer. The time is the account's, where the path or the surface says
/// whose it is.
fn stamp(response: &mut Response, clock: &Clock, account: Option<&AccountId>) {
    let account = account.or_else(|| response.extensions().get());
    let now = account.map_or_else(|| clock.now(), |account| clock.of(account).now());
    let date = HttpDate::from(SystemTime::from(now)).to_string();
    let ray = format!("{}-TIN", clock.new_ray_id());
    for (name, text) in [(header::DATE, date), (CF_RAY, ray)] {
        let value = HeaderValue::try_from(text).expect("dates and hex digits are ASCII");
        response.headers_mut().insert(name, value);
    }
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
            Ok(()) => time::sleep(DRAIN).await,
            Err(_) => future::pending().await,
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
