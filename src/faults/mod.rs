//! Failures that somebody asked for: rules, and how often each has met a call. It says what is to go
//! wrong; who answers makes it so.
//!
//! Deterministic: which call is met depends on the order of calls alone.

mod fault;
mod rule;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

pub use fault::{Fault, Latency, Refused};
pub use rule::{FIELDS, Rule, When};
use serde::Serialize;

use crate::{
    call::{Call, UnknownOperation},
    domain::{AccountId, InvalidAccountId},
};

/// Why a fault can't be asked for. Each text is for who asked.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFault {
    #[error("a rule is a JSON object, like {{\"surface\":\"api\",\"status\":503}}")]
    NoObject,
    #[error("there is no field {0}; did you mean {1}?")]
    UnknownField(String, &'static str),
    #[error("{0}: {1}")]
    Field(String, serde_json::Error),
    #[error("what is to go wrong? status, code, retry_after, latency, reset, cut or type")]
    NothingAsked,
    #[error("\"{0}\" is none of status=, code=, retry-after=, latency=, reset, cut= and type=")]
    UnknownPart(String),
    #[error("{0} is a number")]
    Number(String),
    #[error("the status {0} is no failure: 400 to 599")]
    Status(u16),
    #[error("the catalogue has no code {0}")]
    Code(u16),
    #[error("latency is a time up to 10m like 200ms, or two like 100ms..2s")]
    Latency,
    #[error("reset goes with latency only: there is no answer")]
    ResetAlone,
    #[error("type is plain ASCII on one line")]
    ContentType,
    #[error("from counts from 1, and to is no less than from")]
    Window,
    #[error("what is under /_tintype never fails on purpose")]
    Control,
    #[error(transparent)]
    Operation(#[from] UnknownOperation),
    #[error(transparent)]
    Account(InvalidAccountId),
    #[error("the rule names an account, and it is another's that was asked for")]
    Foreign,
}

/// The rules. Clones share them.
#[derive(Clone, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Whether there are rules: nearly always there are none, and nobody should wait to hear that.
    any: AtomicBool,
    board: Mutex<Board>,
}

#[derive(Default)]
struct Board {
    rules: Vec<Posted>,
    /// The id given last; never given again.
    last_id: u64,
}

/// A rule and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Posted {
    pub id: u64,
    #[serde(flatten)]
    pub rule: Rule,
    /// How many calls counted.
    pub calls: u64,
    /// How many of them were met.
    pub hits: u64,
}

/// A fault that a call has met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule's; `None` if the request asked for it itself.
    pub id: Option<u64>,
    /// Which of the calls that count this is.
    pub number: u64,
    pub fault: Fault,
}

impl Faults {
    /// Adds rules behind those that are there, and gives their ids.
    pub fn add(&self, rules: Vec<Rule>) -> Vec<u64> {
        let mut board = self.lock();
        let ids = rules.into_iter().map(|rule| {
            board.last_id += 1;
            let id = board.last_id;
            board.rules.push(Posted { id, rule, calls: 0, hits: 0 });
            id
        });
        let ids = ids.collect();
        self.note_any(&board);
        ids
    }

    /// The rules in their order; of one account, or all.
    #[must_use]
    pub fn list(&self, account: Option<&AccountId>) -> Vec<Posted> {
        let board = self.lock();
        board.rules.iter().filter(|posted| posted.is_of(account)).cloned().collect()
    }

    /// Takes a rule away, if it is the account's; whether there was one.
    pub fn remove(&self, id: u64, account: Option<&AccountId>) -> bool {
        self.retain(|posted| posted.id != id || !posted.is_of(account)) > 0
    }

    /// Takes away the rules of an account, or all; how many there were.
    pub fn clear(&self, account: Option<&AccountId>) -> usize {
        self.retain(|posted| !posted.is_of(account))
    }

    /// Whether there are rules.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.any.load(Ordering::Acquire)
    }

    /// Counts a call with every rule that it concerns. The first that meets it is what happens.
    #[must_use]
    pub fn meet(&self, call: &Call) -> Option<Hit> {
        if !self.any() {
            return None;
        }
        let mut hit = None;
        for posted in &mut self.lock().rules {
            if !posted.rule.concerns(call) {
                continue;
            }
            posted.calls += 1;
            if hit.is_none() && posted.rule.meets(posted.calls) {
                posted.hits += 1;
                let (id, number) = (Some(posted.id), posted.calls);
                hit = Some(Hit { id, number, fault: posted.rule.fault.clone() });
            }
        }
        hit
    }

    fn retain(&self, stays: impl Fn(&Posted) -> bool) -> usize {
        let mut board = self.lock();
        let before = board.rules.len();
        board.rules.retain(stays);
        self.note_any(&board);
        before - board.rules.len()
    }

    fn note_any(&self, board: &Board) {
        self.0.any.store(!board.rules.is_empty(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Posted {
    fn is_of(&self, account: Option<&AccountId>) -> bool {
        account.is_none_or(|id| self.rule.account.as_ref().is_some_and(|one| one.id == *id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        call::{Operations, Owner},
        domain::{Account, AccountHash},
        surface::Surface,
    };

    fn account(id: &str) -> Account {
        let id: AccountId = id.parse().unwrap();
        Account { hash: AccountHash::derive(&id), id }
    }

    fn rule(json: serde_json::Value, of: Option<&str>) -> Rule {
        Rule { account: of.map(account), ..Rule::read(json, &Operations([].into())).unwrap() }
    }

    fn call(surface: Surface, owner: Owner) -> Call {
        let (method, target) = ("GET".to_owned(), "/a?b".to_owned());
        Call { surface, operation: None, method, target, owner: Some(owner) }
    }

    #[test]
    fn calls_are_counted_for_each_rule_apart() {
        let faults = Faults::default();
        faults.add(vec![
            rule(json!({ "from": 2, "to": 3, "status": 503 }), None),
            rule(json!({ "path": "/a", "to": 1, "status": 500 }), None),
        ]);
        let call = call(Surface::Api, Owner::Id("a".parse().unwrap()));

        let met: Vec<_> =
            (0..4).map(|_| faults.meet(&call).map(|hit| (hit.id, hit.number))).collect();

        assert_eq!(met, [Some((Some(2), 1)), Some((Some(1), 2)), Some((Some(1), 3)), None]);
        let counts: Vec<_> = faults.list(None).iter().map(|one| (one.calls, one.hits)).collect();
        assert_eq!(counts, [(4, 2), (4, 1)]);
    }

    #[test]
    fn a_rule_with_an_account_neither_meets_nor_counts_others() {
        let faults = Faults::default();
        faults.add(vec![rule(json!({ "status": 503 }), Some("a"))]);
        let of = |id: &str| {
            let Account { id, hash } = account(id);
            [call(Surface::Api, Owner::Id(id)), call(Surface::Delivery, Owner::Hash(hash))]
        };

        assert!(of("b").iter().all(|call| faults.meet(call).is_none()));
        assert!(of("a").iter().all(|call| faults.meet(call).is_some()));
        assert_eq!(faults.list(None)[0].calls, 2);
    }

    #[test]
    fn an_accounts_rules_are_cleared_apart() {
        let faults = Faults::default();
        faults.add(vec![
            rule(json!({ "status": 503 }), Some("a")),
            rule(json!({ "status": 503 }), Some("b")),
            rule(json!({ "status": 503 }), None),
        ]);
        let ids = || faults.list(None).iter().map(|posted| posted.id).collect::<Vec<_>>();

        assert_eq!(faults.clear(Some(&"a".parse().unwrap())), 1);
        assert_eq!(ids(), [2, 3]);
        assert!(faults.remove(3, None) && !faults.remove(3, None));
        assert_eq!(faults.clear(None), 1);
        assert!(!faults.any());
    }
}
