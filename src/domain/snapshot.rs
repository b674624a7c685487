//! Snapshots: states that were kept under a name.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use super::AccountId;

/// What is known of a snapshot without looking into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub name: SnapshotName,
    /// Whose state it is; `None` means everybody's.
    pub whose: Option<AccountId>,
    pub saved: DateTime<Utc>,
    /// How many accounts and images are in it.
    pub accounts: usize,
    pub images: usize,
}

/// A snapshot's name: 1 to 64 of `[A-Za-z0-9._-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotName(String);

/// The text is no name for a snapshot.
#[derive(Debug, thiserror::Error)]
#[error("a snapshot's name has 1 to 64 characters of A-Z, a-z, 0-9, '.', _ and -")]
pub struct InvalidSnapshotName;

impl SnapshotName {
    /// What the seed is kept as: where a reset goes to.
    #[must_use]
    pub fn seed() -> Self {
        Self("seed".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SnapshotName {
    type Err = InvalidSnapshotName;

    fn from_str(text: &str) -> Result<Self, InvalidSnapshotName> {
        // Clients take `.` and `..` out of paths.
        let plausible = !matches!(text, "." | "..")
            && (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if plausible { Ok(Self(text.to_owned())) } else { Err(InvalidSnapshotName) }
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
