//! `ApiError`: the only place where failures become codes of the API.

use axum::{
    Json,
    extract::multipart::MultipartError,
    http::{HeaderValue, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{
    envelope::{Failure, Message},
    suggest::suggest,
};
use crate::{
    domain::InvalidCustomId, error::ErrorCode, fetch::FetchError, ingest::IngestError,
    store::StoreError, transform::TransformError,
};

/// A failed request: a code of the catalogue and its text.
#[derive(Debug)]
pub(super) struct ApiError {
    code: ErrorCode,
    message: String,
    /// The gateway's closer explanation, in `errors[0].error_chain`.
    chain: Option<ErrorCode>,
    /// The path that was probably meant; ours, not the service's.
    meant: Option<String>,
}

/// A result of the API.
pub(super) type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub(super) fn worded(code: ErrorCode, message: String) -> Self {
        Self { code, message, chain: None, meant: None }
    }

    /// The code's own text, and what it was about.
    pub(super) fn because(code: ErrorCode, detail: impl std::fmt::Display) -> Self {
        Self::worded(code, format!("{}: {detail}", code.row().message))
    }

    pub(super) fn bad_request(detail: impl std::fmt::Display) -> Self {
        Self::because(ErrorCode::BadRequest, detail)
    }

    /// A header that the gateway refuses.
    pub(super) fn invalid_header(which: ErrorCode) -> Self {
        Self { chain: Some(which), ..ErrorCode::InvalidHeaders.into() }
    }

    /// A path that leads nowhere, with what it was probably meant to be.
    pub(super) fn no_route(method: &Method, uri: &Uri) -> Self {
        Self { meant: suggest(method.as_str(), uri.path()), ..ErrorCode::NoRoute.into() }
    }

    pub(super) fn could_not_route(uri: &Uri) -> Self {
        let path = uri.path();
        let message =
            format!("Could not route to {path}, perhaps your object identifier is invalid?");
        Self::worded(ErrorCode::CouldNotRoute, message)
    }

    pub(super) fn method_not_allowed(method: &Method) -> Self {
        let code = ErrorCode::MethodNotAllowed;
        Self::worded(code, format!("{method} {}", code.row().message))
    }

    /// The gateway leaves `result` and `messages` out of some of its refusals.
    fn is_short(&self) -> bool {
        use ErrorCode::{InvalidHeaders, MissingCredentials, NotAuthorized};
        matches!(self.code, MissingCredentials | InvalidHeaders | NotAuthorized)
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::worded(code, code.row().message.to_owned())
    }
}

impl From<InvalidCustomId> for ApiError {
    fn from(why: InvalidCustomId) -> Self {
        let code = ErrorCode::InvalidCustomId;
        Self::worded(code, format!("{}. {why}", code.row().message))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        ErrorCode::Internal.into()
    }
}

impl From<IngestError> for ApiError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::FileTooLarge => ErrorCode::FileTooLarge.into(),
            IngestError::CustomIdPrivate => ErrorCode::CustomIdPrivate.into(),
            IngestError::AlreadyExists => ErrorCode::AlreadyExists.into(),
            IngestError::NoDraft => ErrorCode::ImageNotFound.into(),
            IngestError::Image(error) => error.into(),
            IngestError::Store(error) => error.into(),
        }
    }
}

impl From<FetchError> for ApiError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::TooLarge => ErrorCode::FileTooLarge.into(),
            _ => Self::because(ErrorCode::FetchFailed, error),
        }
    }
}

impl From<TransformError> for ApiError {
    fn from(error: TransformError) -> Self {
        match &error {
            TransformError::UnsupportedFormat => ErrorCode::UnsupportedFormat.into(),
            TransformError::TooLarge { .. } => Self::because(ErrorCode::UploadDimensions, error),
            TransformError::AnimationTooLong { .. } => ErrorCode::AnimationTooLong.into(),
            TransformError::Undecodable(why) => Self::because(ErrorCode::UploadUndecodable, why),
            TransformError::NoVector | TransformError::Unencodable(_) => {
                tracing::error!(%error, "an upload is never encoded");
                ErrorCode::Internal.into()
            }
        }
    }
}

impl From<MultipartError> for ApiError {
    fn from(error: MultipartError) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::FileTooLarge.into(),
            _ => Self::bad_request(error.body_text()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let row = self.code.row();
        let item = |code: u16, message: String| Message { code, message, error_chain: Vec::new() };
        let chain = self.chain.map(ErrorCode::row);
        let chain = chain.map(|row| item(row.code, row.message.to_owned()));
        let long = !self.is_short();
        let error =
            Message { error_chain: chain.into_iter().collect(), ..item(row.code, self.message) };
        let messages = self.meant.into_iter();
        let messages = messages.map(|path| item(row.code, format!("Did you mean {path}?")));
        let body = Failure {
            result: long.then_some(None),
            success: false,
            errors: [error],
            messages: long.then_some(messages.collect()),
        };
        let status = StatusCode::from_u16(row.status).expect("the catalogue has HTTP statuses");
        let mark = HeaderValue::try_from(format!("err={}", row.code)).expect("digits fit a header");
        (status, [("cf-images", mark)], Json(body)).into_response()
    }
}
