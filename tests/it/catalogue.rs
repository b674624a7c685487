//! Every row of the table of error codes: the request that provokes it, or why only a fault can.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::Request,
};
use futures_util::stream;
use tintype::{config::Auth, error::ErrorCode};

use crate::support::{Form, HASH, Response, TestApp, origin::Origin};

const STATS: &str = "/client/v4/accounts/mine/images/v1/stats";

/// What is known of a row.
enum Row {
    ProvokedBy(Response),
    /// No request does it, for this reason.
    OnlyByFault(&'static str),
}

#[tokio::test]
async fn every_row_is_provoked_or_says_why_not() {
    for code in ErrorCode::ALL {
        let row = code.row();
        match provoke(*code).await {
            Row::ProvokedBy(response) => {
                assert_eq!(response.status, row.status, "{}: {}", row.name, response.text());
                let text = response.text();
                let number = row.code.to_string();
                assert!(text.contains(&number), "{} has code {number}: {text}", row.name);
            }
            Row::OnlyByFault(why) => assert!(why.ends_with('.'), "{} needs a reason", row.name),
        }
    }
}

async fn provoke(code: ErrorCode) -> Row {
    use ErrorCode as E;
    match code {
        E::InvalidHeaders
        | E::InvalidEmailHeader
        | E::InvalidKeyHeader
        | E::InvalidAuthorization
        | E::NoRoute
        | E::CouldNotRoute
        | E::MissingCredentials
        | E::InvalidToken
        | E::NotAuthorized
        | E::MethodNotAllowed => Row::ProvokedBy(at_the_gateway(code).await),

        E::BadRequest
        | E::VariantNotFound
        | E::ImageNotFound
        | E::TooSlow
        | E::AlreadyExists
        | E::CustomIdPrivate
        | E::InvalidCustomId
        | E::FileTooLarge
        | E::NotMultipart
        | E::AnimationTooLong
        | E::FetchFailed
        | E::UnsupportedFormat
        | E::Internal
        | E::UploadUndecodable
        | E::UploadDimensions => Row::ProvokedBy(in_the_api(code).await),

        E::DeliveredTooLarge
        | E::ImageMissing
        | E::BadOptions
        | E::AccessDenied
        | E::UnknownAccountHash
        | E::NotConvertible
        | E::FlexibleDisabled
        | E::PathNotFound
        | E::Undecodable
        | E::RenderFailed => Row::ProvokedBy(in_delivery(code).await),

        // A row that no zone provokes either is found out by its status.
        _ => match only_by_fault(code) {
            Some(why) => Row::OnlyByFault(why),
            None => Row::ProvokedBy(on_a_zone(code).await),
        },
    }
}

fn only_by_fault(code: ErrorCode) -> Option<&'static str> {
    use ErrorCode as E;
    Some(match code {
        E::NotSubscribed => "Every account is subscribed.",
        E::Aborted => "Nobody is left to be told.",
        E::ReceiveFailed => "What is received badly is 5400, with the reason.",
        E::ServiceLimit => "No number of images is too large.",
        E::EntityTooLarge => "Files have their own limit, 5413.",
        E::RateLimited => "No rate is too high.",
        E::Busy => "A thousand others have to wait.",
        E::InternalImages
        | E::Unavailable
        | E::StorageFailed
        | E::PurgeFailed
        | E::AccountLoadFailed
        | E::AuditFailed
        | E::AbuseFailed => "What goes wrong inside is 5550.",
        _ => return None,
    })
}

async fn at_the_gateway(code: ErrorCode) -> Response {
    let app = TestApp::with(|settings| {
        settings.auth = Auth::Tokens;
        settings.tokens = vec!["reader:read:mine".parse().unwrap()];
    });
    let token = ("authorization", "Bearer reader");
    let (email, key) = (("x-auth-email", "a@b.test"), ("x-auth-key", "abc"));
    match code {
        ErrorCode::InvalidHeaders | ErrorCode::InvalidAuthorization => {
            app.get(STATS, &[("authorization", "Basic abc")]).await
        }
        ErrorCode::InvalidEmailHeader => app.get(STATS, &[("x-auth-email", "nobody"), key]).await,
        ErrorCode::InvalidKeyHeader => app.get(STATS, &[email, ("x-auth-key", "a b")]).await,
        ErrorCode::NoRoute => app.get("/client/v4/nothing", &[token]).await,
        ErrorCode::CouldNotRoute => app.get("/client/v4/accounts/a.b/images/v1", &[token]).await,
        ErrorCode::MissingCredentials => app.get(STATS, &[]).await,
        ErrorCode::InvalidToken => app.get(STATS, &[("authorization", "Bearer x")]).await,
        ErrorCode::NotAuthorized => app.get(&STATS.replace("mine", "other"), &[token]).await,
        _ => app.request("PUT", STATS, &[token]).await,
    }
}

async fn in_the_api(code: ErrorCode) -> Response {
    let app = TestApp::new();
    let upload = async |form: Form| app.api_form("POST", "/v1", form).await;
    let palette = || Form::file("palette.png");
    match code {
        ErrorCode::VariantNotFound => app.api("GET", "/v1/variants/nothing").await,
        ErrorCode::ImageNotFound => app.api("GET", "/v1/nothing").await,
        ErrorCode::TooSlow => silent_upload(&app).await,
        ErrorCode::AlreadyExists => {
            upload(palette().text("id", "a")).await;
            upload(palette().text("id", "a")).await
        }
        ErrorCode::CustomIdPrivate => {
            upload(palette().text("id", "a").text("requireSignedURLs", "true")).await
        }
        ErrorCode::InvalidCustomId => upload(palette().text("id", "/a")).await,
        ErrorCode::FileTooLarge => {
            upload(Form::new().bytes("a.jpg", &vec![0; (10 << 20) + 1])).await
        }
        ErrorCode::NotMultipart => app.api_json("POST", "/v1", "{}").await,
        ErrorCode::AnimationTooLong => upload(Form::new().bytes("a.gif", &long_gif())).await,
        ErrorCode::FetchFailed => upload(Form::new().text("url", "http://127.0.0.1:1/a.png")).await,
        ErrorCode::UnsupportedFormat => upload(Form::file("broken/document.bmp")).await,
        ErrorCode::UploadUndecodable => upload(Form::file("broken/truncated.png")).await,
        ErrorCode::UploadDimensions => upload(Form::file("broken/too-wide.png")).await,
        ErrorCode::Internal => {
            app.upload("palette.png").await;
            app.break_database();
            app.api("GET", "/v1").await
        }
        _ => upload(Form::new()).await,
    }
}

async fn in_delivery(code: ErrorCode) -> Response {
    let app = match code {
        ErrorCode::BadOptions | ErrorCode::NotConvertible => TestApp::flexible().await,
        _ => TestApp::new(),
    };
    let id = app.upload("palette.png").await;
    app.variant("huge", r#"{"fit":"contain","width":9999}"#).await;
    match code {
        ErrorCode::DeliveredTooLarge => {
            app.deliver(&app.upload("portrait.jpg").await, "huge").await
        }
        ErrorCode::ImageMissing => app.deliver("nothing", "public").await,
        ErrorCode::BadOptions => app.deliver(&id, "w=0").await,
        ErrorCode::NotConvertible => app.deliver(&id, "format=svg").await,
        ErrorCode::AccessDenied => app.deliver(&id, "nothing").await,
        ErrorCode::UnknownAccountHash => app.get("/AAAAAAAAAAAAAAAAAAAAAA/a/b", &[]).await,
        ErrorCode::FlexibleDisabled => app.deliver(&id, "w=1").await,
        ErrorCode::PathNotFound => app.get(&format!("/{HASH}/{id}"), &[]).await,
        ErrorCode::Undecodable => {
            app.overwrite_blobs(b"no longer an image");
            app.deliver(&id, "public").await
        }
        _ => {
            app.break_database();
            app.deliver(&id, "public").await
        }
    }
}

async fn on_a_zone(code: ErrorCode) -> Response {
    let app = TestApp::with(|settings| {
        settings.fetch_timeout = Duration::from_millis(300).into();
        settings.deny_private_fetch = code == ErrorCode::OriginNotAllowed;
    });
    let origin = Origin::start().await;
    let source = match code {
        ErrorCode::SourceTooLarge => origin.url("/huge"),
        ErrorCode::Loop => origin.url("/cdn-cgi/image/w=1/a.png"),
        ErrorCode::InvalidSource => "http://a:b:c/".to_owned(),
        ErrorCode::Unresolved => "http://nothing.invalid/a.png".to_owned(),
        ErrorCode::OriginRefused => origin.url("/status/408"),
        ErrorCode::CutOff => origin.url("/cut"),
        ErrorCode::UnescapedSource => "http%3A%2F%2Fa.test%2Fa%20b".to_owned(),
        ErrorCode::BadRedirect => origin.url("/astray"),
        ErrorCode::TooManyRedirects => origin.url("/round"),
        ErrorCode::NoAnswer => origin.url("/silent"),
        ErrorCode::SlowDownload => origin.url("/slow"),
        ErrorCode::FetchBroken => origin.url("/reset"),
        ErrorCode::OriginFailed => origin.url("/status/500"),
        ErrorCode::Unreachable => "http://127.0.0.1:1/a.png".to_owned(),
        ErrorCode::OriginBadRequest => origin.url("/status/400"),
        ErrorCode::SourceUnsupported => origin.url("/old.bmp"),
        _ => origin.url("/geometry.png"),
    };
    app.get(&format!("/cdn-cgi/image/w=1/{source}"), &[]).await
}

/// An upload that stops sending. The test's time passes by itself while all wait.
async fn silent_upload(app: &TestApp) -> Response {
    let silence = stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::post("/client/v4/accounts/mine/images/v1")
        .header("authorization", "Bearer any")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Body::from_stream(silence))
        .unwrap();
    app.api("GET", "/v1").await;
    app.get(STATS, &[("authorization", "Bearer any")]).await;
    tokio::time::pause();
    let answer = tokio::time::timeout(Duration::from_secs(3600), app.send(request)).await;
    tokio::time::resume();
    answer.expect("it does not wait for ever")
}

fn long_gif() -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = gif::Encoder::new(&mut gif, 8000, 8000, &[0, 0, 0, 1, 1, 1]).unwrap();
    for _ in 0..2 {
        encoder.write_frame(&gif::Frame::from_indexed_pixels(1, 1, [0], None)).unwrap();
    }
    drop(encoder);
    gif
}
