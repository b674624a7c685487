//! That pixels land where the plan says. The plans themselves are tested beside `transform::plan`.

use crate::support::{
    TestApp,
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
async fn a_fit_that_lacks_a_side_scales_and_says_so() {
    let app = TestApp::new();
    app.variant("v", r#"{"fit":"cover","width":200}"#).await;
    let id = app.upload("geometry.png").await;

    let response = app.deliver(&id, "v").await;

    assert_eq!(response.size(), "200x150");
    let expected = "cf-images 299 \"cover fit mode needs both width and height\"";
    assert_eq!(response.header("warning"), expected);
}
