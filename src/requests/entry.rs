//! What is kept of one request.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    call::{Call, Owner},
    domain::Account,
    faults::Hit,
};

/// Longer texts of clients are cut.
const MAX_TEXT: usize = 2 << 10;
/// More fields of a form are left out.
const MAX_FIELDS: usize = 100;
/// Longer JSON is left out.
const MAX_BODY: usize = 16 << 10;

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Given in the order in which requests end.
    pub seq: u64,
    /// When it came, by the program's clock, or the account's own.
    pub time: DateTime<Utc>,
    pub call: Call,
    pub user_agent: Option<String>,
    /// The fault that it met.
    pub fault: Option<Hit>,
    /// How long it took, by the machine's clock.
    pub duration: Duration,
    /// The parts of its form, as far as they were read.
    pub form: Vec<Field>,
    /// Its JSON, as far as it was read.
    pub body: Option<String>,
    /// `None` if the client was gone before its answer, or its connection was reset.
    pub outcome: Option<Outcome>,
}

/// What was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    pub status: u16,
    /// The code of the catalogue.
    pub code: Option<u16>,
    /// `HIT` or `MISS`.
    pub cache: Option<&'static str>,
    /// The `warning` headers.
    pub warnings: Vec<String>,
}

/// A part of a form. Never a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: String,
    /// Of a text that means something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// In bytes.
    pub size: u64,
}

/// Where whoever reads a request's body writes what it says.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    form: Vec<Field>,
    body: Option<String>,
}

impl Entry {
    /// The entry of a request that has just come.
    #[must_use]
    pub fn begin(call: Call, time: DateTime<Utc>, user_agent: Option<&str>) -> Self {
        Self {
            seq: 0,
            time,
            call: Call { target: without_credentials(&call.target), ..call },
            user_agent: user_agent.map(cut),
            fault: None,
            duration: Duration::ZERO,
            form: Vec::new(),
            body: None,
            outcome: None,
        }
    }

    /// Whether the request was the account's.
    #[must_use]
    pub fn is_of(&self, account: &Account) -> bool {
        self.call.owner.as_ref().is_some_and(|owner: &Owner| owner.is(account))
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let texts = [self.user_agent.as_ref(), self.body.as_ref()];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let fields: usize = self.form.iter().map(Field::weight).sum();
        let warnings = self.outcome.iter().flat_map(|outcome| &outcome.warnings);
        let warnings: usize =
            warnings.map(|warning| mem::size_of::<String>() + warning.len()).sum();
        let target = self.call.target.len();
        mem::size_of::<Self>() + target + texts + fields + warnings
    }
}

impl Field {
    fn weight(&self) -> usize {
        let texts = [Some(&self.name), self.value.as_ref(), self.filename.as_ref()];
        mem::size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl Notes {
    /// A part of a form was read.
    pub fn field(&self, field: Field) {
        let mut noted = self.lock();
        if noted.form.len() < MAX_FIELDS {
            let Field { name, value, filename, size } = field;
            let value = value.as_deref().map(without_credentials);
            let [value, filename] = [value, filename].map(|text| text.as_deref().map(cut));
            noted.form.push(Field { name: cut(&name), value, filename, size });
        }
    }

    /// A body was read that is no form.
    pub fn body(&self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).ok();
        let text = text.filter(|text| !text.is_empty() && text.len() <= MAX_BODY);
        self.lock().body = text.map(without_credentials);
    }

    pub(super) fn take(&self) -> (Vec<Field>, Option<String>) {
        let Noted { form, body } = mem::take(&mut *self.lock());
        (form, body)
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without user names and passwords in URLs.
fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        let end = behind.find(['/', '?', '#', '"', '\\', ' ', ',']).unwrap_or(behind.len());
        let host = behind[..end].rfind('@').map_or(0, |at| at + 1);
        clean.push_str(before);
        rest = &behind[host..];
    }
    clean + rest
}

/// The beginning of a text, with a mark where it was cut.
fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_urls_are_left_out() {
        for (text, kept) in [
            ("http://user:secret@host/a@b", "http://host/a@b"),
            (
                "{\"url\":\"https://u:p@a.test\"} https://b.test",
                "{\"url\":\"https://a.test\"} https://b.test",
            ),
            ("/cdn-cgi/image/w=1/http://u@host", "/cdn-cgi/image/w=1/http://host"),
            ("me@host, ://", "me@host, ://"),
        ] {
            assert_eq!(without_credentials(text), kept);
        }
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let text = format!("a{}", "é".repeat(MAX_TEXT));

        assert!(cut(&text).ends_with("éé…"));
        assert!(cut(&text).len() <= MAX_TEXT + 3);
    }
}
