//! Bytes to an accepted image: limits, a full decode, the blob, the row. Shared by whoever takes uploads.

use bytes::Bytes;

use crate::{
    app::App,
    domain::{AccountId, Image, NewImage},
    store::{StoreError, images},
    transform::{self, Limits, TransformError},
};

/// The service's limit for an original. Its documents say "10 MB"; that this means 10 × 1024² bytes
/// is our reading.
pub const MAX_BYTES: usize = 10 << 20;

/// Why an upload was not accepted. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("the file is over {MAX_BYTES} bytes")]
    FileTooLarge,
    #[error("an image with a custom id can't be private")]
    CustomIdPrivate,
    #[error("there is an image with this id already")]
    AlreadyExists,
    #[error(transparent)]
    Image(#[from] TransformError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Accepts `bytes` as a new image of the account. On `Ok` it is durable.
pub async fn ingest(
    app: &App,
    account: AccountId,
    new: NewImage,
    bytes: Bytes,
) -> Result<Image, IngestError> {
    if bytes.len() > MAX_BYTES {
        return Err(IngestError::FileTooLarge);
    }
    if new.id.is_some() && new.require_signed_urls {
        return Err(IngestError::CustomIdPrivate);
    }
    let original = bytes.clone();
    let verify = move || transform::verify(&original, &Limits::HOSTED);
    let probe = app.workers.run(verify).await?;

    let staged = app.store.stage(bytes).await?;
    let id = new.id.unwrap_or_else(|| app.clock.new_image_id());
    let uploaded = app.clock.now();
    app.store
        .tx(move |tx| {
            if images::find(tx, &account, &id)?.is_some() {
                return Err(IngestError::AlreadyExists);
            }
            let image = Image {
                id,
                filename: new.filename,
                creator: new.creator,
                metadata: new.metadata,
                uploaded,
                require_signed_urls: new.require_signed_urls,
                digest: tx.keep(staged)?,
                format: probe.format,
            };
            images::insert(tx, &account, &image)?;
            Ok(image)
        })
        .await
}
