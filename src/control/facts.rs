//! What can be known of the program: health, version, metrics, and its tables as JSON.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{asked::Nothing, refuse};
use crate::{
    app::App,
    call::Operations,
    error::ErrorCode,
    metrics::{self, Exposition},
    store::{Connection, StoreError, accounts},
    transform::{self, ENGINE_VERSION, Place, Support},
};

pub(super) async fn health(_: Nothing) -> Json<Value> {
    Json(json!({ "ok": true }))
}

/// Reads a row, whichever there is.
pub(super) async fn ready(State(app): State<App>, _: Nothing) -> Response {
    let id = crate::app::DEFAULT_ACCOUNT.parse().expect("the default account's id is well-formed");
    let look = move |conn: &Connection| accounts::find(conn, &id).map(drop);
    let looked: Result<(), StoreError> = app.store.read(look).await;
    match looked {
        Ok(()) => Json(json!({ "ready": true })).into_response(),
        Err(error) => {
            tracing::error!(%error, "the store failed");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the data folder could not be read")
        }
    }
}

pub(super) async fn version(_: Nothing) -> Json<Value> {
    Json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "engine": ENGINE_VERSION,
    }))
}

pub(super) async fn metrics(State(app): State<App>, _: Nothing) -> impl IntoResponse {
    let App { renderer, workers, store, .. } = &app;
    let mut text = Exposition::default();
    text.answers("tintype_requests_total", "Requests answered.", &app.answers);
    text.counter("tintype_renditions_made_total", "Renditions made.", renderer.made());
    text.histogram(
        "tintype_render_seconds",
        "How long renditions took to make, without waiting.",
        &renderer.tally().times,
    );
    text.counter("tintype_cache_hits_total", "Renditions that were there.", renderer.hits());
    text.counter("tintype_cache_misses_total", "Renditions that were not.", renderer.misses());
    text.gauge("tintype_cache_bytes", "Renditions kept on disk.", store.rendition_bytes());
    text.gauge("tintype_cache_memory_bytes", "Renditions held in memory.", renderer.hot_bytes());
    text.gauge("tintype_queue_length", "Renditions that wait.", renderer.waiting() as u64);
    text.gauge("tintype_workers_busy", "Workers that work.", workers.busy() as u64);
    text.gauge("tintype_workers", "Workers that there are.", workers.total() as u64);
    if let Some(bytes) = metrics::resident_memory() {
        text.gauge("process_resident_memory_bytes", "Memory in use.", bytes);
    }
    let label = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, label)], text.text())
}

pub(super) async fn options(_: Nothing) -> Json<Value> {
    let options = transform::TABLE.iter().map(|row| {
        let (support, note) = match row.support {
            Support::Full => ("full", None),
            Support::Approximate { how, .. } => ("approximate", Some(how)),
            Support::Missing { why } => ("missing", Some(why)),
        };
        let places: Vec<_> = row.places.iter().copied().map(place).collect();
        json!({
            "name": row.name,
            "alias": Some(row.alias).filter(|alias| !alias.is_empty()),
            "places": places,
            "summary": row.summary,
            "support": support,
            "note": note,
        })
    });
    Json(json!({ "options": options.collect::<Vec<_>>() }))
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Variant => "variant",
        Place::Flexible => "flexible",
        Place::Zone => "zone",
    }
}

pub(super) async fn operations(
    Extension(operations): Extension<Operations>,
    _: Nothing,
) -> Json<Value> {
    let operations = operations.0.iter().map(|(surface, operation)| {
        json!({
            "name": operation.name,
            "surface": surface,
            "method": operation.method.to_uppercase(),
            "path": operation.path,
            "evidence": operation.evidence.name(),
        })
    });
    Json(json!({ "operations": operations.collect::<Vec<_>>() }))
}

pub(super) async fn errors(_: Nothing) -> Json<Value> {
    let errors = ErrorCode::ALL.iter().map(|code| {
        let row = code.row();
        json!({
            "name": row.name,
            "code": row.code,
            "status": row.status,
            "evidence": row.evidence.name(),
            "message": row.message,
        })
    });
    Json(json!({ "errors": errors.collect::<Vec<_>>() }))
}
