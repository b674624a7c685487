//! `/_tintype/clock`: what time it is, for everybody or for one account.

use axum::extract::State;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Fields,
    asked::{JsonObject, Refusal, Whose},
};
use crate::{
    app::App,
    clock::{self, Clock, LATEST, Time},
};

pub(super) const FIELDS: Fields = &[
    ("now", "a date like `2030-01-01T00:00:00Z`: the clock is set to it and stands still"),
    ("advance", "a time like `90s`: so much later, standing or running"),
    ("freeze", "`true`: it stands still"),
    ("resume", "`true`: it goes by the machine's clock again; an account's, by everybody's"),
    ("account", "in the query: the account whose clock is meant; without it, everybody's"),
];

/// What is to become of the clock: one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// A date: the clock is set to it and stands still.
    now: Option<String>,
    /// A time like `90s`: so much later, standing or running.
    advance: Option<String>,
    freeze: Option<bool>,
    resume: Option<bool>,
}

/// What a clock shows.
#[derive(Debug, Serialize)]
pub(super) struct Face {
    now: String,
    frozen: bool,
    /// How far a running clock is ahead of the machine's; null for a frozen one.
    offset_ms: Option<i64>,
    /// Whether the account that was asked for has a time of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<bool>,
}

/// What a change asks for, found to be possible.
enum Step {
    Set(DateTime<Utc>),
    Advance(TimeDelta),
    Freeze,
    Resume,
}

/// `GET`: the time, `{"now": …, "frozen": …, "offset_ms": …}`.
pub(super) async fn show(State(app): State<App>, whose: Whose) -> axum::Json<Face> {
    axum::Json(face(&app.clock_of(whose.0.as_ref()), &whose))
}

/// `POST`: sets and freezes (`now`), moves (`advance`), freezes, or resumes.
pub(super) async fn change(
    State(app): State<App>,
    whose: Whose,
    JsonObject(change): JsonObject<Change>,
) -> Result<axum::Json<Face>, Refusal> {
    let clock = app.clock_of(whose.0.as_ref());
    match change.step(clock.now())? {
        Step::Set(now) => clock.set(Time::Frozen(now)),
        Step::Advance(by) => clock.advance(by),
        Step::Freeze => clock.freeze(),
        Step::Resume => clock.resume(),
    }
    Ok(axum::Json(face(&clock, &whose)))
}

fn face(clock: &Clock, Whose(account): &Whose) -> Face {
    let offset_ms = match clock.time() {
        Time::Running(offset) => Some(offset.num_milliseconds()),
        Time::Frozen(_) => None,
    };
    Face {
        now: clock.now().to_rfc3339_opts(SecondsFormat::Millis, true),
        frozen: offset_ms.is_none(),
        offset_ms,
        own: account.as_ref().map(|_| clock.is_own()),
    }
}

impl Change {
    fn step(self, now: DateTime<Utc>) -> Result<Step, Refusal> {
        match (self.now, self.advance, self.freeze, self.resume) {
            (Some(now), None, None, None) => {
                clock::parse_date(&now).map(Step::Set).map_err(|error| Refusal::bad(&error))
            }
            (None, Some(by), None, None) => time(&by, now).map(Step::Advance),
            (None, None, Some(true), None) => Ok(Step::Freeze),
            (None, None, None, Some(true)) => Ok(Step::Resume),
            _ => Err(Refusal::bad(
                "one of these is needed: {\"now\":\"2030-01-01T00:00:00Z\"}, {\"advance\":\"90s\"}, \
                 {\"freeze\":true}, {\"resume\":true}",
            )),
        }
    }
}

fn time(text: &str, now: DateTime<Utc>) -> Result<TimeDelta, Refusal> {
    let time = humantime::parse_duration(text);
    let time = time.map_err(|error| Refusal::bad(&format!("advance: {error}")))?;
    let time = TimeDelta::from_std(time).ok();
    let time = time.filter(|time| now.checked_add_signed(*time).is_some_and(|then| then <= LATEST));
    time.ok_or_else(|| Refusal::bad("advance: no clock goes beyond the year 9999"))
}
