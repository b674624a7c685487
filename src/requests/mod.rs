//! The last requests and what became of them: for tests that look at what a program has sent.
//!
//! It holds no bytes of files and no credentials. On a warm delivery it costs one short lock.

mod entry;
mod filter;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

pub use entry::{Entry, Field, Notes, Outcome};
pub use filter::{FIELDS, Filter};
use tokio::{sync::Notify, time};

use crate::{clock::Stopwatch, domain::Account};

/// The log. Clones share it.
#[derive(Clone)]
pub struct Requests(Arc<Shared>);

struct Shared {
    /// How many entries are kept; 0 keeps none.
    room: usize,
    log: Mutex<Log>,
    news: Notify,
    /// How many wait for news: mostly nobody, and then nobody is told.
    listeners: AtomicUsize,
    ended: AtomicBool,
}

#[derive(Default)]
struct Log {
    /// Oldest first.
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// The number given last.
    seq: u64,
}

/// What was found, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub entries: Vec<Arc<Entry>>,
    /// To go on from: nothing up to this number is news.
    pub next: u64,
}

/// A request under way. It gets its entry however it ends: a client that has gone has sent it all the
/// same.
pub struct Open {
    requests: Requests,
    entry: Option<Entry>,
    notes: Option<Notes>,
    watch: Stopwatch,
}

impl Requests {
    /// What all entries may take together, whatever clients put into them.
    const MAX_BYTES: usize = 16 << 20;

    /// A log of so many requests.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self(Arc::new(Shared {
            room,
            log: Mutex::default(),
            news: Notify::new(),
            listeners: AtomicUsize::default(),
            ended: AtomicBool::default(),
        }))
    }

    /// Whether anything is kept.
    #[must_use]
    pub fn are_kept(&self) -> bool {
        self.0.room > 0
    }

    /// Begins an entry. What is read of the request's body is in `notes`, if somebody reads it.
    #[must_use]
    pub fn open(&self, entry: Entry, notes: Option<Notes>) -> Open {
        let watch = Stopwatch::start();
        Open { requests: self.clone(), entry: Some(entry), notes, watch }
    }

    /// The entries that pass.
    #[must_use]
    pub fn find(&self, filter: &Filter) -> Found {
        let since = filter.since.unwrap_or_default();
        let (recent, last): (Vec<_>, u64) = {
            let log = self.lock();
            let old = log.entries.partition_point(|entry| entry.seq <= since);
            (log.entries.range(old..).cloned().collect(), log.seq)
        };
        let mut entries: Vec<_> = recent.into_iter().filter(|entry| filter.passes(entry)).collect();
        let over = filter.limit.map_or(0, |limit| entries.len().saturating_sub(limit));
        if over == 0 {
            return Found { entries, next: last.max(since) };
        }
        if filter.since.is_none() {
            // Whoever doesn't go on from somewhere wants the latest.
            return Found { entries: entries.split_off(over), next: last };
        }
        entries.truncate(entries.len() - over);
        let next = entries.last().map_or(since, |entry| entry.seq);
        Found { entries, next }
    }

    /// Like `find`, but waits for the first one to come, if it comes in time.
    pub async fn wait(&self, filter: &Filter, patience: Duration) -> Found {
        let _listener = Listener::new(&self.0.listeners);
        let come = async {
            loop {
                let mut news = std::pin::pin!(self.0.news.notified());
                // Before looking, so that nothing slips through in between.
                news.as_mut().enable();
                let found = self.find(filter);
                if !found.entries.is_empty() || self.have_ended() {
                    return found;
                }
                news.await;
            }
        };
        time::timeout(patience, come).await.unwrap_or_else(|_| self.find(filter))
    }

    /// Forgets the requests of an account, or all; how many there were.
    pub fn clear(&self, account: Option<&Account>) -> usize {
        let mut log = self.lock();
        let before = log.entries.len();
        log.entries.retain(|entry| account.is_some_and(|account| !entry.is_of(account)));
        log.bytes = log.entries.iter().map(|entry| entry.weight()).sum();
        before - log.entries.len()
    }

    /// The number given last.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.lock().seq
    }

    /// Nobody waits any more: the server stops.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::SeqCst);
        self.0.news.notify_waiters();
    }

    /// Whether `end` was called.
    #[must_use]
    pub fn have_ended(&self) -> bool {
        self.0.ended.load(Ordering::SeqCst)
    }

    fn push(&self, entry: Entry) {
        let weight = entry.weight();
        let mut entry = Arc::new(entry);
        let mut log = self.lock();
        log.seq += 1;
        Arc::get_mut(&mut entry).expect("nobody else has it yet").seq = log.seq;
        log.entries.push_back(entry);
        log.bytes += weight;
        let mut gone = None;
        while log.entries.len() > self.0.room || log.bytes > Self::MAX_BYTES {
            let Some(oldest) = log.entries.pop_front() else { break };
            log.bytes -= oldest.weight();
            gone = Some(oldest);
        }
        drop(log);
        // Nobody waits while memory is given back.
        drop(gone);
        if self.0.listeners.load(Ordering::SeqCst) > 0 {
            self.0.news.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The request was answered.
    pub fn finish(mut self, outcome: Outcome) {
        if let Some(entry) = &mut self.entry {
            entry.outcome = Some(outcome);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.duration = self.watch.elapsed();
        if let Some(notes) = &self.notes {
            (entry.form, entry.body) = notes.take();
        }
        self.requests.push(entry);
    }
}

/// Counts who waits.
struct Listener<'a>(&'a AtomicUsize);

impl<'a> Listener<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{call::Call, surface::Surface};

    fn entry(target: &str) -> Entry {
        let call = Call {
            surface: Surface::Api,
            operation: None,
            method: "GET".to_owned(),
            target: target.to_owned(),
            owner: None,
        };
        Entry::begin(call, DateTime::UNIX_EPOCH, None)
    }

    fn log(room: usize, targets: &[&str]) -> Requests {
        let requests = Requests::new(room);
        for target in targets {
            drop(requests.open(entry(target), None));
        }
        requests
    }

    fn targets(found: &Found) -> String {
        found.entries.iter().map(|entry| entry.call.target.as_str()).collect()
    }

    #[test]
    fn the_oldest_goes_first() {
        let requests = log(2, &["a", "b", "c"]);

        let found = requests.find(&Filter::default());

        assert_eq!((targets(&found).as_str(), found.next), ("bc", 3));
    }

    #[test]
    fn long_requests_take_the_room_of_many() {
        let long = "x".repeat(Requests::MAX_BYTES / 3);
        let requests = log(1_000, &[&long, &long, &long, "a"]);

        assert_eq!(requests.find(&Filter::default()).entries.len(), 3);
    }

    #[test]
    fn a_limit_gives_the_latest_or_the_next() {
        let requests = log(10, &["a", "b", "c", "d"]);
        let find = |since, limit| {
            let found = requests.find(&Filter { since, limit: Some(limit), ..Filter::default() });
            (targets(&found), found.next)
        };

        assert_eq!(find(None, 2), ("cd".to_owned(), 4));
        assert_eq!(find(Some(0), 2), ("ab".to_owned(), 2));
        assert_eq!(find(Some(1), 2), ("bc".to_owned(), 3));
        assert_eq!(find(Some(3), 2), ("d".to_owned(), 4));
        assert_eq!(find(Some(4), 2), (String::new(), 4));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_told_of_what_comes_and_of_the_end() {
        let requests = log(10, &["a"]);
        let filter = Filter { since: Some(1), ..Filter::default() };
        let nothing = requests.wait(&filter, Duration::from_secs(5)).await;
        assert_eq!((targets(&nothing).as_str(), nothing.next), ("", 1));

        let waiting = {
            let (requests, filter) = (requests.clone(), filter.clone());
            tokio::spawn(async move { requests.wait(&filter, Duration::from_secs(5)).await })
        };
        tokio::task::yield_now().await;
        drop(requests.open(entry("b"), None));
        assert_eq!(targets(&waiting.await.unwrap()), "b");

        let filter = Filter { since: Some(2), ..Filter::default() };
        let wait = requests.wait(&filter, Duration::MAX);
        let (found, ()) = tokio::join!(wait, async { requests.end() });
        assert_eq!(targets(&found), "");
    }
}
