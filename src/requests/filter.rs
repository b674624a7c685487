//! Which requests are asked for (pure).

use super::Entry;
use crate::{domain::Account, glob::Glob, surface::Surface};

/// The query parameters that say which requests are asked for. Others are refused.
pub const FIELDS: &[(&str, &str)] = &[
    ("surface", "`api`, `batch`, `upload`, `delivery`, `zone` or `nowhere`"),
    ("operation", "an operation's name, as `GET /_tintype/operations` lists it"),
    ("method", "the HTTP method"),
    ("status", "the answer's status"),
    ("code", "the answer's code of the catalogue"),
    ("account", "an account's id: its calls in the API, its deliveries and uploads"),
    ("path", "a pattern for the path: `*` within a segment, `**` anything, `?` one character"),
    ("since", "a number: only what came after it"),
];

/// What an entry has to be like. What isn't given is open.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub surface: Option<Surface>,
    pub operation: Option<String>,
    pub method: Option<String>,
    pub status: Option<u16>,
    pub code: Option<u16>,
    pub account: Option<Account>,
    pub path: Option<Glob>,
    /// Entries up to this number don't pass; `None` for all, and with a limit the latest.
    pub since: Option<u64>,
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether an entry is what is looked for, whatever its number.
    pub(super) fn passes(&self, entry: &Entry) -> bool {
        let Self { surface, operation, method, status, code, account, path, .. } = self;
        let call = &entry.call;
        let outcome = entry.outcome.as_ref();
        surface.is_none_or(|surface| surface == call.surface)
            && operation.as_deref().is_none_or(|name| call.operation == Some(name))
            && method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(&call.method))
            && status.is_none_or(|status| outcome.is_some_and(|one| one.status == status))
            && code.is_none_or(|code| outcome.is_some_and(|one| one.code == Some(code)))
            && account.as_ref().is_none_or(|account| entry.is_of(account))
            && path.as_ref().is_none_or(|path| path.fits(call.path()))
    }
}
