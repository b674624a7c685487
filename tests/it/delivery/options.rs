//! What each option does to the pixels, at named points of `geometry.png`: 400 × 300 in four
//! quadrants (red, green; blue, yellow) with a black border of 4 pixels.

use image::RgbaImage;

use crate::support::{
    HASH, Response, TestApp,
    pixels::{BLUE, GREEN, RED, WHITE, YELLOW, assert_color},
};

const BLACK: [u8; 3] = [0; 3];
const TOMATO: [u8; 3] = [255, 99, 71];

/// A fixture delivered as a flexible variant. Percent signs and such are the caller's to encode.
async fn delivered(fixture: &str, options: &str) -> Response {
    let app = TestApp::flexible().await;
    let id = app.upload(fixture).await;
    app.deliver(&id, options).await
}

/// `geometry.png` as a PNG.
async fn rendered(options: &str) -> RgbaImage {
    delivered("geometry.png", options).await.picture()
}

/// Asserts a size and the colours at some points.
async fn check(options: &str, size: (u32, u32), points: &[((u32, u32), [u8; 3])]) {
    let picture = rendered(options).await;
    assert_eq!(picture.dimensions(), size, "{options}");
    for (point, color) in points {
        assert_color(&picture, *point, *color);
    }
}

#[tokio::test]
async fn gravity_says_which_side_of_a_crop_stays() {
    let square = "w=100,h=100,fit=cover";
    for (gravity, points) in [
        ("left", [((10, 30), RED), ((90, 30), RED)]),
        ("right", [((10, 30), GREEN), ((90, 30), GREEN)]),
        ("0x0.5", [((10, 30), RED), ((90, 30), RED)]),
        ("1x0", [((10, 80), YELLOW), ((90, 30), GREEN)]),
        ("center", [((10, 30), RED), ((90, 30), GREEN)]),
    ] {
        // 133 × 100 is cut to 100: a sixth of the width on each side of the middle.
        let points = match gravity {
            "left" | "0x0.5" => [((40, 30), RED), ((80, 30), GREEN)],
            "right" | "1x0" => [((20, 30), RED), ((80, 30), GREEN)],
            _ => points,
        };
        check(&format!("{square},gravity={gravity}"), (100, 100), &points).await;
    }
    // A tall window shows one side only.
    check("w=50,h=150,fit=cover,g=left", (50, 150), &[((40, 40), RED), ((40, 120), BLUE)]).await;
    check("w=50,h=150,fit=cover,g=right", (50, 150), &[((18, 40), GREEN), ((18, 120), YELLOW)])
        .await;
    check("w=400,h=50,fit=cover,g=bottom", (400, 50), &[((90, 20), BLUE), ((340, 20), YELLOW)])
        .await;
    check("w=400,h=50,fit=cover,g=0.5x0", (400, 50), &[((90, 28), RED), ((340, 28), GREEN)]).await;
}

#[tokio::test]
async fn an_image_is_mirrored_and_then_turned() {
    let corners = |colors: [[u8; 3]; 4], (right, bottom): (u32, u32)| {
        [((90, 75), colors[0]), ((right - 60, 75), colors[1])]
            .into_iter()
            .chain([((90, bottom - 75), colors[2]), ((right - 60, bottom - 75), colors[3])])
            .map(|((x, y), color)| ((x - x % 50 + 40, y - y % 50 + 40), color))
            .collect::<Vec<_>>()
    };
    for (options, size, colors) in [
        ("rotate=90", (300, 400), [BLUE, RED, YELLOW, GREEN]),
        ("rotate=180", (400, 300), [YELLOW, BLUE, GREEN, RED]),
        ("rotate=270", (300, 400), [GREEN, YELLOW, RED, BLUE]),
        ("flip=h", (400, 300), [GREEN, RED, YELLOW, BLUE]),
        ("flip=v", (400, 300), [BLUE, YELLOW, RED, GREEN]),
        ("flip=hv", (400, 300), [YELLOW, BLUE, GREEN, RED]),
        ("flip=h,rotate=90", (300, 400), [YELLOW, GREEN, BLUE, RED]),
    ] {
        let picture = rendered(options).await;
        assert_eq!(picture.dimensions(), size, "{options}");
        for ((x, y), color) in corners(colors, size) {
            // Lines and digits move about; most of what is around a point is the quadrant's own.
            let near = (0..16).map(|step| picture.get_pixel(x - 12 + step, y - 8).0);
            let hits = near.filter(|[r, g, b, _]| [*r, *g, *b] == color).count();
            assert!(hits >= 4, "{options}: {color:?} is not around {:?}", (x, y));
        }
    }
}

#[tokio::test]
async fn trimming_takes_sides_or_a_rectangle_off() {
    let red_cell = [((30, 30), RED), ((138, 25), RED)];
    check("trim=10;200;150;10", (190, 140), &red_cell).await;
    check("trim=0;0.5;0.5;0", (200, 150), &[((1, 1), BLACK), ((40, 40), RED)]).await;
    check("trim.left=200,trim.width=100,trim.height=0.5", (100, 150), &[((40, 40), GREEN)]).await;
    check("trim=0;0;150;200,w=100", (100, 75), &[((20, 20), GREEN), ((70, 20), GREEN)]).await;
}

#[tokio::test]
async fn a_border_of_one_colour_is_found() {
    check("trim=border", (392, 292), &[((36, 36), RED), ((386, 286), YELLOW)]).await;
    check("trim=color", (392, 292), &[((36, 36), RED)]).await;
    let keep = "trim=border,trim.border.keep=2";
    check(keep, (396, 296), &[((0, 0), BLACK), ((38, 38), RED)]).await;
    // Nothing is white there.
    check("trim.border.color=white", (400, 300), &[((0, 0), BLACK)]).await;
    check("trim=border,w=196", (196, 146), &[((20, 18), RED)]).await;
}

#[tokio::test]
async fn padding_and_borders_have_their_colours() {
    let padded = "w=400,h=400,fit=pad";
    check(padded, (400, 400), &[((200, 10), WHITE), ((40, 90), RED)]).await;
    let tomato = format!("{padded},background=tomato");
    check(&tomato, (400, 400), &[((200, 10), TOMATO), ((40, 90), RED), ((200, 390), TOMATO)]).await;
    for spelled in ["rgb(255,99,71)", "rgb%28255%2C99%2C71%29", "%23ff6347"] {
        let options = format!("{padded},background={spelled}");
        check(&options, (400, 400), &[((200, 10), TOMATO)]).await;
    }
    check("border.color=tomato,border.width=10", (420, 320), &[((5, 5), TOMATO), ((50, 50), RED)])
        .await;
    let sides = "border.color=tomato,border.top=10,border.left=20,dpr=1";
    check(sides, (420, 310), &[((5, 200), TOMATO), ((200, 5), TOMATO), ((60, 50), RED)]).await;
}

#[tokio::test]
async fn a_background_shows_through_what_is_clear() {
    let picture = delivered("alpha.png", "background=tomato").await.picture();
    assert_color(&picture, (2, 2), TOMATO);
    assert_color(&picture, (150, 100), [0xf5, 0x82, 0x31]);

    let clear = delivered("alpha.png", "w=300").await.picture();
    assert_eq!(clear.get_pixel(2, 2).0[3], 0, "without one it stays clear");
    let half = delivered("alpha.png", "background=rgba(0,0,0,0.5)").await.picture();
    assert_eq!(half.get_pixel(2, 2).0, [0, 0, 0, 128]);
    let padded = delivered("alpha.png", "w=400,h=400,fit=pad,background=rgba(0,0,0,0.5)").await;
    assert_eq!(padded.picture().get_pixel(200, 2).0, [0, 0, 0, 128], "it is laid under once");
    let jpeg = delivered("alpha.png", "f=jpeg").await.picture();
    assert_color(&jpeg, (2, 2), WHITE);
}

#[tokio::test]
async fn adjustments_change_colours_as_they_say() {
    let at = async |options: &str| rendered(options).await.get_pixel(90, 90).0;
    let [red, green, blue, _] = at("w=400").await;
    assert_eq!([red, green, blue], RED);

    let [bright, ..] = at("brightness=0.5").await;
    assert!(bright.abs_diff(red / 2) <= 2, "{bright}");
    assert_eq!(at("brightness=0").await[..3], RED, "0 is ignored");
    let [_, flat, ..] = at("contrast=0.5").await;
    assert!(flat > green + 30, "darker than the middle moves up to it: {flat}");
    let [_, light, ..] = at("gamma=2").await;
    assert!(light > green + 20, "{light}");
    let [_, dark, ..] = at("gamma=0.5").await;
    assert!(dark < green, "{dark}");
    let [r, g, b, _] = at("saturation=0").await;
    assert!(r.abs_diff(g) <= 2 && g.abs_diff(b) <= 2, "{r} {g} {b}");
}

#[tokio::test]
async fn blur_and_sharpen_do_the_opposite_to_an_edge() {
    // Across the edge between red and green at (200, 30), left of the grid line.
    let step = async |options: &str| {
        let picture = rendered(options).await;
        i32::from(picture.get_pixel(190, 40).0[0]) - i32::from(picture.get_pixel(236, 40).0[0])
    };
    let plain = step("w=400").await;
    assert!(step("blur=40").await < plain / 2);
    // Sharpening undoes some of it: the two sides of the edge move apart again.
    let across = async |options: &str| {
        let picture = rendered(options).await;
        let [left, right] = [194, 206].map(|x| i32::from(picture.get_pixel(x, 40).0[0]));
        left - right
    };
    let (soft, sharp) = (across("blur=4").await, across("w=400,sharpen=10").await);
    assert!(soft < sharp, "{soft} {sharp}");
    let grey = async |options: &str| {
        let picture = delivered("grey.jpg", options).await.picture();
        let rows = picture.rows().flat_map(|row| row.map(|pixel| pixel.0[0]).collect::<Vec<_>>());
        let values: Vec<_> = rows.collect();
        values.windows(2).map(|pair| u64::from(pair[0].abs_diff(pair[1]))).sum::<u64>()
    };
    let (plain, sharpened) =
        (grey("w=200,f=png-force").await, grey("w=200,sharpen=4,f=png-force").await);
    assert!(
        sharpened * 10 > plain * 11,
        "there is more contrast between neighbours: {plain} {sharpened}"
    );
}

#[tokio::test]
async fn faces_edges_and_what_stands_out_decide_on_a_crop() {
    for gravity in ["auto", "entropy", "face"] {
        let options = format!("w=100,h=300,fit=cover,gravity={gravity}");
        let response = delivered("photo.jpg", &options).await;
        assert_eq!(response.size(), "100x300");
        let warning = response.header("warning");
        assert!(warning.contains("gravity is approximated"), "{warning}");
    }
}

#[tokio::test]
async fn json_tells_sizes_instead_of_showing_the_image() {
    let response = delivered("photo.jpg", "w=100,format=json").await;
    assert_eq!(response.header("content-type"), "application/json");
    let original = std::fs::metadata("fixtures/photo.jpg").unwrap().len();
    let json = response.json();
    assert_eq!(json["width"], 100);
    assert_eq!(json["original"]["file_size"], original);
    assert_eq!(json["original"]["format"], "image/jpeg");

    let turned = delivered("orientation-6.jpg", "trim=border,format=json").await.json();
    assert_eq!((&turned["original"]["width"], &turned["width"]), (&120.into(), &120.into()));
}

#[tokio::test]
async fn an_animation_can_be_stopped() {
    let moving = delivered("animation.gif", "w=80").await;
    let still = delivered("animation.gif", "w=80,anim=false").await;

    assert_eq!(still.header("content-type"), "image/gif");
    assert!(still.body.len() < moving.body.len());
    let mut decoder = gif::DecodeOptions::new().read_info(&still.body[..]).unwrap();
    assert!(decoder.read_next_frame().unwrap().is_some());
    assert!(decoder.read_next_frame().unwrap().is_none(), "there is one frame");
}

#[tokio::test]
async fn every_option_works_on_every_frame() {
    for options in [
        "w=40,h=40,fit=cover,g=left,f=webp",
        "rotate=90,flip=h,f=webp",
        "trim=2;2;2;2,blur=2,background=tomato",
        "trim=border,border.color=red,border.width=3",
        "brightness=1.5,contrast=0.8,gamma=1.2,saturation=0.5,sharpen=2,q=60,f=webp",
    ] {
        let response = delivered("animation.gif", options).await;
        assert_eq!(response.status, 200, "{options}: {}", response.text());
        let frames = match response.header("content-type") {
            "image/webp" => {
                webpx::AnimationDecoder::new(&response.body).unwrap().info().frame_count
            }
            _ => {
                let mut decoder = gif::DecodeOptions::new().read_info(&response.body[..]).unwrap();
                let mut frames = 0;
                while decoder.read_next_frame().unwrap().is_some() {
                    frames += 1;
                }
                frames
            }
        };
        assert_eq!(frames, 8, "{options}");
    }
}

#[tokio::test]
async fn formats_and_qualities_are_as_asked_for() {
    for (options, media_type) in [
        ("f=avif", "image/avif"),
        ("f=webp", "image/webp"),
        ("f=jpeg", "image/jpeg"),
        ("f=baseline-jpeg", "image/jpeg"),
        ("f=png-force", "image/png"),
        ("f=png", "image/jpeg"),
        ("f=auto", "image/jpeg"),
    ] {
        let response = delivered("photo.jpg", &format!("w=120,{options}")).await;
        assert_eq!(response.header("content-type"), media_type, "{options}");
    }
    let bytes = async |quality: &str| {
        delivered("photo.jpg", &format!("w=300,q={quality}")).await.body.len()
    };
    assert!(bytes("low").await < bytes("60").await && bytes("60").await < bytes("high").await);
    let progressive = delivered("photo.jpg", "w=120,f=jpeg").await.body;
    assert!(progressive.windows(2).any(|marker| marker == [0xff, 0xc2]));
    let baseline = delivered("photo.jpg", "w=120,f=baseline-jpeg").await.body;
    assert!(baseline.windows(2).any(|marker| marker == [0xff, 0xc0]));
}

#[tokio::test]
async fn what_is_left_out_or_approximated_is_said_and_what_is_refused_has_a_code() {
    let app = TestApp::flexible().await;
    let id = app.upload("photo.jpg").await;
    let warnings = async |options: &str| {
        let response = app.deliver(&id, options).await;
        assert_eq!(response.status, 200, "{options}: {}", response.text());
        let lines = response.headers.get_all("warning").iter();
        lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
            .collect::<Vec<_>>()
            .join(" | ")
    };
    for (options, expected) in [
        ("w=abc", r#"cf-images 299 "width is left out: 'abc' is no number""#),
        ("public=undefined,w=10", r#"cf-images 299 "public is no option that is known here""#),
        ("w%0D%C3%A4%22=1", "cf-images 299 \"w?ä? is no option that is known here\""),
        ("w=100,fit=cover", r#"cf-images 299 "cover fit mode needs both width and height""#),
        ("w=10,dpr=4", r#"cf-images 299 "dpr > 3 should never be used""#),
        ("f=png", r#"cf-images 299 "JPEG vs PNG selection is automatic""#),
        (
            "segment=foreground",
            r#"cf-images 299 "segment has no effect: segmentation is not available""#,
        ),
        (
            "border.color=red",
            r#"cf-images 299 "border.color has no effect without a border width""#,
        ),
        ("w=100,h=100,fit=cover,q=80,rotate=90", ""),
    ] {
        assert_eq!(warnings(options).await, expected, "{options}");
    }
    for (options, expected) in [
        (
            "w=0",
            "400 ERROR 9401: Missing or invalid resizing parameters: width: must be a number from 1 to 12000",
        ),
        (
            "blur=251",
            "400 ERROR 9401: Missing or invalid resizing parameters: blur: must be a number from 0 to 250",
        ),
        (
            "f=mp4",
            "400 ERROR 9401: Missing or invalid resizing parameters: format: 'mp4' is not a supported output format",
        ),
        ("f=svg", "415 ERROR 9412: The image can't be converted: pixels can't be made into an SVG"),
        (
            "trim=900;0;900;0",
            "403 ERROR 9413: The image is too large: 1600x0, but an image has at least one pixel",
        ),
    ] {
        let response = app.deliver(&id, options).await;
        assert_eq!(response.snapshot().trim_end(), expected, "{options}");
    }
}

#[tokio::test]
async fn the_clients_hints_choose_width_and_quality() {
    let app = TestApp::flexible().await;
    let id = app.upload("photo.jpg").await;
    let path = format!("/{HASH}/{id}/width=auto");

    let narrow = app.get(&path, &[("sec-ch-viewport-width", "300")]).await;
    assert_eq!(narrow.size(), "320x240");
    assert_eq!(narrow.header("vary"), "accept, sec-ch-viewport-width, user-agent");
    let phone = app.get(&path, &[("user-agent", "Mozilla/5.0 (iPhone)")]).await;
    assert!(phone.size().starts_with("768x"));

    let path = format!("/{HASH}/{id}/w=300,q=90,scq=30");
    let fast = app.get(&path, &[]).await;
    let slow = app.get(&path, &[("save-data", "on")]).await;
    assert!(slow.body.len() * 3 < fast.body.len() * 2);
    assert_ne!(slow.header("etag"), fast.header("etag"));
}

#[tokio::test]
async fn a_crop_follows_the_faces_and_goes_close_to_them() {
    // 640 × 400; the box of both faces is about (120, 115) to (400, 245), nobody is in the right third.
    const WALL: [u8; 3] = [112, 136, 150];
    let app = TestApp::flexible().await;
    let id = app.upload("faces.png").await;
    let crop =
        async |options: &str| app.deliver(&id, &format!("w=200,h=200,{options}")).await.picture();
    let walls = |picture: &RgbaImage| {
        picture.pixels().filter(|pixel| pixel.0[..3] == WALL).count() * 100 / (200 * 200)
    };

    let center = crop("fit=cover,g=center").await;
    let faces = crop("fit=cover,g=face").await;
    let close = crop("fit=cover,g=face,zoom=1").await;

    // The window of 400 × 400 moves left by a fifth of its width.
    assert_eq!(faces.get_pixel(100, 100), center.get_pixel(70, 100));
    assert!(walls(&close) + 10 < walls(&faces), "{} {}", walls(&close), walls(&faces));
    let cropped = crop("fit=crop,g=face,zoom=1").await;
    assert_eq!(cropped.dimensions(), (200, 200), "going close doesn't shrink the answer");
}

#[tokio::test]
async fn a_still_of_an_animation_counts_as_one_frame() {
    let app = TestApp::flexible().await;
    let id = app.upload("animation.gif").await;

    // Eight frames of this size would be over the limit.
    let still = app.deliver(&id, "w=5000,fit=contain,f=json").await;
    assert_eq!(still.json()["width"], 5000);
    assert_eq!(app.deliver(&id, "w=5000,fit=contain,f=webp").await.header("cf-images"), "err=9413");
}

#[tokio::test]
async fn what_a_border_leaves_decides_on_the_format() {
    let app = TestApp::flexible().await;
    let id = app.upload("geometry.png").await;
    let path = format!("/{HASH}/{id}/trim=border,w=1203,fit=contain");

    // With the border it would be 1203 × 902: too large for AVIF.
    let response = app.get(&path, &[("accept", "image/avif,image/webp")]).await;

    assert_eq!(response.header("content-type"), "image/webp");
    let path = format!("/{HASH}/{id}/trim=border,w=1700,fit=contain,f=avif");
    let response = app.get(&path, &[("accept", "image/webp")]).await;
    assert_eq!(response.header("content-type"), "image/webp");
    assert_eq!(response.header("vary"), "accept");
    assert!(response.header("warning").contains("too large for AVIF"));
}

#[tokio::test]
async fn warnings_are_not_endless() {
    let app = TestApp::flexible().await;
    let id = app.upload("palette.png").await;

    let many = "nonsense,".repeat(40);
    let response = app.deliver(&id, &format!("w=1,{many}")).await;

    let warnings: Vec<_> = response.headers.get_all("warning").iter().collect();
    assert_eq!(warnings.len(), 11);
    assert_eq!(warnings[10], r#"cf-images 299 "and 30 more""#);
}
