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

/// Workers that no more than so many wait for, and that take on so much at once.
#[derive(Debug, Clone)]
pub struct Queue {
    workers: Workers,
    places: Arc<Semaphore>,
    all_places: usize,
    /// For those who are next: only they need to hold what they work on.
    turns: Arc<Semaphore>,
    /// A permit for each unit of what may be under way together.
    room: Arc<Semaphore>,
    all_room: u32,
}

/// Somebody is next.
#[derive(Debug)]
pub struct Turn {
    queue: Queue,
    place: OwnedSemaphorePermit,
    turn: OwnedSemaphorePermit,
}

impl Queue {
    /// How many are next.
    const TURNS: usize = 16;

    #[must_use]
    pub fn before(workers: Workers, all_places: usize, all_room: u32) -> Self {
        let [places, turns, room] = [all_places, Self::TURNS, all_room as usize]
            .map(|permits| Arc::new(Semaphore::new(permits)));
        Self { workers, places, all_places, turns, room, all_room }
    }

    /// How many wait now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.all_places - self.places.available_permits()
    }

    /// Waits to be next, if there is a place to wait at.
    pub async fn turn(&self) -> Result<Turn, Busy> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Busy)?;
        let turn = permits(&self.turns, 1).await;
        Ok(Turn { queue: self.clone(), place, turn })
    }
}

impl Turn {
    /// Runs `work` on a blocking thread once there is a permit, and room for work of this size. What
    /// is larger than all of the room has it for itself.
    pub async fn run<T: Send + 'static>(
        self,
        size: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let Self { queue, place, turn } = self;
        let size = u32::try_from(size).unwrap_or(u32::MAX).min(queue.all_room);
        let room = permits(&queue.room, size).await;
        let permit = queue.workers.permit().await;
        drop((place, turn));
        run((room, permit), work).await
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
        permits(&self.permits, 1).await
    }
}

async fn permits(semaphore: &Arc<Semaphore>, count: u32) -> OwnedSemaphorePermit {
    semaphore.clone().acquire_many_owned(count).await.expect("the semaphore is never closed")
}

/// Runs blocking work that is over soon, without waiting for a permit.
pub async fn run_now<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    task::spawn_blocking(work).await.unwrap_or_else(|e| panic::resume_unwind(e.into_panic()))
}

async fn run<T: Send + 'static>(
    permits: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let work = move || {
        let done = work();
        drop(permits);
        done
    };
    run_now(work).await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn who_finds_no_place_to_wait_at_is_sent_away() {
        let workers = Workers::with_permits(1);
        let queue = Queue::before(workers.clone(), 1, 1);
        let permit = workers.permit().await;
        let mut waiting = Box::pin(queue.turn().await.unwrap().run(1, || 1));
        assert!(poll!(&mut waiting).is_pending());

        assert_eq!(queue.turn().await.unwrap_err(), Busy);
        assert_eq!((workers.busy(), queue.waiting()), (1, 1));

        drop(permit);
        assert_eq!(waiting.await, 1);
        assert_eq!(queue.waiting(), 0);
        assert_eq!(queue.turn().await.unwrap().run(1, || 3).await, 3);
    }

    #[tokio::test]
    async fn work_waits_for_room_for_its_size() {
        let queue = Queue::before(Workers::with_permits(9), 9, 10);
        let (finish, finished) = mpsc::channel::<()>();
        let run_large = move || finished.recv().is_ok();
        let mut large = Box::pin(queue.turn().await.unwrap().run(8, run_large));
        assert!(poll!(&mut large).is_pending());

        assert_eq!(queue.turn().await.unwrap().run(2, || 1).await, 1);
        let mut too_large_now = Box::pin(queue.turn().await.unwrap().run(u64::MAX, || 2));
        assert!(poll!(&mut too_large_now).is_pending());

        finish.send(()).unwrap();
        assert!(large.await);
        assert_eq!(too_large_now.await, 2);
    }
}
