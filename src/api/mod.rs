//! The management API, for holders of a token. Every answer is the envelope, failures included; an
//! unknown path or method is answered as the gateway in front of the service does.
//!
//! Two more doors speak the same dialect: the batch host, where a token stands for the account, and
//! the one-time upload URLs.

mod envelope;
mod error;

mod credentials;
pub(crate) mod drain;
mod extract;
mod form;
mod metadata;
mod suggest;

mod batch;
mod config;
mod direct_uploads;
mod edit;
mod images;
mod images_v2;
mod keys;
mod stats;
mod upload_url;
mod variants;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, Method, StatusCode, Uri},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, patch, post, put},
};

use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    app::App,
    call::Operation,
    domain::AccountId,
    error::{ErrorCode, Evidence},
};
use credentials::Door;
use error::ApiError;

macro_rules! operations {
    ($($method:ident $path:literal $file:ident::$handler:ident $evidence:ident $name:literal)*) => {
        /// The endpoints, behind `/client/v4/accounts/{account_id}/images`, or behind `/images` on
        /// the batch host.
        pub(crate) const OPERATIONS: &[Operation] = &[$(Operation {
            method: stringify!($method),
            path: $path,
            evidence: Evidence::$evidence,
            name: $name,
        }),*];

        /// What answers each.
        const ROUTES: &[fn() -> MethodRouter<App>] = &[$(|| $method($file::$handler)),*];
    };
}

// Ids contain slashes, and the path of an image's bytes ends in /blob: `ImagePath` takes it apart.
operations! {
    post   "/v1"                             images::upload             Documented "Upload an image"
    get    "/v1"                             images::list               Documented "List images"
    get    "/v1/{*image}"                    images::details_or_blob    Documented "Image details, base image"
    patch  "/v1/{*image}"                    edit::edit                 Documented "Update image"
    delete "/v1/{*image}"                    images::delete             Documented "Delete image"
    get    "/v1/stats"                       stats::usage               Documented "Images usage statistics"
    get    "/v1/variants"                    variants::list             Documented "List variants"
    post   "/v1/variants"                    variants::create           Documented "Create a variant"
    get    "/v1/variants/{variant_id}"       variants::details          Documented "Variant details"
    patch  "/v1/variants/{variant_id}"       variants::edit             Documented "Update a variant"
    delete "/v1/variants/{variant_id}"       variants::delete           Documented "Delete a variant"
    get    "/v1/variants/{variant_id}/flat"  variants::details_flat     Documented "Variant details, flat"
    get    "/v1/keys"                        keys::list                 Documented "List signing keys"
    put    "/v1/keys/{key_name}"             keys::put                  Documented "Create a new signing key"
    delete "/v1/keys/{key_name}"             keys::delete               Documented "Delete signing key"
    get    "/v1/config"                      config::details            Observed   "Account configuration"
    patch  "/v1/config"                      config::edit               Documented "Update account configuration"
    get    "/v1/batch_token"                 batch::create_token        Documented "Batch token"
    post   "/v1/direct_upload"               direct_uploads::create_v1  Documented "Create authenticated direct upload URL"
    get    "/v2"                             images_v2::list            Documented "List images V2"
    post   "/v2/direct_upload"               direct_uploads::create_v2  Documented "Create authenticated direct upload URL V2"
}

/// What can be done with a one-time upload URL.
pub(crate) const UPLOAD: Operation = Operation {
    method: "post",
    path: "/upload/{account_hash}/{*image}",
    evidence: Evidence::Documented,
    name: "Upload with a one-time URL",
};

/// The operation that a request to the API or to the batch host is for.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let inner = match path.strip_prefix("/client/v4/accounts/") {
        Some(path) => path.split_once('/')?.1.strip_prefix("images")?,
        None => path.strip_prefix("/batch").unwrap_or(path).strip_prefix("/images")?,
    };
    Operation::find(OPERATIONS, method, inner)
}

/// A refusal that somebody else decides on, in the envelope.
pub(crate) fn refuse(code: ErrorCode, status: StatusCode, message: String) -> Response {
    let mut response = ApiError::worded(code, message).into_response();
    *response.status_mut() = status;
    response
}

/// The account that a request to the batch host is for, if its token is good.
pub(crate) async fn batch_account(app: &App, headers: &HeaderMap) -> Option<AccountId> {
    credentials::batch_account(app, headers).await.ok()
}

/// The API itself.
pub(crate) fn router(app: App) -> Router {
    let routes = Router::new().nest("/client/v4/accounts/{account_id}/images", operations());
    finish(routes, Door::Api, app)
}

/// The batch host, and `/batch` on any other.
pub(crate) fn batch_router(app: App) -> Router {
    let routes = Router::new().nest("/images", operations()).nest("/batch/images", operations());
    finish(routes, Door::Batch, app)
}

/// The one-time upload URLs: on their own host, and under `/upload` on any other.
pub(crate) fn upload_router(app: App) -> Router {
    Router::new()
        .fallback(
            post(upload_url::upload).options(upload_url::preflight).fallback(method_not_allowed),
        )
        .layer(DefaultBodyLimit::max(form::PATIENCE))
        .layer(middleware::from_fn(drain::read_to_the_end))
        .layer(middleware::map_response(upload_url::for_every_origin))
        .with_state(app)
}

fn operations() -> Router<App> {
    let routes = OPERATIONS.iter().zip(ROUTES);
    routes.fold(Router::new(), |router, (operation, route)| router.route(operation.path, route()))
}

fn finish(routes: Router<App>, door: Door, app: App) -> Router {
    routes
        .fallback(no_route)
        .method_not_allowed_fallback(method_not_allowed)
        // The form has limits of its own; this one is for what never ends.
        .layer(DefaultBodyLimit::max(form::PATIENCE))
        .layer(CatchPanicLayer::custom(|_| ApiError::from(ErrorCode::Internal).into_response()))
        .layer(middleware::from_fn(drain::read_to_the_end))
        .layer(Extension(door))
        .with_state(app)
}

async fn no_route(method: Method, uri: Uri) -> ApiError {
    ApiError::no_route(&method, &uri)
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}
