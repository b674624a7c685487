//! What happens around every request, whichever surface answers it: it is counted, faults meet it,
//! and it is written into the log. Control is left alone.

use std::{future, io};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use tokio::time;

use crate::{
    answer::{self, Mark, Refusal},
    api,
    app::App,
    call::{Call, Operation, Operations, Owner},
    connection::{Fate, Way},
    control, delivery,
    error::ErrorCode,
    faults::{Fault, Hit, InvalidFault, Refused},
    requests::{Entry, Notes, Open, Outcome},
    surface::Surface,
    zone,
};

/// The header by which a request asks for a fault for itself.
const HEADER: HeaderName = HeaderName::from_static("x-tintype-fault");

/// Every operation of every surface.
pub(crate) fn operations() -> Operations {
    let api = api::OPERATIONS.iter().map(|operation| (Surface::Api, *operation));
    let images = [
        (Surface::Upload, api::UPLOAD),
        (Surface::Delivery, delivery::OPERATION),
        (Surface::Zone, zone::OPERATION),
    ];
    Operations(api.chain(images).collect())
}

/// Has a request answered, with everything around it.
pub(crate) async fn watch<F: Future<Output = Response>>(
    app: &App,
    surface: Surface,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let asks = request.headers().contains_key(HEADER);
    let response = if surface == Surface::Control {
        match asks {
            true => control::refuse(StatusCode::BAD_REQUEST, &InvalidFault::Control.to_string()),
            false => answer(request).await,
        }
    } else if asks || app.faults.any() || app.requests.are_kept() {
        match watch_closely(app, surface, request, answer).await {
            Some(response) => response,
            // Nobody sees the status that it has.
            None => return broken_off(),
        }
    } else {
        answer(request).await
    };
    app.answers.count(surface, response.status().as_u16());
    response
}

/// The same with faults and the log. Gives no answer if the connection is reset instead.
async fn watch_closely<F: Future<Output = Response>>(
    app: &App,
    surface: Surface,
    mut request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Option<Response> {
    let owner = match surface {
        Surface::Batch => Box::pin(api::batch_account(app, request.headers())).await.map(Owner::Id),
        _ => Owner::of(surface, request.uri().path()),
    };
    let call = call(surface, owner, &request);
    let asked = asked(request.headers());
    let hit = match &asked {
        Ok(None) => app.faults.meet(&call),
        Ok(own) => own.clone(),
        Err(_) => None,
    };
    let open = app.requests.are_kept().then(|| open(app, call, &mut request, hit.clone()));
    let response = match (asked, hit) {
        (Err(why), _) => Some(refuse_header(surface, &why)),
        (Ok(_), None) => Some(answer(request).await),
        (Ok(_), Some(hit)) => Box::pin(strike(app, surface, &hit, request, answer)).await,
    };
    if let (Some(open), Some(response)) = (open, &response) {
        open.finish(outcome(response));
    }
    response
}

/// What the request is.
fn call(surface: Surface, owner: Option<Owner>, request: &Request) -> Call {
    let (method, uri) = (request.method().as_str(), request.uri());
    let path = uri.path();
    let is = |operation: &'static Operation| operation.has_method(method).then_some(operation);
    let operation = match surface {
        Surface::Api | Surface::Batch => api::operation(method, path),
        Surface::Upload => is(&api::UPLOAD),
        Surface::Delivery => is(&delivery::OPERATION),
        Surface::Zone => is(&zone::OPERATION),
        Surface::Control | Surface::Nowhere => None,
    };
    let target = uri.path_and_query().map_or(path, |target| target.as_str()).to_owned();
    let operation = operation.map(|operation| operation.name);
    Call { surface, operation, method: method.to_owned(), target, owner }
}

/// The fault that the request asks for itself.
fn asked(headers: &HeaderMap) -> Result<Option<Hit>, InvalidFault> {
    if !headers.contains_key(HEADER) {
        return Ok(None);
    }
    let fault = answer::all_values(headers, HEADER.as_str()).parse()?;
    Ok(Some(Hit { id: None, number: 1, fault }))
}

/// Begins the request's entry in the log.
fn open(app: &App, call: Call, request: &mut Request, fault: Option<Hit>) -> Open {
    let has_body = matches!(call.surface, Surface::Api | Surface::Batch | Surface::Upload);
    let notes = has_body.then(Notes::default);
    if let Some(notes) = &notes {
        request.extensions_mut().insert(notes.clone());
    }
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let clock = match &call.owner {
        Some(Owner::Id(account)) => app.clock.of(account),
        _ => app.clock.clone(),
    };
    let entry = Entry { fault, ..Entry::begin(call, clock.now(), agent) };
    app.requests.open(entry, notes)
}

/// What can be seen of an answer from outside.
fn outcome(response: &Response) -> Outcome {
    let headers = response.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let code = text("cf-images").or_else(|| text("cf-resized"));
    let code = code.and_then(|mark| mark.strip_prefix("err=")?.parse().ok());
    let cache = ["HIT", "MISS"].into_iter().find(|state| text("cf-cache-status") == Some(state));
    let warnings = headers.get_all(header::WARNING).iter();
    let warnings = warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Outcome { status: response.status().as_u16(), code, cache, warnings: warnings.collect() }
}

/// Makes a fault come true. Gives no answer if the connection is reset instead.
async fn strike<F: Future<Output = Response>>(
    app: &App,
    surface: Surface,
    hit: &Hit,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Option<Response> {
    let Hit { id, number, fault } = hit;
    if let Some(latency) = fault.latency {
        let label = format!("fault {} {number}", id.unwrap_or_default());
        time::sleep(latency.pick(|| app.clock.choice(&label))).await;
    }
    let way = request.extensions().get::<ConnectInfo<Way>>();
    let fate = way.map(|ConnectInfo(way)| way.fate.clone());
    if fault.reset {
        fate.iter().for_each(Fate::reset);
        return None;
    }
    let response = match fault.refusal(surface) {
        Some(refused) => {
            api::drain::drained(request, |_| future::ready(refuse(surface, refused))).await
        }
        None => answer(request).await,
    };
    Some(disfigure(response, fault, fate).await)
}

/// What a surface says when it is told to refuse.
fn refuse(surface: Surface, refused: Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).expect("faults have statuses of HTTP");
    let Some(code) = refused.code else {
        let reason = status.canonical_reason().unwrap_or("Refused");
        return (status, format!("{reason}\n")).into_response();
    };
    refuse_with(surface, code, status, None)
}

/// A header that can't be read is refused in the surface's own manner, too.
fn refuse_header(surface: Surface, why: &InvalidFault) -> Response {
    let detail = format!("{HEADER}: {why}");
    let code = match surface {
        Surface::Delivery | Surface::Zone => ErrorCode::BadOptions,
        _ => ErrorCode::BadRequest,
    };
    refuse_with(surface, code, StatusCode::BAD_REQUEST, Some(&detail))
}

fn refuse_with(
    surface: Surface,
    code: ErrorCode,
    status: StatusCode,
    detail: Option<&str>,
) -> Response {
    let detail = detail.as_ref().map(|detail| detail as &dyn std::fmt::Display);
    let refusal = Refusal { status, ..Refusal::new(code, detail) };
    match surface {
        Surface::Delivery => Mark::Images.refuse(&refusal),
        Surface::Zone => Mark::Resized.refuse(&refusal),
        Surface::Nowhere | Surface::Control => (status, refusal.message).into_response(),
        Surface::Api | Surface::Batch => api::refuse(code, status, refusal.message),
        Surface::Upload => {
            let open = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
            (open, api::refuse(code, status, refusal.message)).into_response()
        }
    }
}

/// What a fault does to an answer.
async fn disfigure(mut response: Response, fault: &Fault, fate: Option<Fate>) -> Response {
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(label) = &fault.content_type {
        let label = HeaderValue::from_str(label).expect("faults are checked when they are read");
        response.headers_mut().insert(header::CONTENT_TYPE, label);
    }
    match fault.cut {
        Some(length) => cut(response, length, fate).await,
        None => response,
    }
}

/// Ends the body after so many bytes, where `Content-Length` still tells of all of them.
async fn cut(response: Response, length: u64, fate: Option<Fate>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else { return broken_off() };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length >= bytes.len() {
        return Response::from_parts(parts, bytes.into());
    }
    parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    let kept = stream::once(future::ready(Ok(bytes.slice(..length))));
    let end = stream::once(async move {
        let Some(fate) = fate else {
            return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        };
        // The connection ends it, once what was kept is written.
        fate.cut();
        future::pending().await
    });
    Response::from_parts(parts, Body::from_stream(kept.chain(end)))
}

/// An answer that doesn't come: its connection fails as soon as something is written.
fn broken_off() -> Response {
    let failure = io::Error::from(io::ErrorKind::ConnectionReset);
    let never = stream::once(future::ready(Err::<Bytes, _>(failure)));
    (StatusCode::INTERNAL_SERVER_ERROR, Body::from_stream(never)).into_response()
}
