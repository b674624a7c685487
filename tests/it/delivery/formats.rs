//! Which format comes out, and that it holds the same picture.

use image::AnimationDecoder;

use crate::support::{
    HASH, TestApp,
    pixels::{BLUE, GREEN, RED, WHITE, YELLOW, assert_color},
};

const CHROMIUM: &str = "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

#[tokio::test]
async fn the_format_follows_the_accept_header_and_then_the_source() {
    let app = TestApp::new();

    for (fixture, plain) in [
        ("photo.jpg", "image/jpeg"),
        ("grey.jpg", "image/jpeg"),
        ("cmyk.jpg", "image/jpeg"),
        ("alpha.png", "image/png"),
        ("grey16.png", "image/png"),
        ("palette.png", "image/png"),
        ("still.gif", "image/gif"),
        ("animation.gif", "image/gif"),
        ("lossless.webp", "image/jpeg"),
        ("still.webp", "image/png"),
        ("animation.webp", "image/gif"),
        ("alpha.avif", "image/png"),
        ("deep.avif", "image/jpeg"),
        ("geometry.heic", "image/jpeg"),
    ] {
        let id = app.upload(fixture).await;
        let path = format!("/{HASH}/{id}/public");
        let modern = if fixture.starts_with("animation") { "image/webp" } else { "image/avif" };
        for (accept, expected) in
            [("*/*", plain), ("image/*", plain), ("image/webp", "image/webp"), (CHROMIUM, modern)]
        {
            let response = app.get(&path, &[("accept", accept)]).await;
            assert_eq!(response.header("content-type"), expected, "{fixture} for {accept}");
            let _decodes = response.picture();
        }
    }
}

#[tokio::test]
async fn every_format_shows_the_same_picture() {
    let app = TestApp::new();

    for fixture in ["geometry.png", "lossless.webp", "geometry.heic"] {
        let id = app.upload(fixture).await;
        for accept in ["*/*", "image/webp"] {
            let path = format!("/{HASH}/{id}/public");
            let picture = app.get(&path, &[("accept", accept)]).await.picture();
            for (point, color) in
                [((90, 75), RED), ((340, 75), GREEN), ((90, 225), BLUE), ((340, 225), YELLOW)]
            {
                assert_color(&picture, point, color);
            }
        }
    }
}

#[tokio::test]
async fn jpegs_of_every_kind_show_their_colours() {
    let app = TestApp::new();
    let (sun, sky) = ([255, 253, 232], [75, 129, 195]);

    // photo.jpg has a scan for each channel, which one decoder took for nothing but zeros.
    for (fixture, points) in [
        ("photo.jpg", vec![((737, 192), sun), ((20, 20), sky)]),
        ("progressive.jpg", vec![((576, 150), sun), ((20, 20), sky)]),
        ("cmyk.jpg", vec![((50, 40), RED), ((150, 40), GREEN), ((50, 110), BLUE)]),
    ] {
        let id = app.upload(fixture).await;
        for accept in ["*/*", "image/webp"] {
            let response = app.get(&format!("/{HASH}/{id}/public"), &[("accept", accept)]).await;
            let picture = response.picture();
            points.iter().for_each(|(point, color)| assert_color(&picture, *point, *color));
        }
    }
}

#[tokio::test]
async fn inks_look_as_their_profile_says() {
    let app = TestApp::new();
    let id = app.upload("inks.jpg").await;

    let picture = app.deliver(&id, "public").await.picture();

    // By the formulas of CIE L*a*b* and sRGB. Without the profile they would be cyan, magenta, yellow
    // and 50 % black, (127, 127, 127).
    for (point, color) in [
        ((30, 20), [188, 88, 71]),
        ((90, 20), [85, 85, 177]),
        ((30, 60), [132, 185, 94]),
        ((90, 60), [145, 145, 145]),
    ] {
        assert_color(&picture, point, color);
    }
}

#[tokio::test]
async fn avifs_and_heics_are_turned_cropped_and_put_together() {
    let app = TestApp::new();

    for (fixture, white) in [
        ("turned.avif", Some((52, 40))),
        ("grid.avif", None),
        ("deep.avif", None),
        ("half-colour.avif", None),
        ("turned.heic", Some((52, 40))),
        ("grid.heic", None),
    ] {
        let id = app.upload(fixture).await;
        let picture = app.deliver(&id, "public").await.picture();
        assert_eq!(picture.dimensions(), (120, 80), "{fixture}");
        for (point, color) in
            [((10, 10), RED), ((110, 10), GREEN), ((10, 70), BLUE), ((110, 70), YELLOW)]
        {
            assert_color(&picture, point, color);
        }
        white.into_iter().for_each(|point| assert_color(&picture, point, WHITE));
    }
}

#[tokio::test]
async fn the_alpha_of_an_avif_arrives() {
    let app = TestApp::new();
    let id = app.upload("alpha.avif").await;

    let picture = app.deliver(&id, "public").await.picture();

    assert_eq!(picture.get_pixel(0, 0).0[3], 0);
    assert_eq!(picture.get_pixel(150, 100).0[3], 255);
    assert_color(&picture, (150, 100), [0xf5, 0x82, 0x31]);
}

#[tokio::test]
async fn colours_weighted_by_alpha_get_their_strength_back() {
    let app = TestApp::new();
    let id = app.upload("weighted.avif").await;

    let picture = app.deliver(&id, "public").await.picture();

    assert_color(&picture, (20, 40), [0xf5, 0x82, 0x31]);
    let [red, green, blue, alpha] = picture.get_pixel(60, 40).0;
    assert!(alpha.abs_diff(128) <= 2, "{alpha}");
    assert_color(
        &image::RgbaImage::from_pixel(1, 1, image::Rgba([red, green, blue, 255])),
        (0, 0),
        [0xf5, 0x82, 0x31],
    );
    assert_eq!(picture.get_pixel(100, 40).0[3], 0);
}

#[tokio::test]
async fn colours_by_gamma_and_code_points_become_srgb() {
    let app = TestApp::new();

    for (fixture, color) in [("linear.png", [128; 3]), ("wide-gamut.png", [213, 96, 98])] {
        let id = app.upload(fixture).await;
        let picture = app.deliver(&id, "public").await.picture();
        assert_color(&picture, (20, 10), color);
    }
}

#[tokio::test]
async fn an_svg_leaves_clean_and_as_svg() {
    let app = TestApp::new();
    app.variant("small", r#"{"width":20}"#).await;
    let id = app.upload("hostile.svg").await;

    let path = format!("/{HASH}/{id}/small");
    let response = app.get(&path, &[("accept", CHROMIUM)]).await;

    assert_eq!(response.header("content-type"), "image/svg+xml");
    assert!(response.header("warning").contains("SVG"), "{}", response.header("warning"));
    let svg = response.text();
    assert!(svg.contains("M48 20h24v8H56v8h12v8H56v16h-8z"), "{svg}");
    for harm in ["script", "onclick", "example.com", "foreignObject"] {
        assert!(!svg.contains(harm), "{harm}: {svg}");
    }
}

#[tokio::test]
async fn the_eight_orientations_end_up_the_same() {
    let app = TestApp::new();

    for orientation in 1..=8 {
        let id = app.upload(&format!("orientation-{orientation}.jpg")).await;
        let response = app.deliver(&id, "public").await;
        let picture = response.picture();
        assert_eq!(picture.dimensions(), (120, 80), "orientation {orientation}");
        for (point, color) in [
            ((10, 10), RED),
            ((110, 10), GREEN),
            ((10, 70), BLUE),
            ((110, 70), YELLOW),
            ((52, 40), WHITE),
        ] {
            assert_color(&picture, point, color);
        }
    }
}

#[tokio::test]
async fn hidden_colours_do_not_bleed_into_transparent_edges() {
    let app = TestApp::new();
    app.variant("small", r#"{"width":100}"#).await;
    let id = app.upload("alpha.png").await;

    for accept in ["*/*", "image/webp"] {
        let response = app.get(&format!("/{HASH}/{id}/small"), &[("accept", accept)]).await;
        let picture = response.picture();
        assert_eq!(picture.get_pixel(0, 0).0[3], 0, "the corner stays clear");
        assert_color(&picture, (50, 33), [0xf5, 0x82, 0x31]);
        // The fixture hides magenta under full transparency; blue would rise if it leaked.
        let visible = picture.pixels().filter(|pixel| pixel.0[3] > 64);
        assert!(visible.clone().count() > 1000);
        assert!(visible.clone().all(|pixel| pixel.0[2] < 0x31 + 30), "{accept}");
    }
}

#[tokio::test]
async fn animations_keep_frames_timing_and_loops() {
    let app = TestApp::new();
    app.variant("half", r#"{"width":80}"#).await;
    let id = app.upload("animation.gif").await;
    let durations = [100, 50, 80, 200, 120, 60, 150, 300];

    let gif = app.deliver(&id, "half").await;
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&gif.body)).unwrap();
    let frames = decoder.into_frames().collect_frames().unwrap();
    let delays: Vec<_> = frames.iter().map(|frame| frame.delay().numer_denom_ms().0).collect();
    assert_eq!(delays, durations);
    for (number, frame) in (0..).zip(&frames) {
        let canvas = frame.buffer();
        assert_eq!(canvas.dimensions(), (80, 60));
        // One square moves along; where it was before there is background again.
        assert_color(canvas, (9 * number + 8, 32), RED);
        if number > 0 {
            assert_color(canvas, (2, 32), [0xf0, 0xec, 0xe0]);
        }
    }

    let path = format!("/{HASH}/{id}/half");
    let webp = app.get(&path, &[("accept", "image/webp")]).await;
    let mut decoder = webpx::AnimationDecoder::new(&webp.body).unwrap();
    let info = decoder.info();
    assert_eq!((info.width, info.height, info.frame_count, info.loop_count), (80, 60, 8, 4));
    let frames = decoder.decode_all().unwrap();
    assert_eq!(frames.iter().map(|frame| frame.duration_ms).collect::<Vec<_>>(), durations);
}

#[tokio::test]
async fn loop_counts_survive_in_both_directions() {
    let app = TestApp::new();

    // The GIF says "3 repeats", which is 4 times in WebP's way of counting; the WebP says 2 times.
    for (fixture, plays) in [("animation.gif", 4), ("animation.webp", 2)] {
        let id = app.upload(fixture).await;
        let gif = app.deliver(&id, "public").await;
        let mut decoder = gif::DecodeOptions::new().read_info(&gif.body[..]).unwrap();
        while decoder.read_next_frame().unwrap().is_some() {}
        assert_eq!(decoder.repeat(), gif::Repeat::Finite(plays - 1), "{fixture}");

        let path = format!("/{HASH}/{id}/public");
        let webp = app.get(&path, &[("accept", "image/webp")]).await;
        let decoder = webpx::AnimationDecoder::new(&webp.body).unwrap();
        assert_eq!(decoder.info().loop_count, u32::from(plays), "{fixture}");
    }
}

#[tokio::test]
async fn jpegs_are_progressive_unless_very_small() {
    let app = TestApp::new();
    app.variant("icon", r#"{"width":40}"#).await;
    let id = app.upload("photo.jpg").await;
    let has_marker = |jpeg: &[u8], marker| jpeg.windows(2).any(|pair| pair == [0xff, marker]);

    let large = app.deliver(&id, "public").await.body;
    let small = app.deliver(&id, "icon").await.body;

    assert!(has_marker(&large, 0xc2), "SOF2 is progressive");
    assert!(has_marker(&small, 0xc0) && !has_marker(&small, 0xc2), "SOF0 is baseline");
}

#[tokio::test]
async fn every_source_becomes_every_format() {
    let app = TestApp::flexible().await;

    for fixture in [
        "photo.jpg",
        "progressive.jpg",
        "grey.jpg",
        "cmyk.jpg",
        "orientation-6.jpg",
        "alpha.png",
        "grey16.png",
        "palette.png",
        "still.gif",
        "animation.gif",
        "still.webp",
        "lossless.webp",
        "animation.webp",
        "alpha.avif",
        "deep.avif",
        "turned.avif",
        "grid.avif",
        "half-colour.avif",
        "weighted.avif",
        "inks.jpg",
        "geometry.heic",
        "turned.heic",
        "grid.heic",
    ] {
        let id = app.upload(fixture).await;
        let lossless = app.deliver(&id, "w=40,h=40,fit=squeeze,f=png-force").await.picture();
        for format in ["jpeg", "baseline-jpeg", "webp", "png-force", "avif"] {
            let options = format!("w=40,h=40,fit=squeeze,q=90,f={format}");
            let picture = app.deliver(&id, &options).await.picture();
            assert_eq!(picture.dimensions(), (40, 40), "{fixture} as {format}");
            // On the average they show the same; where there is nothing to show is white in JPEG.
            let (one, other) = (average(&lossless), average(&picture));
            let far = one.iter().zip(other).any(|(a, b)| a.abs_diff(b) > 4);
            assert!(!far, "{fixture} as {format}: {one:?} became {other:?}");
        }
    }
}

/// The mean colour, on white.
fn average(picture: &image::RgbaImage) -> [u64; 3] {
    let shown = |pixel: &image::Rgba<u8>| {
        let [red, green, blue, alpha] = pixel.0.map(u64::from);
        [red, green, blue].map(|channel| (channel * alpha + 255 * (255 - alpha)) / 255)
    };
    let sum = picture
        .pixels()
        .map(shown)
        .fold([0; 3], |sum: [u64; 3], one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]]);
    sum.map(|channel| channel / u64::from(picture.width() * picture.height()))
}
