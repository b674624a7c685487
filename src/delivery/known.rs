//! What paths named lately, for as long as nothing is written to the store.

use std::sync::{Arc, Mutex, PoisonError};

use super::Found;
use crate::shelf::Shelf;

/// Findings by path as sent. Clones share them.
#[derive(Clone)]
pub(super) struct Known(Arc<Mutex<Findings>>);

struct Findings {
    by_path: Shelf<String, Arc<Found>>,
    /// The store's, when these were found.
    generation: u64,
}

/// How many paths are remembered. Each takes some kilobytes.
const PATHS: u64 = 1_000;

impl Default for Known {
    fn default() -> Self {
        let by_path = Shelf::new(PATHS);
        Self(Arc::new(Mutex::new(Findings { by_path, generation: 0 })))
    }
}

impl Known {
    pub(super) fn get(&self, path: &str, generation: u64) -> Option<Arc<Found>> {
        let mut findings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.generation != generation {
            return None;
        }
        findings.by_path.get(path).cloned()
    }

    /// Remembers what was found. `generation` was taken before it was looked for.
    pub(super) fn put(&self, path: String, found: Arc<Found>, generation: u64) {
        let mut findings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.generation < generation {
            findings.by_path.clear();
            findings.generation = generation;
        }
        if findings.generation == generation {
            findings.by_path.put(path, found, 1);
            findings.by_path.overflow();
        }
    }
}
