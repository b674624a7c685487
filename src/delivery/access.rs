//! May this request see this image? (pure)

use std::fmt;

use chrono::{DateTime, Utc};

use super::error::DeliveryError;
use crate::{
    domain::{BrowserTtl, Image},
    signing::SignatureError,
};

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

impl Audience {
    /// How long an answer may be kept, as in `Cache-Control`. A signed URL's answer ends with its
    /// signature; the browser TTL is for public ones (§5).
    pub(super) fn cache_control(self, ttl: BrowserTtl, now: DateTime<Utc>) -> String {
        match self {
            Self::Public => {
                format!("public, max-age={}, stale-while-revalidate=7200", ttl.seconds())
            }
            Self::Signed { expiry: Some(expiry) } => {
                format!("private, max-age={}", (expiry - now.timestamp()).max(0))
            }
            Self::Signed { expiry: None } => format!("private, max-age={}", ttl.seconds()),
        }
    }
}

/// For people.
impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("granted to everyone"),
            Self::Signed { expiry: None } => f.write_str("granted by the signature, for ever"),
            Self::Signed { expiry: Some(expiry) } => {
                write!(f, "granted by the signature, until {expiry}")
            }
        }
    }
}
