//! Signed delivery URLs: HMAC-SHA-256 over path and expiry (delivery-and-transforms.md §5; pure).

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::SigningKey;

/// Why a request's signature doesn't open a private image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the URL is not signed")]
    Missing,
    #[error("the signed URL has expired")]
    Expired,
    // The service's own words, seen in 2023.
    #[error(
        "check failed: Malformed data found: The URL signature does not match. \
         Expecting SHA-256 HMAC of the path without domain nor query string"
    )]
    Mismatch,
}

/// The signature of `text`, in lower-case hex.
#[must_use]
pub fn sign(key: &SigningKey, text: &str) -> String {
    hex::encode(hmac(key, text).finalize().into_bytes())
}

/// The path that a signature is over: the short one, whichever form of URL it is for.
#[must_use]
pub fn short_path(path: &str) -> &str {
    match path.strip_prefix("/cdn-cgi/imagedelivery") {
        Some(short) if short.starts_with('/') => short,
        _ => path,
    }
}

/// The query that opens a short path until `expiry`, in Unix seconds; without one, for ever.
#[must_use]
pub fn signed_query(key: &SigningKey, path: &str, expiry: Option<i64>) -> String {
    match expiry {
        Some(expiry) => {
            let signature = sign(key, &format!("{path}?exp={expiry}"));
            format!("exp={expiry}&sig={signature}")
        }
        None => format!("sig={}", sign(key, path)),
    }
}

/// Checks the signature of a short path (`/<account hash>/<image id>/<variant>`, as sent) against
/// every key, since nothing in the URL names one. Gives the second at which it ends, if it does.
///
/// What is signed is the path with all of the query but `sig`, or with `exp` alone: what proxies
/// add to a URL doesn't break it.
pub fn verify(
    keys: &[SigningKey],
    path: &str,
    query: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, SignatureError> {
    let pairs = || query.split('&').filter(|pair| !pair.is_empty());
    let value = |name: &str| pairs().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let signature = value("sig").ok_or(SignatureError::Missing)?;
    if signature.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return Err(SignatureError::Mismatch);
    }
    let signature = hex::decode(signature).map_err(|_| SignatureError::Mismatch)?;

    let unsigned: Vec<_> = pairs().filter(|pair| !pair.starts_with("sig=")).collect();
    let expiry: Vec<_> = pairs().filter(|pair| pair.starts_with("exp=")).collect();
    let texts = [unsigned, expiry].map(|signed| match signed.as_slice() {
        [] => path.to_owned(),
        signed => format!("{path}?{}", signed.join("&")),
    });
    let matches = |key| texts.iter().any(|text| hmac(key, text).verify_slice(&signature).is_ok());
    if !keys.iter().any(matches) {
        return Err(SignatureError::Mismatch);
    }
    match value("exp").map(str::parse::<i64>) {
        None => Ok(None),
        Some(Ok(expiry)) if now.timestamp() <= expiry => Ok(Some(expiry)),
        Some(_) => Err(SignatureError::Expired),
    }
}

fn hmac(key: &SigningKey, text: &str) -> Hmac<Sha256> {
    let hmac = Hmac::<Sha256>::new_from_slice(key.value.as_bytes());
    hmac.expect("HMAC takes keys of any length").chain_update(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/Vi7wi5KSItxGFsWRG2Us6Q/cat/public";

    fn key(value: &str) -> SigningKey {
        SigningKey { name: value.parse().unwrap(), value: value.to_owned() }
    }

    fn check(query: &str) -> Result<Option<i64>, SignatureError> {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        verify(&[key("first"), key("second")], PATH, query, now)
    }

    #[test]
    fn any_key_of_the_account_opens_the_path() {
        for name in ["first", "second"] {
            let sig = sign(&key(name), &format!("{PATH}?exp=1000"));
            assert_eq!(check(&format!("exp=1000&sig={sig}")), Ok(Some(1000)));
        }
    }

    #[test]
    fn the_expiry_is_optional() {
        let sig = sign(&key("first"), PATH);
        assert_eq!(check(&format!("sig={sig}")), Ok(None));
    }

    #[test]
    fn the_rest_of_the_query_may_be_signed_or_not() {
        let bare = sign(&key("first"), PATH);
        let dated = sign(&key("first"), &format!("{PATH}?exp=1000"));
        let whole = sign(&key("first"), &format!("{PATH}?v=2&exp=1000"));

        assert_eq!(check(&format!("sig={bare}&v=2")), Ok(None));
        assert_eq!(check(&format!("exp=1000&sig={dated}&v=2")), Ok(Some(1000)));
        assert_eq!(check(&format!("v=2&exp=1000&sig={whole}")), Ok(Some(1000)));
    }

    #[test]
    fn an_expired_signature_is_refused() {
        let sig = sign(&key("first"), &format!("{PATH}?exp=999"));
        assert_eq!(check(&format!("exp=999&sig={sig}")), Err(SignatureError::Expired));
    }

    #[test]
    fn a_changed_url_is_refused() {
        let sig = sign(&key("first"), &format!("{PATH}?exp=2000"));
        let foreign = sign(&key("third"), PATH);

        assert_eq!(check(""), Err(SignatureError::Missing));
        assert_eq!(check(&format!("exp=3000&sig={sig}")), Err(SignatureError::Mismatch));
        assert_eq!(check(&format!("sig={sig}")), Err(SignatureError::Mismatch));
        assert_eq!(check(&format!("sig={foreign}")), Err(SignatureError::Mismatch));
        assert_eq!(check("sig=nothex"), Err(SignatureError::Mismatch));
        let upper = sign(&key("first"), PATH).to_uppercase();
        assert_eq!(check(&format!("sig={upper}")), Err(SignatureError::Mismatch));
    }
}
