//! An image and options to a rendition, off the async threads. Shared by whoever delivers.

use sha2::{Digest as _, Sha256};

use crate::{
    app::App,
    domain::{Digest, Image},
    store::StoreError,
    transform::{self, Accepts, ENGINE_VERSION, Limits, Options, Rendition, TransformError},
};

/// Why there is no rendition.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The image was deleted after its row was read.
    #[error("the image is gone")]
    Gone,
    #[error(transparent)]
    Transform(#[from] TransformError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What names a rendition: equal keys mean equal bytes. Known before anything is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenditionKey(String);

impl RenditionKey {
    #[must_use]
    pub fn new(original: Digest, options: &Options, accepts: Accepts) -> Self {
        let identity = format!("{ENGINE_VERSION} {original} {options} {accepts:?}");
        Self(hex::encode(&Sha256::digest(identity)[..16]))
    }

    /// 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Renders an image as `options` ask, in a format that the client accepts.
pub async fn render(
    app: &App,
    image: &Image,
    options: Options,
    accepts: Accepts,
) -> Result<Rendition, RenderError> {
    let original = app.store.blob(image.digest).await?.ok_or(RenderError::Gone)?;
    let work = move || transform::transform(&original, &options, accepts, &Limits::HOSTED);
    Ok(app.workers.run(work).await?)
}
