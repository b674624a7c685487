//! `ZoneError`: where failures of URL transformations become codes
//! (delivery-and-transforms.md §7.4).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};

use super::path::InvalidPath;
use crate::{
    answer::{self, Mark, Refusal},
    error::ErrorCode,
    fetch::FetchError,
    render::RenderError,
    transform::{InvalidOption, TransformError},
};

/// Why an image is not transformed.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ZoneError {
    #[error(transparent)]
    Path(#[from] InvalidPath),
    #[error(transparent)]
    Options(#[from] InvalidOption),
    #[error("the request comes from a transformation, or asks for one of one")]
    Loop,
    #[error("{0} is not among the allowed origins")]
    OriginNotAllowed(String),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the source is no image, but {0}")]
    NoImage(String),
    #[error(transparent)]
    Render(#[from] Arc<RenderError>),
}

/// A result of a zone.
pub(super) type Result<T, E = ZoneError> = std::result::Result<T, E>;

impl ZoneError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Path(error) => match error {
                InvalidPath::UnreadableSource => ErrorCode::InvalidSource,
                InvalidPath::Unescaped => ErrorCode::UnescapedSource,
                _ => ErrorCode::BadOptions,
            },
            Self::Options(_) => ErrorCode::BadOptions,
            Self::Loop => ErrorCode::Loop,
            Self::OriginNotAllowed(_) => ErrorCode::OriginNotAllowed,
            Self::Fetch(error) => fetch_code(error),
            Self::NoImage(_) => ErrorCode::NotConvertible,
            Self::Render(error) => match &**error {
                // The hosted kind was an image when it was uploaded.
                RenderError::Transform(TransformError::UnsupportedFormat) => {
                    ErrorCode::SourceUnsupported
                }
                error => answer::render_code(error),
            },
        }
    }

    /// What the client is told. Some of the origin's statuses are repeated.
    pub(super) fn refusal(&self) -> Refusal {
        let code = self.code();
        let refusal = match self {
            Self::Render(error) => Refusal::new(code, error.detail()),
            error => Refusal::new(code, Some(error)),
        };
        match self {
            Self::Fetch(FetchError::Status(status)) if code == ErrorCode::OriginRefused => {
                Refusal { status: *status, ..refusal }
            }
            _ => refusal,
        }
    }
}

fn fetch_code(error: &FetchError) -> ErrorCode {
    match error {
        FetchError::Unaskable => ErrorCode::InvalidSource,
        FetchError::Private => ErrorCode::OriginNotAllowed,
        FetchError::Unresolved => ErrorCode::Unresolved,
        FetchError::Unreachable(_) => ErrorCode::Unreachable,
        FetchError::NoAnswer => ErrorCode::NoAnswer,
        FetchError::BadRedirect => ErrorCode::BadRedirect,
        FetchError::TooManyRedirects => ErrorCode::TooManyRedirects,
        FetchError::TooLarge => ErrorCode::SourceTooLarge,
        FetchError::TooSlow => ErrorCode::SlowDownload,
        FetchError::CutOff(_) => ErrorCode::CutOff,
        FetchError::Broken(_) => ErrorCode::FetchBroken,
        FetchError::Status(status) => match status.as_u16() {
            400 => ErrorCode::OriginBadRequest,
            404 => ErrorCode::ImageMissing,
            // Ours, when a redirect leads back to a transformation.
            508 => ErrorCode::Loop,
            401..500 => ErrorCode::OriginRefused,
            _ => ErrorCode::OriginFailed,
        },
    }
}

impl IntoResponse for ZoneError {
    fn into_response(self) -> Response {
        if self.code() == ErrorCode::RenderFailed {
            tracing::error!(error = %self, "a transformation failed");
        }
        Mark::Resized.refuse(&self.refusal())
    }
}
