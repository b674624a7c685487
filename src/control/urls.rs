//! `/_tintype/urls`: what the URLs in answers begin with, and `/_tintype/ca.pem`: whom to trust when
//! they begin with https.

use axum::{
    Extension, Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fields,
    asked::{self, Refusal, Result},
};
use crate::{
    app::App,
    config::PublicUrl,
    urls::{Address, Bases, Urls},
};

pub(super) const FIELDS: Fields = &[
    ("public", "what every URL begins with, as `--public-url`"),
    ("delivery", "what the URLs of images begin with, as `--delivery-url`"),
    ("upload", "what upload URLs begin with, as `--upload-url`"),
];

/// The bases to set. What isn't named goes by what a request's client calls us.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    public: Option<String>,
    delivery: Option<String>,
    upload: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    _: asked::Nothing,
) -> Json<Value> {
    shown(&app, &address)
}

pub(super) async fn set(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    _: asked::Nothing,
    asked::JsonObject(wanted): asked::JsonObject<Wanted>,
) -> Result<Json<Value>> {
    let bases = Bases {
        public: base("public", wanted.public)?,
        delivery: base("delivery", wanted.delivery)?,
        upload: base("upload", wanted.upload)?,
    };
    app.bases.set(Some(bases));
    Ok(shown(&app, &address))
}

pub(super) async fn unset(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    _: asked::Nothing,
) -> Json<Value> {
    app.bases.set(None);
    shown(&app, &address)
}

fn base(name: &str, text: Option<String>) -> Result<Option<String>> {
    let parse = |text: String| match text.parse::<PublicUrl>() {
        Ok(base) => Ok(base.as_str().to_owned()),
        Err(why) => Err(Refusal::bad(&format!("{name}: {why}"))),
    };
    text.map(parse).transpose()
}

/// What is set, and what it makes of the request that asks.
fn shown(app: &App, address: &Address) -> Json<Value> {
    let bases = app.bases.get();
    let urls = Urls::new(bases.clone(), address);
    let [delivery, upload] = urls.bases();
    let Bases { public, delivery: set_delivery, upload: set_upload } = bases;
    Json(json!({
        "set": { "public": public, "delivery": set_delivery, "upload": set_upload },
        "here": { "delivery": delivery, "upload": upload },
    }))
}

/// The CA's certificate, for whoever can't read the data folder.
pub(super) async fn authority(State(app): State<App>, _: asked::Nothing) -> Result<Response> {
    let why = match (&app.authority, app.settings.tls.listen) {
        (Some(pem), _) => {
            let label = [(header::CONTENT_TYPE, "application/x-pem-file")];
            return Ok((label, pem.to_string()).into_response());
        }
        (None, Some(_)) => {
            "TLS is spoken with the certificate of --tls-cert: its CA isn't known here"
        }
        (None, None) => "TLS is off: --tls turns it on",
    };
    Err(Refusal::not_found(why))
}
