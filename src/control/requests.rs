//! `/_tintype/requests`: what was asked lately.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use chrono::SecondsFormat;
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fields,
    asked::{Query, Refusal, Result, Whose, account_id},
};
use crate::{
    app::App,
    call::{Operations, Owner},
    domain::{AccountHash, AccountId},
    glob::Glob,
    requests::{Entry, FIELDS as FILTER, Filter, Outcome},
    store::{StoreError, accounts},
    surface::Surface,
};

/// The longest that somebody may wait for a request to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What only `GET /_tintype/requests` takes, besides what every filter has.
const OF_A_LISTING: [(&str, &str); 2] = [
    ("limit", "how many at most: the latest, or with `since` the next"),
    ("wait", "how long to wait for the first such request, at most `1m`"),
];

/// What `GET /_tintype/requests` takes.
pub(super) const FIELDS: Fields = &all_fields();

const fn all_fields() -> [(&'static str, &'static str); FILTER.len() + OF_A_LISTING.len()] {
    let [limit, wait] = OF_A_LISTING;
    let mut fields = [wait; _];
    let mut at = 0;
    while at < FILTER.len() {
        fields[at] = FILTER[at];
        at += 1;
    }
    fields[at] = limit;
    fields
}

/// Which requests are asked for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    surface: Option<Surface>,
    operation: Option<String>,
    method: Option<String>,
    status: Option<u16>,
    code: Option<u16>,
    account: Option<String>,
    path: Option<Glob>,
    since: Option<u64>,
    limit: Option<usize>,
    wait: Option<String>,
}

impl Wanted {
    async fn filter(self, app: &App, operations: &Operations) -> Result<Filter> {
        if !app.requests.are_kept() {
            return Err(Refusal::bad("requests are not remembered: the server has --requests 0"));
        }
        if let Some(name) = &self.operation {
            operations.check(name).map_err(|why| Refusal::bad(&why))?;
        }
        Ok(Filter {
            surface: self.surface,
            operation: self.operation,
            method: self.method,
            status: self.status,
            code: self.code,
            account: Whose(account_id(self.account)?).account(app).await?,
            path: self.path,
            since: self.since,
            limit: self.limit,
        })
    }
}

pub(super) async fn list(
    State(app): State<App>,
    Extension(operations): Extension<Operations>,
    Query(mut wanted): Query<Wanted>,
) -> Result<Json<Value>> {
    let patience = wanted.wait.take().map(|text| patience(&text)).transpose()?;
    let filter = wanted.filter(&app, &operations).await?;
    let found = match patience {
        Some(patience) => app.requests.wait(&filter, patience).await,
        None => app.requests.find(&filter),
    };
    let mut names = Names::default();
    names.learn(&app, &found.entries).await?;
    let requests: Vec<_> = found.entries.iter().map(|entry| names.show(entry)).collect();
    Ok(Json(json!({ "requests": requests, "next": found.next })))
}

pub(super) async fn clear(State(app): State<App>, whose: Whose) -> Result<Json<Value>> {
    let account = whose.account(&app).await?;
    Ok(Json(json!({ "removed": app.requests.clear(account.as_ref()) })))
}

pub(super) async fn events(
    State(app): State<App>,
    Extension(operations): Extension<Operations>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<impl IntoResponse> {
    if wanted.wait.is_some() || wanted.limit.is_some() {
        return Err(Refusal::bad("events go on until one side ends them: no wait, no limit"));
    }
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let since = last.or(wanted.since).unwrap_or_else(|| app.requests.last());
    let filter = Filter { since: Some(since), ..wanted.filter(&app, &operations).await? };
    Ok(Sse::new(follow(app, filter)).keep_alive(KeepAlive::default()))
}

/// The requests that pass, as they come, until the server stops.
fn follow(app: App, filter: Filter) -> impl Stream<Item = Result<Event, Infallible>> {
    let state = (filter, Names::default(), VecDeque::<Arc<Entry>>::new());
    stream::unfold(state, move |(mut filter, mut names, mut ready)| {
        let app = app.clone();
        async move {
            while ready.is_empty() {
                let found = app.requests.wait(&filter, PATIENCE).await;
                if found.entries.is_empty() && app.requests.have_ended() {
                    return None;
                }
                filter.since = Some(found.next);
                // An account that can't be looked up has no name; the request is told all the same.
                let _ = names.learn(&app, &found.entries).await;
                ready = found.entries.into();
            }
            let entry = ready.pop_front()?;
            let data = names.show(&entry).to_string();
            let event = Event::default().event("request").id(entry.seq.to_string()).data(data);
            Some((Ok(event), (filter, names, ready)))
        }
    })
}

fn patience(text: &str) -> Result<Duration> {
    let time = humantime::parse_duration(text).ok().filter(|time| *time <= PATIENCE);
    time.ok_or_else(|| Refusal::bad("wait is a time like 5s, at most 1m"))
}

/// The ids behind account hashes, as far as they are known.
#[derive(Default)]
struct Names(HashMap<AccountHash, Option<AccountId>>);

impl Names {
    async fn learn(&mut self, app: &App, entries: &[Arc<Entry>]) -> Result<(), StoreError> {
        let owners = entries.iter().filter_map(|entry| entry.call.owner.as_ref());
        let hashes = owners.filter_map(|owner| match owner {
            Owner::Hash(hash) if !self.0.contains_key(hash) => Some((hash.clone(), None)),
            _ => None,
        });
        let mut unknown: HashMap<_, _> = hashes.collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let look_up = move |conn: &_| {
            for (hash, id) in &mut unknown {
                *id = accounts::find_by_hash(conn, hash)?.map(|account| account.id);
            }
            Ok::<_, StoreError>(unknown)
        };
        self.0.extend(app.store.read(look_up).await?);
        Ok(())
    }

    /// An entry as JSON.
    fn show(&self, entry: &Entry) -> Value {
        let call = &entry.call;
        let account = call.owner.as_ref().and_then(|owner| match owner {
            Owner::Id(id) => Some(id),
            Owner::Hash(hash) => self.0.get(hash)?.as_ref(),
        });
        let outcome = entry.outcome.as_ref();
        let fault = entry.fault.as_ref();
        json!({
            "seq": entry.seq,
            "time": entry.time.to_rfc3339_opts(SecondsFormat::Millis, true),
            "surface": call.surface,
            "operation": call.operation,
            "method": call.method,
            "path": call.target,
            "status": outcome.map(|outcome| outcome.status),
            "code": outcome.and_then(|outcome| outcome.code),
            "duration_ms": (entry.duration.as_secs_f64() * 1e6).round() / 1e3,
            "account": account.map(AccountId::as_str),
            "user_agent": entry.user_agent,
            "form": entry.form,
            "body": entry.body,
            "cache": outcome.and_then(|outcome| outcome.cache),
            "warnings": outcome.map_or(&[][..], |Outcome { warnings, .. }| warnings),
            "fault": fault.map(|hit| json!({ "id": hit.id, "does": hit.fault.to_string() })),
        })
    }
}
