//! Signing keys: the secrets that signed delivery URLs are made with.

/// A named secret of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub name: String,
    /// Used as raw text by HMAC, never decoded.
    pub value: String,
}

impl SigningKey {
    /// The name of the key that every account starts with.
    pub const DEFAULT: &str = "default";
}
