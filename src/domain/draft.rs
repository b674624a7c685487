//! Drafts: images that a direct upload announced and that have not come yet.

use chrono::{DateTime, TimeDelta, Utc};

use super::{ImageId, Metadata};

/// An announced image. Whoever has its upload URL may send the bytes, once, until it expires.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: ImageId,
    pub creator: Option<String>,
    pub metadata: Option<Metadata>,
    pub require_signed_urls: bool,
    pub created: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

/// The expiry is too near or too far.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expiry must be between 2 minutes and 6 hours from now")]
pub struct InvalidExpiry;

impl Draft {
    const DEFAULT_LIFE: TimeDelta = TimeDelta::minutes(30);
    const SHORTEST_LIFE: TimeDelta = TimeDelta::minutes(2);
    const LONGEST_LIFE: TimeDelta = TimeDelta::hours(6);

    /// When a draft made `now` ends, if `asked` is what was asked for.
    pub fn expiry(
        now: DateTime<Utc>,
        asked: Option<DateTime<Utc>>,
    ) -> Result<DateTime<Utc>, InvalidExpiry> {
        let Some(expiry) = asked else { return Ok(now + Self::DEFAULT_LIFE) };
        let allowed = now + Self::SHORTEST_LIFE..=now + Self::LONGEST_LIFE;
        if allowed.contains(&expiry) { Ok(expiry) } else { Err(InvalidExpiry) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_two_minutes_to_six_hours_away() {
        let now = DateTime::UNIX_EPOCH;
        let after = |seconds| Draft::expiry(now, Some(now + TimeDelta::seconds(seconds)));

        assert_eq!(Draft::expiry(now, None), Ok(now + TimeDelta::minutes(30)));
        for good in [120, 121, 6 * 3600] {
            assert_eq!(after(good), Ok(now + TimeDelta::seconds(good)));
        }
        for bad in [-1, 0, 119, 6 * 3600 + 1] {
            assert_eq!(after(bad), Err(InvalidExpiry), "{bad}");
        }
    }
}
