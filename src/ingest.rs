//! Bytes to an accepted image: limits, a full decode, the blob, the row. Shared by whoever takes uploads.

use bytes::Bytes;

use crate::{
    app::App,
    domain::{AccountId, Draft, Image, ImageId, NewImage},
    store::{StagedBlob, StoreError, Tx, accounts, drafts, image_ids, images},
    transform::{self, Format, Limits, TransformError},
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
    #[error("there is no draft with this id")]
    NoDraft,
    #[error(transparent)]
    Image(#[from] TransformError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file that was sent.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What the client calls it.
    pub filename: Option<String>,
    pub bytes: Bytes,
}

/// An original that was found good and waits on disk for its row.
pub struct Original {
    pub filename: Option<String>,
    pub staged: StagedBlob,
    pub format: Format,
}

/// Accepts an upload as a new image of the account. On `Ok` it is durable.
pub async fn new_image(
    app: &App,
    account: AccountId,
    new: NewImage,
    upload: Upload,
) -> Result<Image, IngestError> {
    if new.id.is_some() && new.require_signed_urls {
        return Err(IngestError::CustomIdPrivate);
    }
    let original = examine(app, upload).await?;
    let clock = app.clock.of(&account);
    let now = clock.now();
    app.store
        .tx(move |tx| {
            // It may have been reset since the request came.
            accounts::find_or_create(tx, &account, &clock)?;
            let id = match new.id {
                None => image_ids::generate(tx, &account, &clock)?,
                Some(id) if image_ids::is_taken(tx, &account, &id, now)? => {
                    return Err(IngestError::AlreadyExists);
                }
                Some(id) => id,
            };
            let draft = Draft {
                id,
                creator: new.creator,
                metadata: new.metadata,
                require_signed_urls: new.require_signed_urls,
                created: now,
                expires: now,
            };
            insert(tx, &account, draft, original)
        })
        .await
}

/// Accepts an upload as the image that a draft announced. Of several at once, one wins; one that
/// fails leaves the draft as it is.
pub async fn fill_draft(
    app: &App,
    account: AccountId,
    id: ImageId,
    upload: Upload,
) -> Result<Image, IngestError> {
    let original = examine(app, upload).await?;
    let now = app.clock.of(&account).now();
    app.store
        .tx(move |tx| {
            if images::find(tx, &account, &id)?.is_some() {
                return Err(IngestError::AlreadyExists);
            }
            let draft = drafts::find(tx, &account, &id, now)?.ok_or(IngestError::NoDraft)?;
            drafts::delete(tx, &account, &id)?;
            insert(tx, &account, Draft { created: now, ..draft }, original)
        })
        .await
}

/// Decodes the bytes on a worker and puts them on disk.
pub async fn examine(app: &App, upload: Upload) -> Result<Original, IngestError> {
    if upload.bytes.len() > MAX_BYTES {
        return Err(IngestError::FileTooLarge);
    }
    let refused = |format: Format| app.settings.refuses(format.media_type());
    if transform::sniff(&upload.bytes).is_some_and(refused) {
        return Err(TransformError::UnsupportedFormat.into());
    }
    let bytes = upload.bytes.clone();
    let format = app.workers.run(move || transform::verify(&bytes, &Limits::HOSTED)).await?;
    let staged = app.store.stage(upload.bytes).await?;
    Ok(Original { filename: upload.filename, staged, format })
}

/// Blob first, then row.
fn insert(
    tx: &Tx,
    account: &AccountId,
    draft: Draft,
    original: Original,
) -> Result<Image, IngestError> {
    let image = Image {
        id: draft.id,
        filename: original.filename,
        creator: draft.creator,
        metadata: draft.metadata,
        uploaded: draft.created,
        require_signed_urls: draft.require_signed_urls,
        digest: tx.keep(original.staged)?,
        format: original.format,
    };
    images::insert(tx, account, &image)?;
    Ok(image)
}
