//! The upload form: multipart, as the many clients send it (clients.md §1).

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::Field},
    http::header,
};

use super::{
    error::{ApiError, Result},
    metadata,
};
use crate::{
    app::App,
    domain::{ImageId, NewImage},
    error::ErrorCode,
    ingest::MAX_BYTES,
};

/// How much of a request is read to its end although it is too large already: a client that is
/// cut off while it sends never sees the answer.
const PATIENCE: usize = 10 * MAX_BYTES;

/// The longest text part.
const MAX_TEXT: usize = 64 << 10;

/// An upload: the file, and what is said about it.
pub(super) struct UploadForm {
    pub(super) file: Bytes,
    pub(super) new: NewImage,
}

/// The parts that were sent, in whatever order.
#[derive(Default)]
struct Parts {
    file: Option<FilePart>,
    texts: Vec<(String, String)>,
    /// What was read so far, in bytes.
    read: usize,
    file_too_large: bool,
}

struct FilePart {
    filename: String,
    bytes: Bytes,
}

impl FromRequest<App> for UploadForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(ErrorCode::NotMultipart.into());
        }
        let multipart = Multipart::from_request(request, app).await;
        let multipart = multipart.map_err(|error| ApiError::bad_request(error.body_text()))?;
        Parts::read(multipart).await?.into_upload()
    }
}

impl Parts {
    async fn read(mut multipart: Multipart) -> Result<Self> {
        let mut parts = Self::default();
        while let Some(field) = multipart.next_field().await? {
            parts.take(field).await?;
        }
        Ok(parts)
    }

    async fn take(&mut self, field: Field<'_>) -> Result<()> {
        let name = field.name().unwrap_or_default().to_owned();
        // FilePond sends `file` twice, first as text: the one with a file name is the file.
        match field.file_name().map(str::to_owned) {
            Some(filename) if name == "file" => {
                let bytes = self.collect(field, MAX_BYTES).await?;
                self.file_too_large |= bytes.is_none();
                self.file = bytes.map(|bytes| FilePart { filename, bytes });
            }
            _ => {
                let bytes = self.collect(field, MAX_TEXT).await?;
                let bytes =
                    bytes.ok_or_else(|| ApiError::bad_request(format!("{name} is too long")))?;
                self.texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(())
    }

    /// The field's bytes, or `None` if there are more than `limit`; they are read all the same.
    async fn collect(&mut self, mut field: Field<'_>, limit: usize) -> Result<Option<Bytes>> {
        let mut bytes = Vec::new();
        let mut fits = true;
        while let Some(chunk) = field.chunk().await? {
            self.read += chunk.len();
            if self.read > PATIENCE {
                return Err(ErrorCode::FileTooLarge.into());
            }
            fits &= bytes.len() + chunk.len() <= limit;
            if fits {
                bytes.extend_from_slice(&chunk);
            }
        }
        Ok(fits.then(|| bytes.into()))
    }

    fn into_upload(self) -> Result<UploadForm> {
        if self.file_too_large {
            return Err(ErrorCode::FileTooLarge.into());
        }
        let mut new = NewImage {
            id: self.text("id").map(ImageId::custom).transpose()?,
            filename: None,
            creator: self.creator()?,
            metadata: metadata::from_parts(&self.texts)?,
            require_signed_urls: self.require_signed_urls()?,
        };
        if self.text("url").is_some() {
            return Err(ApiError::bad_request("uploading by url is not available"));
        }
        let file = match self.file {
            Some(file) => file,
            // A file sent as text, without a file name, is what the service takes for no image.
            None if self.texts.iter().any(|(name, _)| name == "file") => {
                return Err(ErrorCode::UnsupportedFormat.into());
            }
            None => return Err(ApiError::bad_request("missing the field file")),
        };
        new.filename = filename(file.filename)?;
        Ok(UploadForm { file: file.bytes, new })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().rev().find(|(one, _)| one == name).map(|(_, text)| text.as_str())
    }

    fn require_signed_urls(&self) -> Result<bool> {
        match self.text("requireSignedURLs") {
            None | Some("" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ApiError::bad_request(format!(
                "requireSignedURLs is true or false, not {other}"
            ))),
        }
    }

    fn creator(&self) -> Result<Option<String>> {
        let creator = self.text("creator").filter(|text| !text.is_empty());
        if creator.is_some_and(|creator| creator.chars().count() > 1024) {
            return Err(ApiError::bad_request("creator has at most 1024 characters"));
        }
        Ok(creator.map(str::to_owned))
    }
}

fn filename(name: String) -> Result<Option<String>> {
    if name.chars().count() > 255 {
        return Err(ApiError::bad_request("a file name has at most 255 characters"));
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}
