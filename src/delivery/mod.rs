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
    http::{HeaderMap, Method, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    domain::{Account, Image, SigningKey, Variant},
    render::{self, RenditionKey},
    store::{accounts, images, signing_keys, variants},
    transform::Accepts,
};
use error::{DeliveryError, Result};
use path::{DeliveryPath, Last};

/// One handler for every path: what a path means is not for a router to say.
pub(crate) fn router(app: App) -> Router {
    Router::new().fallback(deliver).with_state(app)
}

/// What a delivery URL names, as it was when the request came.
struct Found {
    image: Image,
    variant: Variant,
    keys: Vec<SigningKey>,
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
    let found = find(app, path.clone()).await?;
    access::check(&found.image, &found.variant, || {
        path.verify(&found.keys, uri.query().unwrap_or_default(), app.clock.now())
    })?;

    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accepts = Accepts::parse(accept.unwrap_or_default());
    let options = found.variant.options.clone();
    let key = RenditionKey::new(found.image.digest, &options, accepts);
    let validators = response::Validators::new(&key, found.variant.browser_ttl);
    if validators.still_hold(headers) {
        return Ok(validators.not_modified());
    }
    let rendition = render::render(app, &found.image, options, accepts).await?;
    Ok(validators.deliver(rendition))
}

/// Looks up what the path names, in the order of the decision table (§7.5): hash, shape, variant,
/// image.
async fn find(app: &App, path: DeliveryPath) -> Result<Found> {
    app.store
        .read(move |conn| {
            let hash = path.hash.ok_or(DeliveryError::UnknownHash)?;
            let account = accounts::find_by_hash(conn, &hash)?.ok_or(DeliveryError::UnknownHash)?;
            let Account { id: account, .. } = account;
            let target = path.target.ok_or(DeliveryError::PathNotFound)?;
            let variant = match target.last {
                // No account has the switch on yet: it comes with the config endpoint.
                Last::Options => return Err(DeliveryError::FlexibleDisabled),
                Last::Variant(name) => match name.parse() {
                    Ok(name) => variants::find(conn, &account, &name)?,
                    Err(_) => None,
                },
            };
            let variant = variant.ok_or(DeliveryError::VariantNotFound)?;
            let image = images::find(conn, &account, &target.image)?;
            let image = image.ok_or(DeliveryError::ImageNotFound)?;
            Ok(Found { image, variant, keys: signing_keys::list(conn, &account)? })
        })
        .await
}
