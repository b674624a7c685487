//! The answer that was given last: making it anew takes longer than all the rest of a warm delivery.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    answer::{Answer, Prepared},
    transform::Client,
};

/// The latest answer of what is prepared for one path.
#[derive(Default)]
pub(super) struct Latest(Mutex<Option<Given>>);

struct Given {
    client: Client,
    cache_control: String,
    answer: Arc<Answer>,
}

impl Latest {
    /// The answer for this client: the latest, if that is it.
    pub(super) fn answer(
        &self,
        prepared: &Prepared,
        client: Client,
        cache_control: String,
    ) -> Arc<Answer> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |given: &&Given| given.client == client && given.cache_control == cache_control;
        if let Some(given) = latest.as_ref().filter(fits) {
            return given.answer.clone();
        }
        let answer = Arc::new(prepared.for_client(&client, Some(&cache_control)));
        *latest = Some(Given { client, cache_control, answer: answer.clone() });
        answer
    }
}
