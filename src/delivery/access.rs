//! May this request see this image? (pure)

use super::error::DeliveryError;
use crate::{domain::Image, signing::SignatureError};

/// What a private image takes to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Nothing: the variant never requires signed URLs.
    Everyone,
    /// A valid signature.
    Signature,
    /// It isn't: flexible variants are for public images, signed or not.
    Nobody,
}

/// Who may keep the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    Public,
    /// Whoever has the signed URL, until the second at which it ends, if it does.
    Signed {
        expiry: Option<i64>,
    },
}

/// Lets a request pass, or says why not. `verify` gives a signature's expiry.
pub(super) fn check(
    image: &Image,
    rule: Rule,
    verify: impl FnOnce() -> Result<Option<i64>, SignatureError>,
) -> Result<Audience, DeliveryError> {
    match rule {
        _ if !image.require_signed_urls => Ok(Audience::Public),
        Rule::Everyone => Ok(Audience::Public),
        Rule::Signature => {
            let expiry = verify().map_err(DeliveryError::Denied)?;
            Ok(Audience::Signed { expiry })
        }
        Rule::Nobody => Err(DeliveryError::PrivateFlexible),
    }
}
