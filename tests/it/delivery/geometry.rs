//! That pixels land where the plan says. The plans themselves are tested beside `transform::plan`.

use crate::support::{
    Form, TestApp,
    pixels::{BLUE, GREEN, RED, WHITE, YELLOW, assert_color},
};

/// `geometry.png` (400 × 300, four quadrants) delivered with these options.
async fn rendered(options: &str) -> (String, image::RgbaImage) {
    let app = TestApp::new();
    app.variant("v", options).await;
    let id = app.upload("geometry.png").await;
    let response = app.deliver(&id, "v").await;
    (response.size(), response.picture())
}

#[tokio::test]
async fn scale_down_shrinks_and_never_enlarges() {
    let (size, picture) = rendered(r#"{"fit":"scale-down","width":200,"height":200}"#).await;
    assert_eq!(size, "200x150");
    assert_color(&picture, (45, 37), RED);
    assert_color(&picture, (170, 112), YELLOW);

    let (size, _) = rendered(r#"{"fit":"scale-down","width":800,"height":800}"#).await;
    assert_eq!(size, "400x300");
}

#[tokio::test]
async fn contain_enlarges() {
    let (size, picture) = rendered(r#"{"fit":"contain","width":800,"height":800}"#).await;
    assert_eq!(size, "800x600");
    assert_color(&picture, (680, 150), GREEN);
    assert_color(&picture, (180, 450), BLUE);
}

#[tokio::test]
async fn cover_cuts_both_ends_alike() {
    // 400 × 300 is resized to 800 × 600; 200 pixels go on either side, the border with them.
    let (size, picture) = rendered(r#"{"fit":"cover","width":400,"height":600}"#).await;
    assert_eq!(size, "400x600");
    assert_color(&picture, (80, 150), RED);
    assert_color(&picture, (280, 150), GREEN);
    // Beside the grid line that is now the edge, far inside of the black border.
    assert_color(&picture, (6, 150), RED);
}

#[tokio::test]
async fn crop_never_enlarges() {
    let (size, picture) = rendered(r#"{"fit":"crop","width":200,"height":900}"#).await;
    assert_eq!(size, "200x300");
    assert_color(&picture, (40, 75), RED);
    assert_color(&picture, (140, 225), YELLOW);
}

#[tokio::test]
async fn pad_puts_the_image_in_the_middle_of_white() {
    let (size, picture) = rendered(r#"{"fit":"pad","width":200,"height":300}"#).await;
    assert_eq!(size, "200x300");
    assert_color(&picture, (100, 10), WHITE);
    assert_color(&picture, (100, 290), WHITE);
    assert_color(&picture, (45, 75 + 37), RED);
}

#[tokio::test]
async fn blur_mixes_what_is_near() {
    let (_, sharp) = rendered(r#"{"width":400}"#).await;
    let (_, blurred) = rendered(r#"{"width":400,"blur":20}"#).await;

    let between = (200, 130);
    assert_ne!(sharp.get_pixel(between.0, between.1), blurred.get_pixel(between.0, between.1));
    // Halfway between the red and the green quadrant.
    let [red, green, ..] = blurred.get_pixel(between.0, between.1).0;
    assert!((110..190).contains(&red) && (60..140).contains(&green), "{red} {green}");
}

#[tokio::test]
async fn blur_has_no_dark_edge_around_what_is_clear() {
    let app = TestApp::new();
    app.variant("v", r#"{"blur":20}"#).await;
    let id = app.upload("alpha.png").await;

    let picture = app.deliver(&id, "v").await.picture();

    // An orange disc on nothing: whatever is left to see is orange.
    let visible = picture.pixels().filter(|pixel| pixel.0[3] > 16);
    assert!(visible.clone().count() > 1000);
    for pixel in visible {
        let [red, green, blue, _] = pixel.0;
        assert!(red > 225 && (110..150).contains(&green) && blue < 70, "{pixel:?}");
    }
}

#[tokio::test]
async fn a_strip_can_be_covered_although_its_whole_would_be_too_large() {
    let app = TestApp::new();
    app.variant("square", r#"{"fit":"cover","width":500,"height":500}"#).await;
    let mut strip = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_pixel(3000, 1, image::Rgb(RED));
    pixels.write_to(&mut strip, image::ImageFormat::Png).unwrap();
    let id = app.upload_with(Form::new().bytes("strip.png", strip.get_ref())).await;

    let response = app.deliver(&id, "square").await;

    assert_eq!(response.size(), "500x500");
    assert_color(&response.picture(), (250, 250), RED);
}

#[tokio::test]
async fn animations_are_limited_in_all_their_frames_together() {
    let app = TestApp::new();
    // 8 frames of 5000 × 3750 are more than 100 million pixels, of 80 × 60 they are not.
    app.variant("large", r#"{"fit":"contain","width":5000}"#).await;
    app.variant("small", r#"{"width":80}"#).await;
    let id = app.upload("animation.gif").await;

    assert_eq!(app.deliver(&id, "large").await.header("cf-images"), "err=9413");
    assert_eq!(app.deliver(&id, "small").await.size(), "80x60");
}

#[tokio::test]
async fn a_very_large_animation_is_delivered_as_it_is() {
    let app = TestApp::new();
    let mut gif = Vec::new();
    let mut encoder = gif::Encoder::new(&mut gif, 6000, 4500, &[0, 0, 0, 255, 0, 0]).unwrap();
    for _ in 0..2 {
        encoder.write_frame(&gif::Frame::from_indexed_pixels(1, 1, [1], None)).unwrap();
    }
    drop(encoder);
    let id = app.upload_with(Form::new().bytes("large.gif", &gif)).await;

    let response = app.deliver(&id, "public").await;

    assert!(response.body == gif);
    assert_eq!(
        response.header("warning"),
        "cf-images 299 \"animation too large to be transformed\""
    );
}

#[tokio::test]
async fn a_fit_that_lacks_a_side_scales_and_says_so() {
    let app = TestApp::new();
    app.variant("v", r#"{"fit":"cover","width":200}"#).await;
    let id = app.upload("geometry.png").await;

    let response = app.deliver(&id, "v").await;

    assert_eq!(response.size(), "200x150");
    let expected = "cf-images 299 \"cover fit mode needs both width and height\"";
    assert_eq!(response.header("warning"), expected);
}
