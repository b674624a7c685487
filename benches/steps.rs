//! What a rendition costs, step by step, on the project's own pictures. How that compares with others
//! is what `bench/run` measures.
//!
//! `cargo bench --bench steps -- <part of a name>`

use std::{fs, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use tintype::{
    domain::SigningKey,
    signing,
    transform::{Accepts, Limits, Options, Place, probe, transform, verify},
};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is done before a pixel is looked at.
fn words(criterion: &mut Criterion) {
    let text = "width=400,height=300,fit=cover,gravity=0.3x0.7,quality=80,format=auto,sharpen=1";
    let options = |bencher: &mut criterion::Bencher| {
        bencher.iter(|| Options::read(Place::Zone, black_box(text)))
    };
    criterion.bench_function("options", options);

    let key =
        SigningKey { name: "default".parse().expect("it is one"), value: "secret".to_owned() };
    let path = "/ZWd9g1K7eljCn_KDTu_MWA/083eb7b2-5392-4565-b69e-aff66acddd00/public";
    criterion.bench_function("sign", |bencher| {
        bencher.iter(|| signing::signed_query(&key, black_box(path), Some(1_893_456_000)));
    });

    let photo = fixture("photo.jpg");
    criterion.bench_function("probe", |bencher| {
        bencher.iter(|| probe(black_box(&photo), &Limits::HOSTED).expect("it is a picture"));
    });
}

/// All pixels of an upload, as they are checked.
fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for name in
        ["photo.jpg", "progressive.jpg", "alpha.png", "still.webp", "alpha.avif", "geometry.heic"]
    {
        let source = fixture(name);
        group.bench_function(name, |bencher| {
            bencher.iter(|| verify(black_box(&source), &Limits::HOSTED).expect("it is sound"));
        });
    }
}

/// One picture made into another: what is beyond decoding is resizing or encoding, by the pair.
fn rendering(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render");
    for (name, options) in [
        ("photo.jpg", "w=400,f=json"),
        ("photo.jpg", "w=400,f=baseline-jpeg"),
        ("photo.jpg", "w=400,f=jpeg"),
        ("photo.jpg", "w=400,f=png"),
        ("photo.jpg", "w=400,f=webp"),
        ("photo.jpg", "w=400,f=avif"),
        ("photo.jpg", "w=200,h=200,fit=cover,g=auto,f=jpeg"),
        ("photo.jpg", "w=400,blur=20,f=jpeg"),
        ("animation.gif", "w=32"),
        ("animation.gif", "w=32,f=webp"),
    ] {
        let source = fixture(name);
        let parsed: Options = options.parse().expect("they are written above");
        group.bench_function(format!("{name} {options}"), |bencher| {
            bencher.iter(|| {
                transform(black_box(&source), &parsed, Accepts::default(), &Limits::HOSTED)
                    .expect("it is a picture")
            });
        });
    }
}

criterion_group!(steps, words, decoding, rendering);
criterion_main!(steps);
