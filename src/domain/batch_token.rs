//! Batch tokens: what opens the batch host for an account.

use chrono::{DateTime, TimeDelta, Utc};

/// A token for the batch host, where it stands for its account too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchToken {
    pub text: String,
    pub expires: DateTime<Utc>,
}

impl BatchToken {
    /// How long a token lasts. The service publishes no number.
    pub const LIFE: TimeDelta = TimeDelta::hours(1);

    /// What every batch token begins with, so that no other token needs to be looked up.
    pub const PREFIX: &str = "batch-";
}
