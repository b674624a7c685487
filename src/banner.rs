//! What a person sees on stdout when the server has started: where it is and what to try next.

use crate::{
    config::Settings,
    domain::{Account, SigningKey},
    start::Bases,
};

/// The banner. Its first line is for programs too: `tintype listening on <base URL>`.
#[must_use]
pub fn text(settings: &Settings, bases: &Bases, account: &Account, keys: &[SigningKey]) -> String {
    let Account { id, hash } = account;
    let data = if settings.ephemeral {
        "in a temporary folder, removed at exit".to_owned()
    } else {
        format!("in {}", settings.data.display())
    };
    let keys: Vec<_> = keys.iter().map(|key| format!("{} = {}", key.name, key.value)).collect();
    let keys = keys.join(", ");
    let label = if settings.tls.certificate.is_some() { "certificate" } else { "CA" };
    let tls =
        bases.secured.iter().zip(&bases.certificate).map(|(base, file)| {
            format!("\n  with TLS       {base}\n  {label:<14} {}", file.display())
        });
    let tls: String = tls.collect();
    let base = &bases.plain;
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
