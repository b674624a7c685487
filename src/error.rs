//! The table of error codes: everything a client can be told went wrong, on every surface.
//!
//! The table knows numbers and texts. Which failure becomes which code is decided where a surface
//! maps its errors (`api::error`, `delivery::error`, `zone::error`, and `answer` for what the last two
//! share) and nowhere else.

/// How sure we are that the real service answers with this code and status. The wording is nearly
/// always ours: clients go by the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// In the service's published documentation or OpenAPI document.
    Documented,
    /// Seen in a recorded answer of the real service.
    Observed,
    /// Our choice where the public record is silent or contradicts itself.
    Assumed,
}

impl Evidence {
    /// As documents and tables name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Assumed => "assumed",
        }
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The name this program uses for the error.
    pub name: &'static str,
    /// The number in `errors[].code` or in the `cf-images: err=` header.
    pub code: u16,
    /// The HTTP status it travels with.
    pub status: u16,
    /// How the code, status and text are known.
    pub evidence: Evidence,
    /// The text, or its beginning where a detail follows.
    pub message: &'static str,
}

macro_rules! catalogue {
    ($($name:ident $code:literal $status:literal $evidence:ident $message:literal)*) => {
        /// An error the service can answer with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode { $(#[doc = $message] $name),* }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name),*];

            /// The code's row in the catalogue.
            #[must_use]
            pub const fn row(self) -> Row {
                match self {
                    $(ErrorCode::$name => Row {
                        name: stringify!($name),
                        code: $code,
                        status: $status,
                        evidence: Evidence::$evidence,
                        message: $message,
                    }),*
                }
            }
        }
    };
}

catalogue! {
    // The API gateway, before Images sees the request.
    InvalidHeaders          6003 400 Observed   "Invalid request headers"
    InvalidEmailHeader      6102 400 Assumed    "Invalid format for X-Auth-Email header"
    InvalidKeyHeader        6103 400 Observed   "Invalid format for X-Auth-Key header"
    InvalidAuthorization    6111 400 Observed   "Invalid format for Authorization header"
    NoRoute                 7000 404 Observed   "No route for that URI"
    CouldNotRoute           7003 404 Observed   "Could not route to"
    MissingCredentials      9106 400 Observed   "Missing X-Auth-Key, X-Auth-Email or Authorization headers"
    InvalidToken           10000 401 Observed   "Authentication error"
    NotAuthorized          10000 403 Observed   "Authentication error"
    MethodNotAllowed       10000 405 Observed   "method not allowed for the api_token authentication scheme"

    // The Images API.
    BadRequest              5400 400 Documented "Bad request"
    VariantNotFound         5401 404 Observed   "Variant not found"
    NotSubscribed           5403 403 Assumed    "The account is not valid or not authorized to use Images"
    ImageNotFound           5404 404 Observed   "Image not found"
    TooSlow                 5408 408 Assumed    "The client sends too slowly"
    AlreadyExists           5409 409 Observed   "Resource already exists"
    CustomIdPrivate         5410 400 Assumed    "This image contains a custom ID and cannot be set to private. Delete the image and upload it again with a regular ID"
    InvalidCustomId         5411 400 Assumed    "The custom ID is invalid"
    FileTooLarge            5413 413 Assumed    "The image is over the 10 MB limit"
    NotMultipart            5415 415 Observed   "The content type must be multipart/form-data"
    Aborted                 5433 400 Assumed    "The connection was aborted by the client"
    AnimationTooLong        5443 400 Assumed    "The animation is too long: at most 100 million pixels over all frames are allowed"
    ReceiveFailed           5450 400 Assumed    "An error occurred while receiving the upload"
    ServiceLimit            5453 403 Assumed    "The service limit of the account is reached (100000). Upgrade your plan"
    FetchFailed             5454 400 Assumed    "The image could not be fetched from the url"
    UnsupportedFormat       5455 415 Observed   "Unsupported image format. Accepted content types: image/jpeg, image/png, image/webp, image/gif, image/svg+xml"
    InternalImages          5500 500 Documented "Internal error"
    Unavailable             5503 503 Documented "The service is unavailable"
    StorageFailed           5540 500 Documented "Storage error"
    PurgeFailed             5541 500 Documented "Cache purge error"
    AccountLoadFailed       5542 500 Documented "The account could not be loaded"
    AuditFailed             5543 500 Documented "Audit log error"
    AbuseFailed             5544 500 Documented "Abuse operation error"
    Internal                5550 500 Documented "Internal Server Error"
    RateLimited              971 429 Assumed    "Please wait and consider throttling your request speed"
    EntityTooLarge          7011 413 Observed   "Request entity too large"
    UploadUndecodable       9422 422 Assumed    "Decode error: image failed to be decoded"
    UploadDimensions        9413 413 Assumed    "The image is too large"

    // Delivery, hosted and of zones.
    BadOptions              9401 400 Documented "Missing or invalid resizing parameters"
    ImageMissing            9404 404 Observed   "Image not found"
    NotConvertible          9412 415 Documented "The image can't be converted"
    DeliveredTooLarge       9413 403 Documented "The image is too large"
    AccessDenied            9425 403 Observed   "Image access denied"
    UnknownAccountHash      9427 403 Documented "Access denied: there is no account with this hash"
    FlexibleDisabled        9429 403 Documented "Flexible variants are not enabled for the account"
    PathNotFound            9431 404 Documented "Not found"
    Undecodable             9516 422 Documented "The image could not be decoded"
    RenderFailed            9517 500 Assumed    "Internal error"
    Busy                    9522 503 Documented "Too busy"

    // Sources of zones.
    OriginNotAllowed        9401 403 Documented "The origin of the source image is not allowed"
    SourceTooLarge          9402 413 Documented "The file is too large"
    Loop                    9403 508 Documented "Images are transformed once"
    InvalidSource           9406 403 Documented "Invalid URL"
    Unresolved              9407 523 Documented "Could not resolve the host"
    OriginRefused           9408 408 Documented "Could not fetch the image"
    CutOff                  9416 422 Documented "Error while downloading the image"
    UnescapedSource         9419 403 Documented "The URL is not allowed"
    BadRedirect             9420 400 Documented "Redirect to an invalid URL"
    TooManyRedirects        9421 400 Documented "Too many redirects"
    NoAnswer                9504 522 Documented "Could not fetch the image in time"
    SlowDownload            9504 524 Documented "Could not download the image in time"
    FetchBroken             9505 502 Documented "Could not fetch the image"
    OriginFailed            9509 502 Documented "The origin failed"
    Unreachable             9510 523 Documented "The origin is unreachable"
    OriginBadRequest        9519 502 Documented "The origin called it a bad request"
    SourceUnsupported       9520 415 Observed   "Original image has unsupported format"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_and_status_name_one_row() {
        for (index, one) in ErrorCode::ALL.iter().enumerate() {
            for other in &ErrorCode::ALL[index + 1..] {
                let (one, other) = (one.row(), other.row());
                assert!(
                    (one.code, one.status) != (other.code, other.status),
                    "{} and {} are both {} with status {}",
                    one.name,
                    other.name,
                    one.code,
                    one.status,
                );
            }
        }
    }
}
