//! Where pixels are worked on: blocking threads, as many at once as there are cores.

use std::{num::NonZero, panic, sync::Arc, thread};

use tokio::{sync::Semaphore, task};

/// Runs work that takes the processor, off the async threads. Clones share the permits.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Semaphore>);

impl Workers {
    /// One permit for each core: more at once would only take memory.
    #[must_use]
    pub fn for_this_machine() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(cores)))
    }

    /// Waits for a permit and runs `work` on a blocking thread.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let permit = self.0.clone().acquire_owned().await.expect("the semaphore is never closed");
        let work = move || {
            let done = work();
            drop(permit);
            done
        };
        task::spawn_blocking(work).await.unwrap_or_else(|e| panic::resume_unwind(e.into_panic()))
    }
}
