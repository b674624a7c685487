//! Image delivery: `imagedelivery.net/<account hash>/<image id>/<variant>`, for browsers.
//!
//! The same answers under `/cdn-cgi/imagedelivery/…` on any host, and by the bare path.

mod access;
mod error;
mod known;
mod path;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, Uri, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    answer::{self, Mark, Prepared},
    app::App,
    call::Operation,
    domain::{AccountConfig, AccountId, BrowserTtl, Image, ImageId, SigningKey},
    error::Evidence,
    explain::{Explain, Explanation},
    render::Original,
    store::{Connection, accounts, images, signing_keys, variants},
    transform::{Options, Place, Reading},
};
use access::{Audience, Rule};
use error::{DeliveryError, Result};
use known::Known;
use path::{DeliveryPath, Last};

/// What can be asked of this surface.
pub(crate) const OPERATION: Operation = Operation {
    method: "get",
    path: "/{account_hash}/{*image}",
    evidence: Evidence::Documented,
    name: "Deliver an image",
};

/// One handler for every path: what a path means is not for a router to say.
pub(crate) fn router(app: App) -> Router {
    Router::new().fallback(deliver).with_state(Delivery { app, known: Known::default() })
}

/// What the handler has at hand.
#[derive(Clone)]
struct Delivery {
    app: App,
    known: Known,
}

/// What a delivery URL names, as it was when the request came.
struct Found {
    account: AccountId,
    image: Image,
    asked: Asked,
    keys: Vec<SigningKey>,
}

/// What is to be made of the image, and for whom: by a variant's name, or by options in the URL.
struct Asked {
    options: Options,
    /// What the client should know of options that were left out, or are only approximated.
    remarks: Vec<String>,
    browser_ttl: BrowserTtl,
    rule: Rule,
}

/// An image that the client may have.
struct Ready {
    account: AccountId,
    image: ImageId,
    audience: Audience,
    prepared: Prepared,
}

async fn deliver(State(delivery): State<Delivery>, request: Request) -> Response {
    let (Parts { method, uri, headers, extensions, .. }, _) = request.into_parts();
    if !matches!(method, Method::GET | Method::HEAD) {
        return answer::method_not_allowed();
    }
    if extensions.get::<Explain>().is_some() {
        return explanation(&delivery, &uri, &headers).await.into_response();
    }
    let delivered = async {
        let Ready { account, prepared, .. } = prepare(&delivery, &uri).await?;
        let answer = prepared.for_client(&headers);
        let mut response = answer.send(&delivery.app.renderer, &headers).await?;
        // Whose time the answer is dated by.
        response.extensions_mut().insert(account);
        Ok::<_, DeliveryError>(response)
    };
    delivered.await.unwrap_or_else(IntoResponse::into_response)
}

/// What the URL would do, and why.
async fn explanation(delivery: &Delivery, uri: &Uri, headers: &HeaderMap) -> Explanation {
    let mut explanation = Explanation::of("delivery", uri);
    let outcome = async {
        let Ready { image, audience, prepared, .. } = prepare(delivery, uri).await?;
        explanation.say("image", image.as_str());
        explanation.say("access", audience.to_string());
        Ok::<_, DeliveryError>(
            explanation.answer(prepared.for_client(headers), &delivery.app.renderer).await?,
        )
    };
    if let Err(error) = outcome.await {
        explanation.refuse(&error.refusal());
    }
    explanation
}

/// What the path means, and whether the client may have it.
async fn prepare(delivery: &Delivery, uri: &Uri) -> Result<Ready> {
    let path = DeliveryPath::parse(uri.path());
    let found = delivery.find(&path).await?;
    let Found { account, image, asked, keys } = &*found;
    let now = delivery.app.clock.of(account).now();
    let audience = access::check(image, asked.rule, || {
        path.verify(keys, uri.query().unwrap_or_default(), now)
    })?;
    let prepared = Prepared {
        mark: Mark::Images,
        original: Original::Stored(image.digest),
        options: asked.options.clone(),
        remarks: asked.remarks.clone(),
        cache_control: Some(audience.cache_control(asked.browser_ttl, now)),
        origin_etag: None,
    };
    Ok(Ready { account: account.clone(), image: image.id.clone(), audience, prepared })
}

impl Delivery {
    /// What the path names: as it is known, or as the store has it.
    async fn find(&self, path: &DeliveryPath) -> Result<Arc<Found>> {
        let generation = self.app.store.generation();
        if let Some(found) = self.known.get(path, generation) {
            return Ok(found);
        }
        let found = Arc::new(find(&self.app, path.clone()).await?);
        self.known.put(path.clone(), found.clone(), generation);
        Ok(found)
    }
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
            let keys = signing_keys::list(conn, &account.id)?;
            Ok(Found { account: account.id, image, asked, keys })
        })
        .await
}

fn asked(conn: &Connection, account: &AccountId, last: &Last) -> Result<Asked> {
    let AccountConfig { browser_ttl, flexible_variants, .. } = accounts::config(conn, account)?;
    match last {
        Last::Options(_) if !flexible_variants => Err(DeliveryError::FlexibleDisabled),
        Last::Options(text) => {
            let Reading { options, mut remarks } = Options::read(Place::Flexible, text)?;
            remarks.extend(options.caveats());
            Ok(Asked { options, remarks, browser_ttl, rule: Rule::Nobody })
        }
        Last::Variant(name) => {
            let name = name.parse().map_err(|_| DeliveryError::VariantNotFound)?;
            let variant = variants::find(conn, account, &name)?;
            let variant = variant.ok_or(DeliveryError::VariantNotFound)?;
            let open = variant.never_require_signed_urls;
            Ok(Asked {
                remarks: variant.options.caveats().collect(),
                options: variant.options,
                browser_ttl: variant.browser_ttl.unwrap_or(browser_ttl),
                rule: if open { Rule::Everyone } else { Rule::Signature },
            })
        }
    }
}
