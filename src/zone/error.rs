//! `ZoneError`: the only place where failures of URL transformations become codes
//! (delivery-and-transforms.md §7.4).

use std::{fmt::Display, sync::Arc};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::path::InvalidPath;
use crate::{
    answer::Mark,
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
    pub(super) fn code(&self) -> ErrorCode {
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
                RenderError::Transform(error) => transform_code(error),
                RenderError::Busy(_) => ErrorCode::Busy,
                RenderError::Gone | RenderError::Store(_) => ErrorCode::RenderFailed,
            },
        }
    }

    /// The origin's own status, where the answer repeats it.
    fn origin_status(&self) -> Option<StatusCode> {
        match self {
            Self::Fetch(FetchError::Status(status)) => {
                (self.code() == ErrorCode::OriginRefused).then_some(*status)
            }
            _ => None,
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

fn transform_code(error: &TransformError) -> ErrorCode {
    match error {
        TransformError::TooLarge { .. } | TransformError::AnimationTooLong { .. } => {
            ErrorCode::DeliveredTooLarge
        }
        TransformError::UnsupportedFormat => ErrorCode::SourceUnsupported,
        TransformError::Undecodable(_) => ErrorCode::Undecodable,
        TransformError::NoVector => ErrorCode::NotConvertible,
        TransformError::Unencodable(_) => ErrorCode::RenderFailed,
    }
}

impl IntoResponse for ZoneError {
    fn into_response(self) -> Response {
        if self.code() == ErrorCode::RenderFailed {
            tracing::error!(error = %self, "a transformation failed");
        }
        let detail: Option<&dyn Display> = match &self {
            Self::Render(error) => error.detail(),
            error => Some(error),
        };
        let mut response = Mark::Resized.refuse(self.code(), detail);
        if let Some(status) = self.origin_status() {
            *response.status_mut() = status;
        }
        response
    }
}
