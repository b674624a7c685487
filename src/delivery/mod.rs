//! Image delivery: `imagedelivery.net/<account hash>/<image id>/<variant>`, for browsers.
//!
//! The same answers under `/cdn-cgi/imagedelivery/…` on any host, and by the bare path.

mod access;
mod error;
mod known;
mod latest;
mod path;

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    answer::{self, Answer, Mark, Prepared},
    app::App,
    call::Operation,
    domain::{AccountConfig, AccountId, BrowserTtl, Image, SigningKey},
    error::Evidence,
    explain::{Explain, Explanation},
    render::Original,
    store::{Connection, accounts, images, signing_keys, variants},
    transform::{Options, Place, Reading},
};
use access::{Audience, Rule};
use error::{DeliveryError, Result};
use known::Known;
use latest::Latest;
use path::{DeliveryPath, Last};

/// What can be asked of this surface.
pub(crate) const OPERATION: Operation = Operation {
    method: "get",
    path: "/{account_hash}/{*image}",
    evidence: Evidence::Documented,
    name: "Deliver an image",
};

/// Answers for every path: what a path means is not for a router to say. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Delivery {
    app: App,
    known: Known,
}

/// What a delivery URL names, as it was when the request came.
struct Found {
    path: DeliveryPath,
    account: AccountId,
    image: Image,
    prepared: Prepared,
    browser_ttl: BrowserTtl,
    rule: Rule,
    keys: Vec<SigningKey>,
    /// The latest answer: most requests are like the one before.
    latest: Latest,
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
    found: Arc<Found>,
    audience: Audience,
    answer: Arc<Answer>,
}

impl Delivery {
    pub(crate) fn new(app: App) -> Self {
        Self { app, known: Known::default() }
    }

    pub(crate) async fn answer(&self, request: Request) -> Response {
        let (Parts { method, uri, headers, extensions, .. }, _) = request.into_parts();
        if !matches!(method, Method::GET | Method::HEAD) {
            return answer::method_not_allowed();
        }
        if extensions.get::<Explain>().is_some() {
            return Box::pin(self.explanation(&uri, &headers)).await.into_response();
        }
        let delivered = async {
            let Ready { found, answer, .. } = self.prepare(&uri, &headers).await?;
            let mut response = answer.send(&self.app.renderer, &headers).await?;
            // Whose time the answer is dated by.
            response.extensions_mut().insert(found.account.clone());
            Ok::<_, DeliveryError>(response)
        };
        delivered.await.unwrap_or_else(IntoResponse::into_response)
    }

    /// What the URL would do, and why.
    async fn explanation(&self, uri: &Uri, headers: &HeaderMap) -> Explanation {
        let mut explanation = Explanation::of("delivery", uri);
        let outcome = async {
            let Ready { found, audience, answer } = self.prepare(uri, headers).await?;
            explanation.say("image", found.image.id.as_str());
            explanation.say("access", audience.to_string());
            Ok::<_, DeliveryError>(explanation.answer(&answer, &self.app.renderer).await?)
        };
        if let Err(error) = outcome.await {
            explanation.refuse(&error.refusal());
        }
        explanation
    }

    /// What the path means, and whether the client may have it.
    async fn prepare(&self, uri: &Uri, headers: &HeaderMap) -> Result<Ready> {
        let found = self.find(uri.path()).await?;
        let Found { path, prepared, keys, .. } = &*found;
        let now = self.app.clock.of(&found.account).now();
        let audience = access::check(&found.image, found.rule, || {
            path.verify(keys, uri.query().unwrap_or_default(), now)
        })?;
        let cache_control = audience.cache_control(found.browser_ttl, now);
        let answer = found.latest.answer(prepared, prepared.client(headers), cache_control);
        Ok(Ready { found, audience, answer })
    }

    /// What a path, as sent, names: as it is known, or as the store has it.
    async fn find(&self, path: &str) -> Result<Arc<Found>> {
        let generation = self.app.store.generation();
        if let Some(found) = self.known.get(path, generation) {
            return Ok(found);
        }
        let found = Box::pin(find(&self.app, DeliveryPath::parse(path))).await?;
        let found = Arc::new(found);
        self.known.put(path.to_owned(), found.clone(), generation);
        Ok(found)
    }
}

/// Looks up what the path names, in the order of the decision table (§7.5): hash, shape, variant,
/// image.
async fn find(app: &App, path: DeliveryPath) -> Result<Found> {
    app.store
        .read(move |conn| {
            let hash = path.hash.as_ref().ok_or(DeliveryError::UnknownHash)?;
            let account = accounts::find_by_hash(conn, hash)?.ok_or(DeliveryError::UnknownHash)?;
            let target = path.target.as_ref().ok_or(DeliveryError::PathNotFound)?;
            let asked = asked(conn, &account.id, &target.last)?;
            let image = images::find(conn, &account.id, &target.image)?;
            let image = image.ok_or(DeliveryError::ImageNotFound)?;
            let Asked { options, remarks, browser_ttl, rule } = asked;
            let prepared = Prepared {
                mark: Mark::Images,
                original: Original::Stored(image.digest),
                options,
                remarks,
                origin_etag: None,
            };
            let keys = signing_keys::list(conn, &account.id)?;
            let (account, latest) = (account.id, Latest::default());
            Ok(Found { path, account, image, prepared, browser_ttl, rule, keys, latest })
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
