//! `DeliveryError`: where failures of delivery become codes.

use std::{fmt::Display, sync::Arc};

use axum::response::{IntoResponse, Response};

use crate::{
    answer::{self, Mark, Refusal},
    error::ErrorCode,
    render::RenderError,
    signing::SignatureError,
    store::StoreError,
    transform::InvalidOption,
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
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownHash => ErrorCode::UnknownAccountHash,
            Self::PathNotFound => ErrorCode::PathNotFound,
            Self::FlexibleDisabled => ErrorCode::FlexibleDisabled,
            Self::BadOptions(_) => ErrorCode::BadOptions,
            Self::VariantNotFound | Self::PrivateFlexible | Self::Denied(_) => {
                ErrorCode::AccessDenied
            }
            Self::ImageNotFound => ErrorCode::ImageMissing,
            Self::Render(error) => answer::render_code(error),
            Self::Store(_) => ErrorCode::RenderFailed,
        }
    }

    /// What the client is told.
    pub(super) fn refusal(&self) -> Refusal {
        let detail: Option<&dyn Display> = match self {
            Self::BadOptions(_)
            | Self::VariantNotFound
            | Self::PrivateFlexible
            | Self::Denied(_) => Some(self),
            Self::Render(error) => error.detail(),
            _ => None,
        };
        Refusal::new(self.code(), detail)
    }
}

impl IntoResponse for DeliveryError {
    fn into_response(self) -> Response {
        let refusal = self.refusal();
        if refusal.status.is_server_error() {
            tracing::error!(error = %self, "delivery failed");
        }
        Mark::Images.refuse(&refusal)
    }
}
