//! Image delivery: `imagedelivery.net/<account hash>/<image id>/<variant>`, for browsers.
//!
//! The same answers under `/cdn-cgi/imagedelivery/…` on any host, and by the bare path.

mod access;
mod error;
mod path;
mod response;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    domain::{AccountConfig, AccountId, BrowserTtl, Image, SigningKey},
    render::{self, RenditionKey},
    store::{Connection, accounts, images, signing_keys, variants},
    transform::{Accepts, Client, Options, Place, Reading},
};
use access::Rule;
use error::{DeliveryError, Result};
use path::{DeliveryPath, Last};

/// One handler for every path: what a path means is not for a router to say.
pub(crate) fn router(app: App) -> Router {
    Router::new().fallback(deliver).with_state(app)
}

/// What a delivery URL names, as it was when the request came.
struct Found {
    image: Image,
    asked: Asked,
    keys: Vec<SigningKey>,
}

/// What is to be made of the image, and for whom: by a variant's name, or by options in the URL.
struct Asked {
    options: Options,
    /// What the client should know of options in the URL that were left out.
    remarks: Vec<String>,
    browser_ttl: BrowserTtl,
    rule: Rule,
}

async fn deliver(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return response::method_not_allowed();
    }
    let delivered = variant_of_image(&app, &parts.uri, &parts.headers).await;
    delivered.unwrap_or_else(IntoResponse::into_response)
}

async fn variant_of_image(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<Response> {
    let path = DeliveryPath::parse(uri.path());
    let Found { image, asked, keys } = find(app, path.clone()).await?;
    let now = app.clock.now();
    let audience = access::check(&image, asked.rule, || {
        path.verify(&keys, uri.query().unwrap_or_default(), now)
    })?;

    let client = Client::read(|name| all_values(headers, name));
    let vary = asked.options.varies_by();
    let remarks = asked.remarks.into_iter().chain(asked.options.caveats()).collect();
    let options = asked.options.for_client(&client);
    // What the client accepts makes a difference only where the format is open.
    let accepts = if vary.contains(&"accept") { client.accepts } else { Accepts::default() };
    let key = RenditionKey::new(image.digest, &options, accepts);
    let cache_control = response::cache_control(audience, asked.browser_ttl, now);
    let validators = response::Validators::new(&key, cache_control, &vary);
    if validators.still_hold(headers) {
        return Ok(validators.not_modified());
    }
    let rendition = render::render(app, &image, options, accepts).await?;
    Ok(validators.deliver(rendition, remarks))
}

/// The values of every line of a header; empty if there is none.
fn all_values(headers: &HeaderMap, name: &str) -> String {
    let lines = headers.get_all(name).iter();
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    lines.join(",")
}

/// Looks up what the path names, in the order of the decision table (§7.5): hash, shape, variant,
/// image.
async fn find(app: &App, path: DeliveryPath) -> Result<Found> {
    app.store
        .read(move |conn| {
            let hash = path.hash.ok_or(DeliveryError::UnknownHash)?;
            let account = accounts::find_by_hash(conn, &hash)?.ok_or(DeliveryError::UnknownHash)?;
            let target = path.target.ok_or(DeliveryError::PathNotFound)?;
            let asked = asked(conn, &account.id, &target.last)?;
            let image = images::find(conn, &account.id, &target.image)?;
            let image = image.ok_or(DeliveryError::ImageNotFound)?;
            Ok(Found { image, asked, keys: signing_keys::list(conn, &account.id)? })
        })
        .await
}

fn asked(conn: &Connection, account: &AccountId, last: &Last) -> Result<Asked> {
    let AccountConfig { browser_ttl, flexible_variants, .. } = accounts::config(conn, account)?;
    match last {
        Last::Options(_) if !flexible_variants => Err(DeliveryError::FlexibleDisabled),
        Last::Options(text) => {
            let Reading { options, remarks } = Options::read(Place::Flexible, text)?;
            Ok(Asked { options, remarks, browser_ttl, rule: Rule::Nobody })
        }
        Last::Variant(name) => {
            let name = name.parse().map_err(|_| DeliveryError::VariantNotFound)?;
            let variant = variants::find(conn, account, &name)?;
            let variant = variant.ok_or(DeliveryError::VariantNotFound)?;
            let open = variant.never_require_signed_urls;
            Ok(Asked {
                options: variant.options,
                remarks: Vec::new(),
                browser_ttl: variant.browser_ttl.unwrap_or(browser_ttl),
                rule: if open { Rule::Everyone } else { Rule::Signature },
            })
        }
    }
}
