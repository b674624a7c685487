//! Where blocking work is done: threads apart from the async ones, a limited number at once.

use std::{num::NonZero, panic, sync::Arc, thread, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};

/// Runs blocking work off the async threads. Clones share the permits.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Semaphore>);

impl Workers {
    /// For work on pixels. One permit for each core: more at once would only take memory.
    #[must_use]
    pub fn for_this_machine() -> Self {
        Self::with_permits(thread::available_parallelism().map_or(1, NonZero::get))
    }

    #[must_use]
    pub fn with_permits(permits: usize) -> Self {
        Self(Arc::new(Semaphore::new(permits)))
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
        self.0.clone().acquire_owned().await.expect("the semaphore is never closed")
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
