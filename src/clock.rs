//! The only reader of time and the only source of randomness (clippy.toml forbids both elsewhere).
//!
//! A frozen, seeded clock makes whole answers reproducible: the same requests give the same ids,
//! keys and dates. An account may have a time of its own, and has a stream of ids of its own, so
//! that tests side by side don't see each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{AccountId, BatchToken, ImageId};

/// Tells the time and makes ids: for everybody, or as one account has it. Clones share one state.
#[derive(Debug, Clone)]
pub struct Clock {
    state: Arc<Mutex<State>>,
    /// Whose time and ids; `None` means everybody's.
    whose: Option<AccountId>,
}

#[derive(Debug)]
struct State {
    /// Where a reset goes back to.
    start: Time,
    time: Time,
    /// Those that don't go by `time`.
    own_times: HashMap<AccountId, Time>,
    /// `None` leaves randomness to the operating system.
    seed: Option<u64>,
    /// How often each stream was drawn from.
    drawn: HashMap<Option<AccountId>, u64>,
    /// The id that an answer had last.
    ray: u64,
}

/// A way of telling the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// As the machine tells it, and so much later or earlier.
    Running(TimeDelta),
    /// The same always.
    Frozen(DateTime<Utc>),
}

/// The last moment there is: answers write dates with four digits for the year.
pub const LATEST: DateTime<Utc> =
    DateTime::from_timestamp_millis(253_402_300_799_999).expect("chrono reaches beyond 9999");

/// The text is no date that a clock can show.
#[derive(Debug, thiserror::Error)]
#[error("a date as in RFC 3339 is needed, like 2030-01-01T00:00:00Z, from 1970 to 9999")]
pub struct InvalidDate;

/// A date that a clock can show, to the millisecond.
pub fn parse_date(text: &str) -> Result<DateTime<Utc>, InvalidDate> {
    let date = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidDate)?.to_utc();
    let shown = DateTime::UNIX_EPOCH..=LATEST;
    if shown.contains(&date) { Ok(date.trunc_subsecs(3)) } else { Err(InvalidDate) }
}

impl Time {
    /// The machine's.
    pub const SYSTEM: Self = Self::Running(TimeDelta::zero());

    /// To the millisecond: the precision of every date the service answers with.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    fn now(self) -> DateTime<Utc> {
        match self {
            Self::Running(offset) => {
                let now = Utc::now().checked_add_signed(offset).unwrap_or(LATEST);
                now.trunc_subsecs(3).clamp(DateTime::UNIX_EPOCH, LATEST)
            }
            Self::Frozen(now) => now,
        }
    }

    fn later(self, by: TimeDelta) -> Self {
        match self {
            Self::Running(offset) => {
                Self::Running(offset.checked_add(&by).unwrap_or(TimeDelta::MAX))
            }
            Self::Frozen(now) => {
                Self::Frozen(now.checked_add_signed(by).unwrap_or(LATEST).min(LATEST))
            }
        }
    }
}

impl Clock {
    /// The machine's clock and random numbers.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Time::SYSTEM, None)
    }

    /// A clock that stands still at `now` and makes the same ids for the same `seed`.
    #[must_use]
    pub fn frozen(now: DateTime<Utc>, seed: u64) -> Self {
        Self::new(Time::Frozen(now), Some(seed))
    }

    /// A clock that begins, and after a reset begins again, with `start`. With a seed it makes the
    /// same ids each time.
    #[must_use]
    pub fn new(start: Time, seed: Option<u64>) -> Self {
        let (own_times, drawn) = (HashMap::new(), HashMap::new());
        let state = State { start, time: start, own_times, seed, drawn, ray: 0 };
        let clock = Self { state: Arc::new(Mutex::new(state)), whose: None };
        if seed.is_none() {
            let ray = u64::from_le_bytes(clock.random(Stream::Ids));
            clock.lock().ray = ray;
        }
        clock
    }

    /// The clock as this account has it.
    #[must_use]
    pub fn of(&self, account: &AccountId) -> Self {
        Self { state: self.state.clone(), whose: Some(account.clone()) }
    }

    /// The current time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.time().now()
    }

    /// How the time is told.
    #[must_use]
    pub fn time(&self) -> Time {
        self.lock().time(self.whose.as_ref())
    }

    /// Whether the account has a time of its own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.whose.as_ref().is_some_and(|account| self.lock().own_times.contains_key(account))
    }

    /// Tells the time in another way from now on. Accounts that have a time of their own keep it.
    pub fn set(&self, time: Time) {
        self.lock().set(self.whose.as_ref(), time);
    }

    /// Stands still from now on.
    pub fn freeze(&self) {
        let now = self.now();
        self.set(Time::Frozen(now));
    }

    /// Moves on, frozen or not; at most to `LATEST`.
    pub fn advance(&self, by: TimeDelta) {
        let mut state = self.lock();
        let later = state.time(self.whose.as_ref()).later(by);
        state.set(self.whose.as_ref(), later);
    }

    /// Goes by the machine's clock again; an account, by everybody's.
    pub fn resume(&self) {
        match &self.whose {
            None => self.set(Time::SYSTEM),
            Some(account) => {
                self.lock().own_times.remove(account);
            }
        }
    }

    /// Back to the start: its time, and the first of the ids. An account goes by everybody's time
    /// again; without one, every account does.
    pub fn reset(&self) {
        let mut state = self.lock();
        match &self.whose {
            None => {
                state.time = state.start;
                state.own_times.clear();
                state.drawn.clear();
            }
            Some(account) => {
                state.own_times.remove(account);
                state.drawn.remove(&self.whose);
            }
        }
    }

    /// A new id in the service's shape: like a UUID, the last two digits `00`. Seeded, it depends on
    /// how much the account has drawn and on nothing else: each of several test workers, with an
    /// account of its own, sees the same ids.
    #[must_use]
    pub fn new_image_id(&self) -> ImageId {
        let mut bytes: [u8; 16] = self.random(Stream::Ids);
        bytes[15] = 0;
        ImageId::generated(Uuid::from_bytes(bytes))
    }

    /// A new secret for a signing key: 32 characters of base64, as the service's own look.
    #[must_use]
    pub fn new_key_value(&self) -> String {
        BASE64_STANDARD.encode(self.random::<24>(Stream::Secrets))
    }

    /// A new secret for a batch token.
    #[must_use]
    pub fn new_batch_token(&self) -> String {
        format!("{}{}", BatchToken::PREFIX, hex::encode(self.random::<20>(Stream::Secrets)))
    }

    /// A new id for an answer, as in `cf-ray`. Seeded, it is a plain number: how many answers there
    /// were must not change the ids of what is made.
    #[must_use]
    pub fn new_ray_id(&self) -> String {
        let mut state = self.lock();
        // The odd number nearest to the golden ratio's part of all there are: each comes up once, and
        // none looks like its neighbours.
        let step = if state.seed.is_some() { 1 } else { 0x9e37_79b9_7f4a_7c15 };
        state.ray = state.ray.wrapping_add(step);
        format!("{:016x}", state.ray)
    }

    /// A number for a choice that is called `label`. Seeded, it depends on the seed and the label
    /// alone, so that choices don't change the ids of what is made.
    #[must_use]
    pub fn choice(&self, label: &str) -> u32 {
        let seed = self.lock().seed;
        if let Some(seed) = seed {
            let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(label);
            let [a, b, c, d, ..] = hash.finalize().0;
            return u32::from_le_bytes([a, b, c, d]);
        }
        u32::from_le_bytes(self.random(Stream::Ids))
    }

    /// `N` random bytes, at most 32.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    fn random<const N: usize>(&self, stream: Stream) -> [u8; N] {
        let mut bytes = [0; N];
        let mut state = self.lock();
        let Some(seed) = state.seed else {
            getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
            return bytes;
        };
        let drawn = state.drawn.entry(self.whose.clone()).or_default();
        *drawn += 1;
        let hash = Sha256::new().chain_update(seed.to_le_bytes());
        let hash = hash.chain_update(drawn.to_le_bytes());
        let hash = match (stream, &self.whose) {
            (Stream::Secrets, Some(account)) => hash.chain_update(account.as_str()),
            _ => hash,
        };
        bytes.copy_from_slice(&hash.finalize()[..N]);
        bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn time(&self, whose: Option<&AccountId>) -> Time {
        whose.and_then(|account| self.own_times.get(account)).copied().unwrap_or(self.time)
    }

    fn set(&mut self, whose: Option<&AccountId>, time: Time) {
        match whose {
            None => self.time = time,
            Some(account) => {
                self.own_times.insert(account.clone(), time);
            }
        }
    }
}

/// What is drawn.
#[derive(Debug, Clone, Copy)]
enum Stream {
    /// May be the same in two accounts.
    Ids,
    /// May not.
    Secrets,
}

/// Measures how long things take, by the machine's own clock: however the program's clock is set,
/// work takes its time.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> AccountId {
        id.parse().unwrap()
    }

    #[test]
    fn equal_seeds_make_equal_ids() {
        let ids = || {
            let clock = Clock::frozen(DateTime::UNIX_EPOCH, 7);
            [clock.new_image_id(), clock.new_image_id()]
        };

        assert_eq!(ids(), ids());
        assert_ne!(ids()[0], ids()[1]);
    }

    #[test]
    fn a_choice_depends_on_the_seed_and_its_name_alone() {
        let clock = Clock::frozen(DateTime::UNIX_EPOCH, 7);
        let first = clock.choice("a");
        let _ = (clock.choice("b"), clock.new_image_id());

        assert_eq!(clock.choice("a"), first);
        assert_ne!(clock.choice("b"), first);
        assert_ne!(Clock::frozen(DateTime::UNIX_EPOCH, 8).choice("a"), first);
    }

    #[test]
    fn accounts_see_the_same_ids_and_other_secrets() {
        let clock = Clock::frozen(DateTime::UNIX_EPOCH, 7);
        let [one, two] = ["one", "two"].map(|id| clock.of(&account(id)));

        assert_eq!(one.new_image_id(), two.new_image_id());
        assert_ne!(one.new_key_value(), two.new_key_value());
        assert_ne!(one.new_batch_token(), two.new_batch_token());
    }

    #[test]
    fn generated_ids_end_in_00() {
        let id = Clock::system().new_image_id();

        assert_eq!(id.as_str().len(), 36);
        assert!(id.as_str().ends_with("00"), "{id}");
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::frozen(DateTime::UNIX_EPOCH, 0);
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);

        clock.advance(TimeDelta::seconds(90));

        assert_eq!(clock.now().timestamp(), 90);
    }

    #[test]
    fn an_account_goes_by_everybodys_time_until_it_has_its_own() {
        let clock = Clock::frozen(DateTime::UNIX_EPOCH, 0);
        let [one, two] = ["one", "two"].map(|id| clock.of(&account(id)));

        one.advance(TimeDelta::seconds(5));
        clock.advance(TimeDelta::seconds(60));
        assert_eq!([&clock, &one, &two].map(|clock| clock.now().timestamp()), [60, 5, 60]);

        one.resume();
        assert_eq!(one.now().timestamp(), 60);
        two.freeze();
        clock.reset();
        assert_eq!([&clock, &one, &two].map(|clock| clock.now().timestamp()), [0, 0, 0]);
    }

    #[test]
    fn a_running_clock_can_be_ahead() {
        let clock = Clock::system();
        let before = clock.now();

        clock.advance(TimeDelta::days(1));

        assert!(clock.now() >= before + TimeDelta::days(1));
        assert_eq!(clock.time(), Time::Running(TimeDelta::days(1)));
    }

    #[test]
    fn no_clock_gets_past_the_last_date_that_can_be_written() {
        for clock in [Clock::system(), Clock::frozen(LATEST, 0)] {
            clock.advance(TimeDelta::MAX);
            clock.advance(TimeDelta::MAX);

            assert_eq!(clock.now(), LATEST);
        }
        assert_eq!(LATEST.to_rfc3339(), "9999-12-31T23:59:59.999+00:00");
    }
}
