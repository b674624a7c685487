//! The only reader of time and the only source of randomness (clippy.toml forbids both elsewhere).
//!
//! A frozen, seeded clock makes whole answers reproducible: the same requests give the same ids,
//! keys and dates.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{BatchToken, ImageId};

/// Tells the time and makes ids. Clones share one state.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    time: Time,
    entropy: Entropy,
}

#[derive(Debug)]
enum Time {
    System,
    Frozen(DateTime<Utc>),
}

#[derive(Debug)]
enum Entropy {
    System,
    Seeded { seed: u64, drawn: u64, rays: u64 },
}

impl Clock {
    /// The machine's clock and random numbers.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Time::System, Entropy::System)
    }

    /// A clock that stands still at `now` and makes the same ids for the same `seed`.
    #[must_use]
    pub fn frozen(now: DateTime<Utc>, seed: u64) -> Self {
        Self::new(Time::Frozen(now), Entropy::Seeded { seed, drawn: 0, rays: 0 })
    }

    fn new(time: Time, entropy: Entropy) -> Self {
        Self(Arc::new(Mutex::new(State { time, entropy })))
    }

    /// The current time, to the millisecond: the precision of every date the service answers with.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    pub fn now(&self) -> DateTime<Utc> {
        match self.lock().time {
            Time::System => Utc::now().trunc_subsecs(3),
            Time::Frozen(now) => now,
        }
    }

    /// Moves a frozen clock forward; the machine's own clock can't be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Time::Frozen(now) = &mut self.lock().time {
            *now += by;
        }
    }

    /// A new id in the service's shape: like a UUID, the last two digits `00`.
    #[must_use]
    pub fn new_image_id(&self) -> ImageId {
        let mut bytes: [u8; 16] = self.random();
        bytes[15] = 0;
        ImageId::generated(Uuid::from_bytes(bytes))
    }

    /// A new secret for a signing key: 32 characters of base64, as the service's own look.
    #[must_use]
    pub fn new_key_value(&self) -> String {
        BASE64_STANDARD.encode(self.random::<24>())
    }

    /// A new secret for a batch token.
    #[must_use]
    pub fn new_batch_token(&self) -> String {
        format!("{}{}", BatchToken::PREFIX, hex::encode(self.random::<20>()))
    }

    /// A new id for an answer, as in `cf-ray`. Seeded, it is a plain number: how many answers there
    /// were must not change the ids of what is made.
    #[must_use]
    pub fn new_ray_id(&self) -> String {
        if let Entropy::Seeded { rays, .. } = &mut self.lock().entropy {
            *rays += 1;
            return format!("{rays:016x}");
        }
        hex::encode(self.random::<8>())
    }

    /// A number for a choice that is called `label`. Seeded, it depends on the seed and the label
    /// alone, so that choices don't change the ids of what is made.
    #[must_use]
    pub fn choice(&self, label: &str) -> u32 {
        if let Entropy::Seeded { seed, .. } = self.lock().entropy {
            let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(label);
            let [a, b, c, d, ..] = hash.finalize().0;
            return u32::from_le_bytes([a, b, c, d]);
        }
        u32::from_le_bytes(self.random())
    }

    /// `N` random bytes, at most 32.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &mut self.lock().entropy {
            Entropy::System => {
                getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
            }
            Entropy::Seeded { seed, drawn, .. } => {
                *drawn += 1;
                let hash = Sha256::new().chain_update(seed.to_le_bytes());
                let hash = hash.chain_update(drawn.to_le_bytes()).finalize();
                bytes.copy_from_slice(&hash[..N]);
            }
        }
        bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
}
