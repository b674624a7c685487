//! Where blocking work is done: threads apart from the async ones, a limited number at once.

use std::{num::NonZero, panic, sync::Arc, thread, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};

/// Runs blocking work off the async threads. Clones share the permits.
#[derive(Debug, Clone)]
pub struct Workers {
    permits: Arc<Semaphore>,
    total: usize,
}

/// Too many wait for the same workers already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wait already")]
pub struct Busy;

/// Workers that no more than so many wait for.
#[derive(Debug, Clone)]
pub struct Queue {
    workers: Workers,
    places: Arc<Semaphore>,
    total: usize,
}

impl Queue {
    #[must_use]
    pub fn before(workers: Workers, places: usize) -> Self {
        Self { workers, places: Arc::new(Semaphore::new(places)), total: places }
    }

    /// How many wait now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.total - self.places.available_permits()
    }

    /// Like `Workers::run`, if there is a place to wait at.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Busy)?;
        let permit = self.workers.permit().await;
        drop(place);
        Ok(run(permit, work).await)
    }
}

impl Workers {
    /// For work on pixels. One permit for each core: more at once would only take memory.
    #[must_use]
    pub fn for_this_machine() -> Self {
        Self::with_permits(thread::available_parallelism().map_or(1, NonZero::get))
    }

    #[must_use]
    pub fn with_permits(permits: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(permits)), total: permits }
    }

    /// How many work now.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.total - self.permits.available_permits()
    }

    /// How many may work at once.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Waits for a permit and runs `work` on a blocking thread.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        run(self.permit().await, work).await
    }

    /// Like `run`, but gives up if the permit takes longer to come.
    pub async fn run_within<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = time::timeout(patience, self.permit()).await.ok()?;
        Some(run(permit, work).await)
    }

    async fn permit(&self) -> OwnedSemaphorePermit {
        self.permits.clone().acquire_owned().await.expect("the semaphore is never closed")
    }
}

async fn run<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let work = move || {
        let done = work();
        drop(permit);
        done
    };
    task::spawn_blocking(work).await.unwrap_or_else(|e| panic::resume_unwind(e.into_panic()))
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn who_finds_no_place_to_wait_at_is_sent_away() {
        let workers = Workers::with_permits(1);
        let queue = Queue::before(workers.clone(), 1);
        let permit = workers.permit().await;
        let mut waiting = Box::pin(queue.run(|| 1));
        assert!(poll!(&mut waiting).is_pending());

        assert_eq!(queue.run(|| 2).await, Err(Busy));
        assert_eq!((workers.busy(), queue.waiting()), (1, 1));

        drop(permit);
        assert_eq!(waiting.await, Ok(1));
        assert_eq!(queue.waiting(), 0);
        assert_eq!(queue.run(|| 3).await, Ok(3));
    }
}
