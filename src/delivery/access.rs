//! May this request see this image? (pure)

use super::error::DeliveryError;
use crate::{
    domain::{Image, Variant},
    signing::SignatureError,
};

/// A private image takes a valid signature, unless the variant is for everyone.
pub(super) fn check(
    image: &Image,
    variant: &Variant,
    verify: impl FnOnce() -> Result<(), SignatureError>,
) -> Result<(), DeliveryError> {
    if image.require_signed_urls && !variant.never_require_signed_urls {
        verify().map_err(DeliveryError::Denied)?;
    }
    Ok(())
}
