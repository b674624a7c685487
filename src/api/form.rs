//! Multipart forms, as the many clients send them (clients.md §1).

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::Field},
    http::header,
};
use tokio::time;

use super::{
    error::{ApiError, Result},
    metadata,
};
use crate::{
    app::App,
    domain::{ImageId, NewImage, check_creator, check_filename},
    error::ErrorCode,
    ingest::{MAX_BYTES, Upload},
    requests::{self, Notes},
};

/// How much of a body is read although it is too large already: a client that is cut off while it
/// sends never sees the answer.
pub(super) const PATIENCE: usize = 10 * MAX_BYTES;

/// How many parts a form may have.
const MAX_PARTS: usize = 1000;

/// The text parts that mean something; others are passed over, as the service does.
const TEXTS: &[&str] = &["id", "url", "creator", "requireSignedURLs", "expiry"];

/// How long a client may send nothing. The service publishes no number.
const SILENCE: Duration = Duration::from_secs(60);

/// The longest text part.
const MAX_TEXT: usize = 64 << 10;

/// The parts of a form, in whatever order they came.
#[derive(Default)]
pub(super) struct FormParts {
    file: Option<Upload>,
    texts: Vec<(String, String)>,
    file_too_large: bool,
    /// A file without a file name came: text, to the service.
    file_as_text: bool,
}

/// A form that uploads an image, and what it says about it.
pub(super) struct UploadForm {
    pub(super) source: Source,
    pub(super) new: NewImage,
}

/// Where the bytes come from.
pub(super) enum Source {
    File(Upload),
    Url(String),
}

impl FromRequest<App> for UploadForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let parts = FormParts::from_request(request, app).await?;
        let new = NewImage { id: parts.id()?, ..parts.described()? };
        let url = parts.text("url").map(str::to_owned);
        let source = match url {
            None => Source::File(parts.into_file()?),
            Some(url) if !parts.has_file() => Source::Url(url),
            Some(_) => return Err(ApiError::bad_request("file and url exclude each other")),
        };
        Ok(Self { source, new })
    }
}

impl FromRequest<App> for FormParts {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let label = request.headers().get(header::CONTENT_TYPE);
        let label = label.and_then(|label| label.to_str().ok()).unwrap_or_default();
        if !label.to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(ErrorCode::NotMultipart.into());
        }
        let notes = request.extensions().get::<Notes>().cloned().unwrap_or_default();
        let multipart = Multipart::from_request(request, app).await;
        let mut multipart = multipart.map_err(|error| ApiError::bad_request(error.body_text()))?;
        let mut parts = Self::default();
        for _ in 0..MAX_PARTS {
            let Some(field) = in_time(multipart.next_field()).await?? else { return Ok(parts) };
            parts.take(field, &notes).await?;
        }
        Err(ApiError::bad_request(format!("a form has at most {MAX_PARTS} parts")))
    }
}

impl FormParts {
    async fn take(&mut self, field: Field<'_>, notes: &Notes) -> Result<()> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut note = requests::Field {
            name: name.clone(),
            value: None,
            filename: field.file_name().map(str::to_owned),
            size: 0,
        };
        // FilePond sends `file` twice, first as text: the one with a file name is the file.
        match field.file_name().map(str::to_owned) {
            Some(filename) if name == "file" => {
                let bytes = collect(field, MAX_BYTES, &mut note.size).await?;
                self.file_too_large |= bytes.is_none();
                let filename = check_filename(filename).map_err(ApiError::bad_request)?;
                self.file = bytes.map(|bytes| Upload { filename, bytes });
            }
            _ if TEXTS.contains(&name.as_str()) || metadata::is_part(&name) => {
                let bytes = collect(field, MAX_TEXT, &mut note.size).await?;
                let bytes =
                    bytes.ok_or_else(|| ApiError::bad_request(format!("{name} is too long")))?;
                let text = String::from_utf8(bytes.into());
                let text =
                    text.map_err(|_| ApiError::bad_request(format!("{name} is not UTF-8")))?;
                note.value = Some(text.clone());
                self.texts.push((name, text));
            }
            _ => {
                self.file_as_text |= name == "file";
                collect(field, 0, &mut note.size).await?;
            }
        }
        notes.field(note);
        Ok(())
    }

    /// A text part that isn't empty; of equal names the last one counts.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|text| !text.is_empty())
    }

    /// A text part, even an empty one.
    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        self.texts.iter().rev().find(|(one, _)| one == name).map(|(_, text)| text.as_str())
    }

    /// Whether metadata was sent, in one form or another.
    pub(super) fn has_metadata(&self) -> bool {
        self.texts.iter().any(|(name, _)| metadata::is_part(name))
    }

    fn has_file(&self) -> bool {
        self.file.is_some() || self.file_too_large || self.file_as_text
    }

    /// The custom id that the form asks for.
    pub(super) fn id(&self) -> Result<Option<ImageId>> {
        Ok(self.text("id").map(ImageId::custom).transpose()?)
    }

    /// What the form says about its image, besides the id.
    pub(super) fn described(&self) -> Result<NewImage> {
        let require_signed_urls = match self.text("requireSignedURLs") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                let detail = format!("requireSignedURLs must be true or false, not {other}");
                return Err(ApiError::bad_request(detail));
            }
        };
        Ok(NewImage {
            id: None,
            creator: check_creator(self.text("creator").unwrap_or_default().to_owned())
                .map_err(ApiError::bad_request)?,
            metadata: metadata::from_parts(&self.texts)?,
            require_signed_urls,
        })
    }

    /// The file that was sent.
    pub(super) fn into_file(self) -> Result<Upload> {
        if self.file_too_large {
            return Err(ErrorCode::FileTooLarge.into());
        }
        match self.file {
            Some(file) => Ok(file),
            // A file without a file name is what the service takes for no image.
            None if self.file_as_text => Err(ErrorCode::UnsupportedFormat.into()),
            None => Err(ApiError::bad_request("missing the field file")),
        }
    }
}

/// The field's bytes, or `None` if there are more than `limit`; they are read, and counted, all the
/// same.
async fn collect(mut field: Field<'_>, limit: usize, size: &mut u64) -> Result<Option<Bytes>> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(chunk) = in_time(field.chunk()).await?? {
        *size += chunk.len() as u64;
        fits &= bytes.len() + chunk.len() <= limit;
        if fits {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(fits.then(|| bytes.into()))
}

/// Waits for more of the request, but not for ever.
pub(super) async fn in_time<T>(next: impl Future<Output = T>) -> Result<T> {
    time::timeout(SILENCE, next).await.map_err(|_| ErrorCode::TooSlow.into())
}
