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

/// Lets a request pass, or says why not.
pub(super) fn check(
    image: &Image,
    rule: Rule,
    verify: impl FnOnce() -> Result<(), SignatureError>,
) -> Result<(), DeliveryError> {
    match rule {
        _ if !image.require_signed_urls => Ok(()),
        Rule::Everyone => Ok(()),
        Rule::Signature => verify().map_err(DeliveryError::Denied),
        Rule::Nobody => Err(DeliveryError::PrivateFlexible),
    }
}
