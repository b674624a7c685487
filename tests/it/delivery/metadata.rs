//! What a JPEG answer carries of its source's EXIF, whatever container that came in.

use std::io::Cursor;

use exif::{Field, In, Reader, Tag, Value, experimental::Writer};

use crate::support::{Form, TestApp, fixtures};

/// What each policy leaves of `exif()`, and of what the fixtures hold.
const POLICIES: [(&str, &str); 3] = [
    ("keep", r#"Make="Daguerre" Artist="tintype" Copyright="CC0""#),
    ("copyright", r#"Artist="tintype" Copyright="CC0""#),
    ("none", "no EXIF"),
];

const THUMBNAIL: &[u8] = b"\xff\xd8not a picture\xff\xd9";

/// Asks to be turned by a quarter, and holds a thumbnail.
fn exif() -> Vec<u8> {
    let field = |tag, ifd_num, value| Field { tag, ifd_num, value };
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let fields = [
        field(Tag::Make, In::PRIMARY, text("Daguerre")),
        field(Tag::Orientation, In::PRIMARY, Value::Short(vec![6])),
        field(Tag::Artist, In::PRIMARY, text("tintype")),
        field(Tag::Copyright, In::PRIMARY, text("CC0")),
        field(Tag::Compression, In::THUMBNAIL, Value::Short(vec![6])),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    writer.set_jpeg(THUMBNAIL, In::THUMBNAIL);
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    block.into_inner()
}

/// The names and values of a JPEG's tags.
fn tags(jpeg: &[u8]) -> String {
    let exif = Reader::new().read_from_container(&mut Cursor::new(jpeg));
    exif.map_or("no EXIF".to_owned(), |exif| {
        let fields = exif.fields().map(|field| format!("{}={}", field.tag, field.display_value()));
        fields.collect::<Vec<_>>().join(" ")
    })
}

/// Asserts what comes out of a source with each policy. `size` is what the answer's has to be.
async fn check(app: &TestApp, name: &str, source: &[u8], size: &str) {
    let id = app.upload_with(Form::new().bytes(name, source)).await;
    for (policy, expected) in POLICIES {
        let answer = app.deliver(&id, &format!("metadata={policy},format=jpeg")).await;
        assert_eq!(tags(&answer.body), expected, "{name}, {policy}");
        assert_eq!(answer.size(), size, "{name}, {policy}");
        let leaks = answer.body.windows(THUMBNAIL.len()).any(|bytes| bytes == THUMBNAIL);
        assert!(!leaks, "{name}, {policy}: the thumbnail is there");
    }
}

fn png(exif: Vec<u8>) -> Vec<u8> {
    let mut info = png::Info::with_size(3, 2);
    info.exif_metadata = Some(exif.into());
    let mut file = Vec::new();
    let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
    writer.write_image_data(&[0, 50, 100, 150, 200, 250]).unwrap();
    writer.finish().unwrap();
    file
}

fn avif(exif: Vec<u8>) -> Vec<u8> {
    let pixels = [ravif::RGB8::new(9, 99, 199); 6];
    let encoder = ravif::Encoder::new().with_speed(10).with_num_threads(Some(1));
    encoder.with_exif(exif).encode_rgb(ravif::Img::new(&pixels, 3, 2)).unwrap().avif_file
}

#[tokio::test]
async fn exif_of_a_jpeg_is_kept_cut_down_or_removed() {
    let app = TestApp::flexible().await;
    let plain = fixtures::read("grey.jpg");
    let segment = [b"Exif\0\0".as_slice(), &exif()].concat();
    let length = (segment.len() as u16 + 2).to_be_bytes();
    let jpeg = [&plain[..2], &[0xff, 0xe1], &length, &segment, &plain[2..]].concat();

    check(&app, "a.jpg", &jpeg, "300x400").await;
}

#[tokio::test]
async fn exif_of_png_and_webp_turns_the_picture_and_comes_along() {
    let app = TestApp::flexible().await;

    check(&app, "a.png", &png(exif()), "2x3").await;
    let webp = webpx::embed_exif(&fixtures::read("lossless.webp"), &exif()).unwrap();
    check(&app, "a.webp", &webp, "300x400").await;
    // With the mark that belongs before it in JPEG only.
    let marked = [b"Exif\0\0".as_slice(), &exif()].concat();
    let webp = webpx::embed_exif(&fixtures::read("lossless.webp"), &marked).unwrap();
    check(&app, "marked.webp", &webp, "300x400").await;
}

#[tokio::test]
async fn exif_of_avif_and_heic_comes_along_and_turns_nothing() {
    let app = TestApp::flexible().await;

    check(&app, "a.avif", &avif(exif()), "3x2").await;
    let framed = [b"\0\0\0\x06Exif\0\0".as_slice(), &exif()].concat();
    check(&app, "framed.avif", &avif(framed), "3x2").await;
    // Its boxes ask for the quarter that EXIF asks for as well.
    check(&app, "turned.heic", &fixtures::read("turned.heic"), "120x80").await;
}

#[tokio::test]
async fn the_first_frame_of_an_animation_brings_exif_along() {
    let app = TestApp::flexible().await;
    let webp = webpx::embed_exif(&fixtures::read("animation.webp"), &exif()).unwrap();
    let id = app.upload_with(Form::new().bytes("a.webp", &webp)).await;

    let answer = app.deliver(&id, "format=jpeg,anim=false").await;

    assert_eq!(tags(&answer.body), POLICIES[1].1);
    assert_eq!(answer.size(), "120x160");
}

#[tokio::test]
async fn other_formats_than_jpeg_carry_no_exif() {
    let app = TestApp::flexible().await;
    let id = app.upload_with(Form::new().bytes("a.png", &png(exif()))).await;

    for format in ["png-force", "webp", "avif"] {
        let answer = app.deliver(&id, &format!("metadata=keep,format={format}")).await;
        assert!(!answer.body.windows(8).any(|bytes| bytes == b"Daguerre"), "{format}");
    }
}

/// Blocks that lead in circles, out of the file, or to far more than it holds.
#[tokio::test]
async fn hostile_exif_is_left_out() {
    let app = TestApp::flexible().await;
    let whole = exif();
    let directory = |entries: &[[u32; 4]]| {
        let mut block = b"MM\0*\0\0\0\x08".to_vec();
        block.extend((entries.len() as u16).to_be_bytes());
        for [tag, kind, count, value] in entries {
            block.extend([*tag as u16, *kind as u16].map(u16::to_be_bytes).concat());
            block.extend([count.to_be_bytes(), value.to_be_bytes()].concat());
        }
        block.extend(8_u32.to_be_bytes());
        block
    };
    let shared: Vec<_> = (0x9000..0x9000 + 40_000).map(|tag| [tag, 7, 400_000, 8]).collect();
    let nested: Vec<_> = (0..40_000).map(|n| [0x8769, 4, 1, 10 + 12 * n]).collect();
    for (told, block) in [
        ("cut off", whole[..whole.len() / 2].to_vec()),
        ("a header", whole[..8].to_vec()),
        ("nothing", b"x".to_vec()),
        ("a circle", directory(&[[0x8769, 4, 1, 8], [0x8825, 4, 1, 8]])),
        ("outside", directory(&[[0x8298, 2, 9, 0xffff_fff0], [0x8769, 4, 1, 0xffff_fffe]])),
        ("too many", directory(&[[0x8298, 2, u32::MAX, 8], [0x013b, 12, u32::MAX, 8]])),
        ("shared values", directory(&shared)),
        ("directories in directories", directory(&nested)),
        ("very long", vec![b'M'; 2 << 20]),
    ] {
        for (name, source) in [("a.png", png(block.clone())), ("a.avif", avif(block.clone()))] {
            let id = app.upload_with(Form::new().bytes(name, &source)).await;
            for policy in ["keep", "copyright"] {
                let answer = app.deliver(&id, &format!("format=jpeg,metadata={policy}")).await;
                assert_eq!(answer.status, 200, "{told} in {name}, {policy}");
                assert!(answer.body.len() < 5_000, "{told} in {name}, {policy}");
            }
        }
    }
}
