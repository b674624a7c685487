//! An original and options to a rendition: from the cache, or made off the async threads, once for
//! all who ask at the same time. Shared by whoever delivers.

use std::{
    fmt::Display,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    clock::Stopwatch,
    domain::{Digest, RenditionKey},
    flights::Flights,
    metrics::Histogram,
    shelf::Shelf,
    store::{Store, StoreError},
    transform::{self, Accepts, Limits, Options, Prospect, Rendition, TransformError},
    workers::{self, Busy, Queue, Workers},
};

/// Makes renditions and keeps them. Clones share everything.
#[derive(Clone)]
pub struct Renderer {
    store: Store,
    queue: Queue,
    flights: Flights<RenditionKey, Flown>,
    /// What was asked for lately.
    hot: Arc<Mutex<Shelf<RenditionKey, Arc<Rendered>>>>,
    tally: Arc<Tally>,
}

/// What a renderer has done since the start.
#[derive(Debug, Default)]
pub struct Tally {
    /// How long each rendition took that was made, without waiting for a worker.
    pub times: Histogram,
    made: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// Everybody who waits is given the same.
type Flown = Result<(Arc<Rendered>, Cache), Arc<RenderError>>;

/// The bytes that a rendition is made of.
#[derive(Debug, Clone)]
pub enum Original {
    /// In the store.
    Stored(Digest),
    /// Here: fetched for one answer.
    Fetched { digest: Digest, bytes: Bytes },
}

/// What is to be made of an original, for a client that accepts so much.
#[derive(Debug, Clone)]
pub struct Order {
    original: Original,
    options: Options,
    accepts: Accepts,
    key: RenditionKey,
}

/// A rendition as it is answered with.
#[derive(Debug, PartialEq, Eq)]
pub struct Rendered {
    pub bytes: Bytes,
    /// As in `Content-Type`.
    pub media_type: String,
    /// What the client should know of options that did not take effect.
    pub warnings: Vec<String>,
}

/// Whether a rendition was there before it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    Hit,
    Miss,
}

/// Why there is no rendition.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The image was deleted after its row was read.
    #[error("the image is gone")]
    Gone,
    #[error(transparent)]
    Transform(#[from] TransformError),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RenderError {
    /// What the client can do something about.
    #[must_use]
    pub fn detail(&self) -> Option<&dyn Display> {
        match self {
            Self::Transform(TransformError::Undecodable(why)) => Some(why),
            Self::Transform(error) => Some(error),
            Self::Gone | Self::Busy(_) | Self::Store(_) => None,
        }
    }
}

impl Renderer {
    /// How many renditions wait to be made, at most.
    const WAITING: usize = 1_000;
    /// How many pixels renders may have in memory together; more than that, one alone.
    const PIXELS_AT_ONCE: u32 = 128_000_000;
    /// How much is held in memory, at most.
    const HOT_BYTES: u64 = 16 << 20;
    /// Larger ones are read from disk each time.
    const HOT_SIZE: u64 = 1 << 20;

    /// A renderer that keeps so many bytes; with 0, it keeps nothing.
    #[must_use]
    pub fn new(store: Store, workers: Workers, room: u64) -> Self {
        let hot = Shelf::new(room.min(Self::HOT_BYTES));
        let (hot, tally) = (Arc::new(Mutex::new(hot)), Arc::default());
        let queue = Queue::before(workers, Self::WAITING, Self::PIXELS_AT_ONCE);
        Self { store, queue, flights: Flights::default(), hot, tally }
    }

    /// The rendition that was ordered.
    pub async fn render(&self, order: &Order) -> Result<(Arc<Rendered>, Cache), Arc<RenderError>> {
        let key = order.key();
        if let Some(rendered) = self.hot().get(&key) {
            self.tally.hits.fetch_add(1, Ordering::Relaxed);
            return Ok((rendered.clone(), Cache::Hit));
        }
        let (renderer, order) = (self.clone(), order.clone());
        let work = || async move { renderer.cached_or_made(order).await.map_err(Arc::new) };
        let (rendered, cache) = self.flights.join(key, work).await?;
        let count = if cache == Cache::Hit { &self.tally.hits } else { &self.tally.misses };
        count.fetch_add(1, Ordering::Relaxed);
        self.remember(key, &rendered);
        Ok((rendered, cache))
    }

    /// What would be made, and whether it is there already.
    pub async fn explain(&self, order: Order) -> Result<(Prospect, bool), Arc<RenderError>> {
        let key = order.key();
        let is_hot = self.hot().get(&key).is_some();
        let kept = is_hot || self.store.has_rendition(key).await;
        let Order { original, options, accepts, .. } = order;
        let turn = self.queue.turn().await.map_err(RenderError::from)?;
        let original = self.bytes(original).await?;
        let work = move || transform::explain(&original, &options, accepts, &Limits::HOSTED);
        // Nothing is decoded for it, but to look for borders.
        let prospect = turn.run(0, work).await.map_err(RenderError::from)?;
        Ok((prospect, kept))
    }

    /// How many renditions were made since the start; those from the cache don't count.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.tally.made.load(Ordering::Relaxed)
    }

    /// How many were asked for and were there.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.tally.hits.load(Ordering::Relaxed)
    }

    /// How many were asked for and had to be made, or to be waited for.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.tally.misses.load(Ordering::Relaxed)
    }

    /// How many wait to be made.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// How many bytes are held in memory.
    #[must_use]
    pub fn hot_bytes(&self) -> u64 {
        self.hot().total()
    }

    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    fn remember(&self, key: RenditionKey, rendered: &Arc<Rendered>) {
        let size = rendered.bytes.len() as u64;
        if size <= Self::HOT_SIZE {
            let mut hot = self.hot();
            hot.put(key, rendered.clone(), size);
            while hot.overflow().is_some() {}
        }
    }

    fn hot(&self) -> MutexGuard<'_, Shelf<RenditionKey, Arc<Rendered>>> {
        self.hot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn cached_or_made(&self, order: Order) -> Result<(Arc<Rendered>, Cache), RenderError> {
        let key = order.key();
        let kept = self.store.rendition(key).await.unwrap_or_else(|error| {
            tracing::warn!(%error, %key, "a rendition could not be read");
            None
        });
        if let Some(rendered) = kept.and_then(Rendered::unpack) {
            return Ok((Arc::new(rendered), Cache::Hit));
        }
        let Order { original, options, accepts, .. } = order;
        let turn = self.queue.turn().await?;
        let original = self.bytes(original).await?;
        let (source, wanted) = (original.clone(), options.clone());
        let estimate = move || transform::estimate(&source, &wanted, &Limits::HOSTED);
        let size = workers::run_now(estimate).await;
        let tally = self.tally.clone();
        let work = move || {
            let watch = Stopwatch::start();
            let made = transform::transform(&original, &options, accepts, &Limits::HOSTED);
            tally.times.observe(watch.elapsed());
            made
        };
        let rendition = turn.run(size, work).await?;
        self.tally.made.fetch_add(1, Ordering::Relaxed);
        let rendered = Rendered::from(rendition);
        if let Err(error) = self.store.keep_rendition(key, rendered.pack()).await {
            tracing::warn!(%error, "a rendition could not be kept");
        }
        Ok((Arc::new(rendered), Cache::Miss))
    }

    async fn bytes(&self, original: Original) -> Result<Bytes, RenderError> {
        match original {
            Original::Stored(digest) => {
                Ok(self.store.blob(digest).await?.ok_or(RenderError::Gone)?.into())
            }
            Original::Fetched { bytes, .. } => Ok(bytes),
        }
    }
}

impl Original {
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::Stored(digest) | Self::Fetched { digest, .. } => *digest,
        }
    }
}

impl Order {
    #[must_use]
    pub fn new(original: Original, options: Options, accepts: Accepts) -> Self {
        let key = RenditionKey::new(original.digest(), &options, accepts);
        Self { original, options, accepts, key }
    }

    /// The name of what is made of it.
    #[must_use]
    pub fn key(&self) -> RenditionKey {
        self.key
    }

    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }
}

impl From<Rendition> for Rendered {
    fn from(Rendition { bytes, media_type, warnings }: Rendition) -> Self {
        let warnings = warnings.into_iter().map(str::to_owned).collect();
        Self { bytes: bytes.into(), media_type: media_type.to_owned(), warnings }
    }
}

/// On disk, a line that says what the bytes are and what their digest is, a line for each warning,
/// an empty line, the bytes.
impl Rendered {
    fn pack(&self) -> Vec<u8> {
        let mut head = format!("{} {}\n", self.media_type, Digest::of(&self.bytes));
        for warning in &self.warnings {
            head.extend([warning, "\n"]);
        }
        head.push('\n');
        [head.as_bytes(), &self.bytes].concat()
    }

    /// `None` if a file is not as it was written: nothing was synced, and the machine may have gone
    /// down since.
    fn unpack(file: Vec<u8>) -> Option<Self> {
        let end = file.windows(2).position(|pair| pair == b"\n\n")?;
        let mut lines = std::str::from_utf8(&file[..end]).ok()?.lines();
        let (media_type, digest) = lines.next()?.split_once(' ')?;
        let (media_type, digest) = (media_type.to_owned(), Digest::parse(digest)?);
        let is_sound = media_type.bytes().all(|byte| byte.is_ascii_graphic());
        let warnings = lines.map(str::to_owned).collect();
        let bytes = Bytes::from(file).slice(end + 2..);
        (is_sound && Digest::of(&bytes) == digest).then_some(Self { bytes, media_type, warnings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_as_it_was_and_only_whole() {
        for warnings in [vec![], vec!["one \"thing\"".to_owned(), "another".to_owned()]] {
            let bytes = Bytes::from_static(b"\n\nGIF\n\n");
            let rendered = Rendered { bytes, media_type: "image/gif".to_owned(), warnings };
            let file = rendered.pack();

            assert_eq!(Rendered::unpack(file[..file.len() - 1].to_vec()), None);
            assert_eq!(Rendered::unpack([&file[..file.len() - 1], b"\0"].concat()), None);
            assert_eq!(Rendered::unpack(Vec::new()), None);
            assert_eq!(Rendered::unpack(file), Some(rendered));
        }
    }
}
