//! Work that many wait for is done once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};

type Flight<T> = BoxFuture<'static, T>;

/// Work under way, by what it makes. Clones share it.
pub struct Flights<K, T: Clone>(Arc<Mutex<Board<K, T>>>);

struct Board<K, T: Clone> {
    /// Each with its number.
    flights: HashMap<K, (u64, WeakShared<Flight<T>>)>,
    begun: u64,
}

/// Takes a flight off the board when its work ends: done, or given up by all.
struct Landing<K: Eq + Hash, T: Clone> {
    board: Flights<K, T>,
    key: K,
    number: u64,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + Sync + 'static> Flights<K, T> {
    /// Waits for the work that makes `key`: what is under way, or `work`, which is started. It goes
    /// on for as long as somebody waits for it, whoever that is.
    pub async fn join<F>(&self, key: K, work: impl FnOnce() -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        self.flight(key, work).await
    }

    fn flight<F>(&self, key: K, work: impl FnOnce() -> F) -> Shared<Flight<T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut board = self.lock();
        if let Some(flight) = board.flights.get(&key).and_then(|(_, flight)| flight.upgrade()) {
            return flight;
        }
        board.begun += 1;
        let number = board.begun;
        let landing = Landing { board: self.clone(), key: key.clone(), number };
        let work = work();
        let work = async move {
            let _landing = landing;
            work.await
        };
        let flight = work.boxed().shared();
        let waiting = flight.downgrade().expect("it has not been polled");
        board.flights.insert(key, (number, waiting));
        flight
    }
}

impl<K: Eq + Hash, T: Clone> Flights<K, T> {
    fn lock(&self) -> MutexGuard<'_, Board<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, T: Clone> Drop for Landing<K, T> {
    fn drop(&mut self) {
        let mut board = self.board.lock();
        // Between the last waiter's leaving and this, another may have taken its place.
        if board.flights.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            board.flights.remove(&self.key);
        }
    }
}

impl<K, T: Clone> Clone for Flights<K, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Board { flights: HashMap::new(), begun: 0 })))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::{future::join_all, poll};
    use tokio::sync::Notify;

    use super::*;

    #[derive(Clone, Default)]
    struct Counted {
        flights: Flights<u32, u32>,
        begun: Arc<AtomicU32>,
        done: Arc<Notify>,
    }

    impl Counted {
        async fn join(self) -> u32 {
            let Self { flights, begun, done } = self;
            let work = || async move {
                begun.fetch_add(1, Ordering::SeqCst);
                done.notified().await;
                42
            };
            flights.join(7, work).await
        }
    }

    #[tokio::test]
    async fn many_wait_for_one() {
        let counted = Counted::default();
        let mut waiting = Box::pin(join_all((0..100).map(|_| counted.clone().join())));
        assert!(poll!(&mut waiting).is_pending());

        counted.done.notify_one();

        assert_eq!(waiting.await, [42; 100]);
        assert_eq!(counted.begun.load(Ordering::SeqCst), 1);
        assert!(counted.flights.lock().flights.is_empty());
    }

    #[tokio::test]
    async fn who_leaves_stops_nothing_that_others_wait_for() {
        let counted = Counted::default();
        let mut first = Box::pin(counted.clone().join());
        let mut second = Box::pin(counted.clone().join());
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());

        drop(first);
        counted.done.notify_one();

        assert_eq!(second.await, 42);
        assert_eq!(counted.begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_ends() {
        let counted = Counted::default();
        let mut only = Box::pin(counted.clone().join());
        assert!(poll!(&mut only).is_pending());

        drop(only);

        assert!(counted.flights.lock().flights.is_empty());
    }
}
