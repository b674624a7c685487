//! Seeds, through the control and through the start.

use std::{fs, path::Path};

use axum::{body::Body, http::Request};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{HASH, Response, TestApp, fixtures};

/// A folder with fixtures under these names, and a text.
fn folder(text: (&str, &str), files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, fixture) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, fixtures::read(fixture)).unwrap();
    }
    if !text.0.is_empty() {
        fs::write(folder.path().join(text.0), text.1).unwrap();
    }
    folder
}

const NONE: (&str, &str) = ("", "");

async fn seed(app: &TestApp, folder: &Path) -> Response {
    app.post_json("/_tintype/seed", &json!({ "dir": folder }).to_string()).await
}

async fn seeded(app: &TestApp, folder: &Path) -> String {
    let response = seed(app, folder).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.text()
}

/// The refusal, without the folder's name.
async fn refused(app: &TestApp, folder: &Path) -> String {
    let response = seed(app, folder).await;
    assert_eq!(response.status, 400, "{}", response.text());
    let why = response.json()["error"].as_str().unwrap().to_owned();
    why.replace(&format!("{}/", folder.display()), "")
}

const FULL: &str = r#"
[[accounts]]
hash = "AAAAAAAAAAAAAAAAAAAAAA"
tokens = ["reader:read", "dev@example.com/key"]
keys = { one = "secret-one", two = "secret-two" }
config = { flexible_variants = true, browser_ttl = 3600 }
variants = [{ id = "thumb", options = { fit = "cover", width = 20, height = 20 }, neverRequireSignedURLs = true }]

[[accounts]]
id = "other"

[[images]]
file = "a/palette.png"
id = "named"
creator = "me"
metadata = { z = 1, a = [true] }
uploaded = "2020-01-01T00:00:00Z"

[[images]]
file = "secret.gif"
private = true

[[images]]
file = "a/palette.png"
account = "other"

[[drafts]]
id = "awaited"
creator = "me"
expires = "2h"
"#;

fn full() -> TempDir {
    let files =
        [("a/palette.png", "palette.png"), ("secret.gif", "still.gif"), ("b.webp", "still.webp")];
    folder(("tintype.toml", FULL), &files)
}

#[tokio::test]
async fn a_folder_of_images_is_a_seed() {
    let app = TestApp::new();
    let files = [
        ("hero.jpg", "photo.jpg"),
        ("shop/1/front.png", "palette.png"),
        (".hidden/x.png", "palette.png"),
        ("notes.txt", "broken/not-an-image.jpg"),
    ];
    let folder = folder(NONE, &files);

    assert_eq!(seeded(&app, folder.path()).await, r#"{"accounts":1,"images":2}"#);

    assert_eq!(app.api("GET", "/v2?sort_order=asc").await.image_ids(), "hero.jpg shop/1/front.png");
    assert_eq!(app.deliver("shop/1/front.png", "public").await.status, 200);
    let shown = app.api("GET", "/v1/hero.jpg").await.json();
    assert_eq!(shown["result"]["filename"], "hero.jpg");
    assert_eq!(shown["result"]["uploaded"], "2026-01-02T03:04:05.678Z");
}

#[tokio::test]
async fn a_text_says_the_rest() {
    let app = TestApp::new();
    let seed = full();

    assert_eq!(seeded(&app, seed.path()).await, r#"{"accounts":2,"images":4}"#);

    let named = app.api("GET", "/v1/named").await;
    insta::assert_snapshot!(named.snapshot(), @r#"200 {"result":{"id":"named","creator":"me","filename":"palette.png","meta":{"z":1,"a":[true]},"uploaded":"2020-01-01T00:00:00.000Z","requireSignedURLs":false,"variants":["http://tintype.test/AAAAAAAAAAAAAAAAAAAAAA/named/public","http://tintype.test/AAAAAAAAAAAAAAAAAAAAAA/named/thumb"]},"success":true,"errors":[],"messages":[]}"#);
    assert_eq!(app.api("GET", "/v2?sort_order=asc").await.image_ids().split(' ').count(), 3);
    let keys = app.api("GET", "/v1/keys").await.json();
    assert_eq!(keys["result"]["keys"][0], json!({"name": "one", "value": "secret-one"}));
    let config = app.api("GET", "/v1/config").await.json();
    assert_eq!(config["result"]["browser_ttl"], 3600);
    let secret = app.api("GET", "/v2?sort_order=asc").await.json();
    let secret = secret["result"]["images"].as_array().unwrap().iter();
    let secret = secret.filter(|image| image["requireSignedURLs"] == true).collect::<Vec<_>>();
    let id = secret[0]["id"].as_str().unwrap();
    let hash = "AAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(app.get(&format!("/{hash}/{id}/public"), &[]).await.status, 403);
    assert_eq!(app.get(&format!("/{hash}/{id}/thumb"), &[]).await.status, 200);
    assert_eq!(app.get(&format!("/{hash}/b.webp/w=10"), &[]).await.status, 200);
    let form = crate::support::Form::file("palette.png");
    assert_eq!(app.post_form(&format!("/upload/{hash}/awaited"), form).await.status, 200);
}

#[tokio::test]
async fn json_says_the_same() {
    let (toml, other) = (TestApp::new(), TestApp::new());
    let text: toml::Value = toml::from_str(FULL).unwrap();
    let as_json = full();
    fs::remove_file(as_json.path().join("tintype.toml")).unwrap();
    let text = serde_json::to_string_pretty(&text).unwrap();
    fs::write(as_json.path().join("tintype.json"), text).unwrap();

    seeded(&toml, full().path()).await;
    seeded(&other, as_json.path()).await;

    for path in ["/_tintype/export", "/_tintype/snapshots"] {
        assert_eq!(toml.get(path, &[]).await.text(), other.get(path, &[]).await.text(), "{path}");
    }
}

#[tokio::test]
async fn a_seed_that_is_loaded_again_changes_nothing() {
    let app = TestApp::new();
    let seed = full();
    seeded(&app, seed.path()).await;
    let first = app.get("/_tintype/export", &[]).await.body;

    app.clock.advance(chrono::TimeDelta::minutes(5));
    seeded(&app, seed.path()).await;

    // But for the draft, whose time begins anew.
    app.clock.advance(chrono::TimeDelta::minutes(-5));
    seeded(&app, seed.path()).await;
    assert!(app.get("/_tintype/export", &[]).await.body == first);
}

#[tokio::test]
async fn a_seed_leaves_what_else_is_there() {
    let app = TestApp::new();
    app.upload_with(crate::support::Form::file("still.gif").text("id", "mine")).await;
    app.upload_with(crate::support::Form::file("still.gif").text("id", "hero.png")).await;
    app.variant("thumb", r#"{"width":20}"#).await;
    let key = app.signing_key().await.value;

    seeded(&app, folder(NONE, &[("hero.png", "palette.png")]).path()).await;

    assert_eq!(app.api("GET", "/v2?sort_order=asc").await.image_ids(), "mine hero.png");
    assert_eq!(app.api("GET", "/v1/hero.png/blob").await.body, fixtures::read("palette.png"));
    assert_eq!(app.api("GET", "/v1/variants/thumb").await.status, 200);
    assert_eq!(app.signing_key().await.value, key);

    // A reset goes to the seed alone.
    app.post_json("/_tintype/reset", "").await;
    assert_eq!(app.api("GET", "/v2").await.image_ids(), "hero.png");
    assert_eq!(app.api("GET", "/v1/variants/thumb").await.status, 404);
    assert_eq!(app.signing_key().await.value, key);
}

#[tokio::test]
async fn a_reset_goes_back_to_the_seed() {
    let app = TestApp::new();
    let seed = full();
    seeded(&app, seed.path()).await;
    let first = app.get("/_tintype/export", &[]).await.body;
    let hash = "AAAAAAAAAAAAAAAAAAAAAA";
    let awaited = format!("/upload/{hash}/awaited");
    app.post_form(&awaited, crate::support::Form::file("photo.jpg")).await;
    app.api("DELETE", "/v1/named").await;
    app.api_json("PUT", "/v1/keys/one", "{}").await;
    app.get("/client/v4/accounts/third/images/v1", &[("authorization", "Bearer any")]).await;

    let reset = app.post_json("/_tintype/reset?account=0123456789abcdef0123456789abcdef", "").await;
    assert_eq!(reset.status, 200);
    assert_eq!(app.api("GET", "/v1/named").await.status, 200);

    // The seed is kept: the folder isn't needed any more, and neither is this run.
    drop(seed);
    let app = app.restarted();
    app.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(app.post_json("/_tintype/reset?to=seed", "").await.status, 200);
    assert!(app.get("/_tintype/export", &[]).await.body == first);
    let form = crate::support::Form::file("photo.jpg");
    assert_eq!(app.post_form(&awaited, form).await.status, 200);

    assert_eq!(app.post_json("/_tintype/reset?to=nothing", "").await.status, 200);
    assert_eq!(app.api("GET", "/v1").await.image_ids(), "");
    assert_eq!(app.post_json("/_tintype/reset", "").await.status, 200);
    assert_eq!(app.api("GET", "/v1/named").await.status, 200);
}

#[tokio::test]
async fn ids_after_a_reset_are_those_after_the_load() {
    for text in [NONE, ("tintype.toml", "[[accounts]]\nkeys = { default = \"fixed\" }\n")] {
        let app = TestApp::new();
        seeded(&app, folder(text, &[("a.png", "palette.png")]).path()).await;
        let first = [app.upload("photo.jpg").await, app.upload("photo.jpg").await];

        app.post_json("/_tintype/reset", "").await;

        assert_eq!([app.upload("photo.jpg").await, app.upload("photo.jpg").await], first);
    }
}

#[tokio::test]
async fn accounts_have_seeds_of_their_own() {
    let app = TestApp::new();
    let [one, two] = [("one.png", "palette.png"), ("two.gif", "still.gif")];
    let [one, two] = [one, two].map(|file| folder(NONE, &[file]));
    let own = async |account: &str, folder: &Path| {
        let body = json!({ "dir": folder }).to_string();
        app.post_json(&format!("/_tintype/seed?account={account}"), &body).await
    };
    let images = async |account: &str| {
        let path = format!("/client/v4/accounts/{account}/images/v1");
        app.get(&path, &[("authorization", "Bearer any")]).await.image_ids()
    };
    assert_eq!(own("w1", one.path()).await.status, 200);
    assert_eq!(own("w2", two.path()).await.status, 200);
    // Everybody's speaks of w2 too; its own goes before.
    let all = folder(("tintype.toml", "account = \"w2\""), &[("all.png", "palette.png")]);
    seeded(&app, all.path()).await;

    for account in ["w1", "w2"] {
        let path = format!("/client/v4/accounts/{account}/images/v1");
        app.post_form_as("Bearer any", &path, crate::support::Form::file("photo.jpg")).await;
    }
    app.post_json("/_tintype/reset?account=w1", "").await;
    assert_eq!(images("w1").await, "one.png");
    assert_eq!(images("w2").await.split(' ').count(), 3);
    app.post_json("/_tintype/reset", "").await;
    assert_eq!((images("w1").await, images("w2").await), ("one.png".into(), "two.gif".into()));

    let refused = own("w1", full().path()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("this seed is for w1 alone"), "{}", refused.text());
}

#[tokio::test]
async fn tokens_of_a_seed_open_their_account() {
    let app = TestApp::with(|settings| settings.auth = tintype::config::Auth::Tokens);
    seeded(&app, full().path()).await;
    let list = "/client/v4/accounts/0123456789abcdef0123456789abcdef/images/v1";
    let other = "/client/v4/accounts/other/images/v1";
    let bearer = |token: &'static str| [("authorization", token), ("host", "tintype.test")];
    let pair = [("x-auth-email", "dev@example.com"), ("x-auth-key", "key")];

    assert_eq!(app.get(list, &bearer("Bearer reader")).await.status, 200);
    assert_eq!(app.get(list, &pair).await.status, 200);
    assert_eq!(app.get(other, &bearer("Bearer reader")).await.status, 403);
    assert_eq!(app.get(list, &bearer("Bearer nobody")).await.status, 401);
    let form = crate::support::Form::file("palette.png");
    assert_eq!(app.post_form_as("Bearer reader", list, form).await.status, 403);

    app.post_json("/_tintype/reset?to=nothing", "").await;
    assert_eq!(app.get(list, &bearer("Bearer reader")).await.status, 401);
}

#[tokio::test]
async fn a_bad_seed_is_named_and_loads_nothing() {
    let app = TestApp::new();
    let good = ("a.png", "palette.png");
    let toml = |text: &'static str| ("tintype.toml", text);
    let mut refusals = String::new();
    for (text, files) in [
        (NONE, &[good, ("b.jpg", "broken/not-an-image.jpg")][..]),
        (NONE, &[good, ("b.png", "broken/truncated.png")]),
        (toml("[[images]]\nfile = \"b.png\""), &[good]),
        (toml("[[images]]\nfile = \"../b.png\""), &[good]),
        (toml("[[images]]\nfile = \"a.png\"\n\n[[images]]\nfile = \"a.png\""), &[good]),
        (toml("\n[[images]]\nfile = \"a.png\"\nprivat = true"), &[good]),
        (toml("[[images]]\nfile = \"a.png\"\nid = \"x\"\nprivate = true"), &[good]),
        (toml("[[images]]\nfile = \"a.png\"\nid = \"x.pdf\""), &[good]),
        (toml("[[images]]\nfile = \"a.png\"\nuploaded = \"yesterday\""), &[good]),
        (toml("[[drafts]]\nid = \"a.png\""), &[good]),
        (toml("[[drafts]]\nid = \"d\"\nexpires = \"7h\""), &[good]),
        (toml("[[accounts]]\n[[accounts]]"), &[good]),
        (toml("[[accounts]]\nkeys = { a = \"1\", b = \"2\", c = \"3\" }"), &[good]),
        (toml("[[accounts]]\nid = \"b\"\nhash = \"6oHE1nRiq6AK0MxcayE9rA\""), &[good]),
        (toml("images = 7"), &[good]),
        (("tintype.json", "{\n\"images\": [\n{\"file\": \"a.png\",\n\"private\": 1}]}"), &[good]),
        (("tintype.json", "{\n\"images\": [{}]}"), &[good]),
        (("tintype.json", "{\n\"images\": ["), &[good]),
    ] {
        refusals += &refused(&app, folder(text, files).path()).await;
        refusals.push('\n');
    }

    insta::assert_snapshot!(refusals, @r"
b.jpg: the bytes are no image of a supported format
b.png: the image could not be decoded: unexpected end of file
tintype.toml:1: b.png: No such file or directory (os error 2)
tintype.toml:1: file is a path below the seed's folder
tintype.toml:4: there is more than one image with the id a.png
tintype.toml:4: unknown field `privat`, expected one of `file`, `id`, `account`, `metadata`, `creator`, `private`, `uploaded`
tintype.toml:1: an image with a custom id can't be private; leave the id out
tintype.toml:3: Must not use a non-image file name extension
tintype.toml:3: a date as in RFC 3339 is needed, like 2030-01-01T00:00:00Z, from 1970 to 9999
tintype.toml:1: there is more than one image with the id a.png
tintype.toml:1: expiry must be between 2 minutes and 6 hours from now
tintype.toml:2: account 0123456789abcdef0123456789abcdef is there twice
tintype.toml:1: account 0123456789abcdef0123456789abcdef: an account has 1 to 2 keys
tintype.toml:1: the account hash 6oHE1nRiq6AK0MxcayE9rA is that of the account 0123456789abcdef0123456789abcdef
tintype.toml:1: invalid type: integer `7`, expected a sequence
tintype.json:4: invalid type: integer `1`, expected a boolean
tintype.json:2: missing field `file`
tintype.json:2: EOF while parsing a list
");
    let nowhere = seed(&app, Path::new("/nowhere")).await;
    assert_eq!(nowhere.status, 400);
    assert_eq!(app.blobs(), 0);
    assert_eq!(app.api("GET", "/v1").await.image_ids(), "");
    let snapshots = app.get("/_tintype/snapshots", &[]).await;
    assert_eq!(snapshots.text(), r#"{"snapshots":[]}"#);
}

#[tokio::test]
async fn a_web_page_cannot_name_a_folder() {
    let app = TestApp::new();
    let seed = folder(NONE, &[("a.png", "palette.png")]);
    let body = json!({ "dir": seed.path() }).to_string();
    let request = Request::post("/_tintype/seed").header("origin", "https://elsewhere.test");

    let response = app.send(request.body(Body::from(body)).unwrap()).await;

    assert_eq!(response.status, 403, "{}", response.text());
}

#[tokio::test]
async fn a_seed_is_sent_as_a_tar() {
    let app = TestApp::new();
    let send = |path: &'static str, tar: Vec<u8>| {
        let request = Request::post(path).header("content-type", "application/x-tar");
        app.send(request.body(Body::from(tar)).unwrap())
    };
    let seed = full();
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all(".", seed.path()).unwrap();

    let response = send("/_tintype/seed", tar.into_inner().unwrap()).await;
    assert_eq!(response.text(), r#"{"accounts":2,"images":4}"#);
    assert_eq!(app.api("GET", "/v1/named").await.status, 200);
    // The hash is the seed's from now on.
    assert_eq!(app.get(&format!("/{HASH}/named/public"), &[]).await.status, 403);

    // What is wrong is named as it was sent.
    let bad = folder(("tintype.toml", "[[images]]\nfile = \"b.png\""), &[("c.jpg", "photo.jpg")]);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all("", bad.path()).unwrap();
    let response = send("/_tintype/seed", tar.into_inner().unwrap()).await;
    insta::assert_snapshot!(response.snapshot(), @r#"400 {"error":"tintype.toml:1: b.png: No such file or directory (os error 2)"}"#);
    let response = send("/_tintype/seed", b"no tar".repeat(200)).await;
    assert_eq!(response.status, 400, "{}", response.text());
}

#[tokio::test]
async fn the_demo_is_a_good_seed() {
    let app = TestApp::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");

    assert_eq!(seeded(&app, &demo).await, r#"{"accounts":1,"images":8}"#);

    for image in ["landscape.jpg", "team/two-faces", "moving/square.gif", "shapes/letter.svg"] {
        for variant in ["public", "thumb", "card", "avatar", "blurred", "w=40"] {
            let delivered = app.deliver(image, variant).await;
            assert_eq!(delivered.status, 200, "{image} {variant}: {}", delivered.text());
        }
    }
    assert_eq!(app.deliver("8b1a54cd-6f0d-4c5e-9d2a-0f5b8c1d7e00", "public").await.status, 403);
}
