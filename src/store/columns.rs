//! Values that several tables hold in the same form.

use chrono::{DateTime, Utc};

use super::{Result, StoreError};
use crate::domain::{BrowserTtl, Metadata};

pub(super) fn print_metadata(metadata: Option<&Metadata>) -> Option<String> {
    metadata.map(|metadata| {
        serde_json::to_string(metadata).expect("an object with text for keys always prints")
    })
}

pub(super) fn parse_metadata(json: Option<String>) -> Result<Option<Metadata>> {
    json.map(|json| serde_json::from_str(&json).map_err(|_| unreadable("metadata", &json)))
        .transpose()
}

pub(super) fn parse_time(milliseconds: i64) -> Result<DateTime<Utc>> {
    let time = DateTime::from_timestamp_millis(milliseconds);
    time.ok_or_else(|| unreadable("time", &milliseconds.to_string()))
}

pub(super) fn parse_ttl(seconds: Option<u32>) -> Result<Option<BrowserTtl>> {
    let parse = |seconds: u32| {
        BrowserTtl::from_seconds(seconds)
            .map_err(|_| unreadable("browser_ttl", &seconds.to_string()))
    };
    seconds.map(parse).transpose()
}

pub(super) fn unreadable(what: &str, value: &str) -> StoreError {
    StoreError::Unreadable(format!("the {what} {value}"))
}
