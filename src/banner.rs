//! What a person sees on stdout when the server has started: where it is and what to try next.

use crate::{
    config::Settings,
    domain::{Account, SigningKey},
};

/// What is to be said of TLS.
pub struct Tls {
    /// The base URL.
    pub base: String,
    /// The CA's certificate, or the one that the settings name.
    pub file: String,
}

/// The banner. Its first line is for programs too: `tintype listening on <base URL>`.
#[must_use]
pub fn text(
    settings: &Settings,
    base: &str,
    tls: Option<&Tls>,
    account: &Account,
    keys: &[SigningKey],
) -> String {
    let Account { id, hash } = account;
    let data = if settings.ephemeral {
        "in a temporary folder, removed at exit".to_owned()
    } else {
        format!("in {}", settings.data.display())
    };
    let keys: Vec<_> = keys.iter().map(|key| format!("{} = {}", key.name, key.value)).collect();
    let keys = keys.join(", ");
    let own = settings.tls.certificate.is_some();
    let tls = tls.map(|Tls { base, file }| {
        let label = if own { "certificate" } else { "CA" };
        format!("\n  with TLS       {base}\n  {label:<14} {file}")
    });
    let tls = tls.unwrap_or_default();
    format!(
        "tintype listening on {base}{tls}
  data           {data}
  account id     {id}
  account hash   {hash}
  signing key    {keys}
  try            curl -H 'Authorization: Bearer any' -F file=@fixtures/photo.jpg {base}/client/v4/accounts/{id}/images/v1
"
    )
}
