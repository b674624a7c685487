//! `DeliveryError`: the only place where failures become codes of delivery. The body is one line
//! of text; the code is in the header `cf-images` too.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
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
    Render(#[from] RenderError),
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
            Self::ImageNotFound | Self::Render(RenderError::Gone) => ErrorCode::ImageMissing,
            Self::Render(RenderError::Transform(error)) => match error {
                TransformError::TooLarge { .. } | TransformError::AnimationTooLong { .. } => {
                    ErrorCode::DeliveredTooLarge
                }
                TransformError::UnsupportedFormat | TransformError::Undecodable(_) => {
                    ErrorCode::StoredUndecodable
                }
                TransformError::NoVector => ErrorCode::NotConvertible,
                TransformError::Unencodable(_) => ErrorCode::RenderFailed,
            },
            Self::Render(RenderError::Store(_)) | Self::Store(_) => ErrorCode::RenderFailed,
        }
    }

    /// The line that the client reads: the code's own text and, where the client can do something
    /// about it, the reason.
    fn text(&self) -> String {
        let row = self.code().row();
        let text = format!("ERROR {}: {}", row.code, row.message);
        match self {
            Self::BadOptions(_)
            | Self::VariantNotFound
            | Self::PrivateFlexible
            | Self::Denied(_)
            | Self::Render(RenderError::Transform(_)) => format!("{text}: {self}"),
            _ => text,
        }
    }
}

impl IntoResponse for DeliveryError {
    fn into_response(self) -> Response {
        let row = self.code().row();
        if row.status >= 500 {
            tracing::error!(error = %self, "delivery failed");
        }
        let status = StatusCode::from_u16(row.status).expect("the catalogue has HTTP statuses");
        let mark = HeaderValue::try_from(format!("err={}", row.code)).expect("digits fit a header");
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        ];
        (status, headers, [("cf-images", mark)], self.text()).into_response()
    }
}
