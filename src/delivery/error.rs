//! `DeliveryError`: the only place where failures become codes of delivery.

use std::{fmt::Display, sync::Arc};

use axum::response::{IntoResponse, Response};

use crate::{
    answer::Mark,
    error::ErrorCode,
    render::RenderError,
    signing::SignatureError,
    store::StoreError,
    transform::{InvalidOption, TransformError},
};

/// Why an image is not delivered.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeliveryError {
    #[error("no account has this hash")]
    UnknownHash,
    #[error("the path is too short")]
    PathNotFound,
    #[error("flexible variants are off")]
    FlexibleDisabled,
    #[error(transparent)]
    BadOptions(#[from] InvalidOption),
    #[error("flexible variants can't be used for images that require signed URLs")]
    PrivateFlexible,
    // The service's own words.
    #[error("This account doesn't have variant with this name")]
    VariantNotFound,
    #[error("there is no such image")]
    ImageNotFound,
    #[error(transparent)]
    Denied(SignatureError),
    #[error(transparent)]
    Render(#[from] Arc<RenderError>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A result of delivery.
pub(super) type Result<T> = std::result::Result<T, DeliveryError>;

impl DeliveryError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownHash => ErrorCode::UnknownAccountHash,
            Self::PathNotFound => ErrorCode::PathNotFound,
            Self::FlexibleDisabled => ErrorCode::FlexibleDisabled,
            Self::BadOptions(_) => ErrorCode::BadOptions,
            Self::VariantNotFound | Self::PrivateFlexible | Self::Denied(_) => {
                ErrorCode::AccessDenied
            }
            Self::ImageNotFound => ErrorCode::ImageMissing,
            Self::Render(error) => match &**error {
                RenderError::Gone => ErrorCode::ImageMissing,
                RenderError::Transform(error) => transform_code(error),
                RenderError::Busy(_) => ErrorCode::Busy,
                RenderError::Store(_) => ErrorCode::RenderFailed,
            },
            Self::Store(_) => ErrorCode::RenderFailed,
        }
    }

    /// The reason, where the client can do something about it.
    fn detail(&self) -> Option<&dyn Display> {
        match self {
            Self::BadOptions(_)
            | Self::VariantNotFound
            | Self::PrivateFlexible
            | Self::Denied(_) => Some(self),
            Self::Render(error) => error.detail(),
            _ => None,
        }
    }
}

fn transform_code(error: &TransformError) -> ErrorCode {
    match error {
        TransformError::TooLarge { .. } | TransformError::AnimationTooLong { .. } => {
            ErrorCode::DeliveredTooLarge
        }
        TransformError::UnsupportedFormat | TransformError::Undecodable(_) => {
            ErrorCode::Undecodable
        }
        TransformError::NoVector => ErrorCode::NotConvertible,
        TransformError::Unencodable(_) => ErrorCode::RenderFailed,
    }
}

impl IntoResponse for DeliveryError {
    fn into_response(self) -> Response {
        if self.code().row().status >= 500 {
            tracing::error!(error = %self, "delivery failed");
        }
        Mark::Images.refuse(self.code(), self.detail())
    }
}
