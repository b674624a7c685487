//! Applies a plan to one frame; one short function per step.

use std::borrow::Cow;

use fast_image_resize::{ResizeOptions, Resizer};
use image::{DynamicImage, Rgba, RgbaImage, imageops};

use super::{
    TransformError,
    adjust::blur,
    plan::{Plan, Window},
    values::Size,
};

/// The pad area's colour where no background is asked for.
const WHITE: Rgba<u8> = Rgba([255; 4]);

/// Carries out the plan's steps in the plan's order.
pub(super) fn apply(plan: &Plan, mut frame: DynamicImage) -> Result<DynamicImage, TransformError> {
    frame.apply_orientation(plan.orient);
    if let Some(frame_and_crop) = resize_and_crop(plan, &frame)? {
        frame = frame_and_crop;
    }
    if let Some(canvas) = plan.pad {
        frame = pad(&frame, canvas);
    }
    if let Some(radius) = plan.blur {
        frame = blur(frame, radius);
    }
    Ok(frame)
}

/// Resizes and crops in one go: only what stays inside the window is computed. `None` if the plan
/// asks for neither.
fn resize_and_crop(
    plan: &Plan,
    frame: &DynamicImage,
) -> Result<Option<DynamicImage>, TransformError> {
    let full = Size { width: frame.width(), height: frame.height() };
    let resized = plan.resize.unwrap_or(full);
    let window = plan.crop.unwrap_or(Window { size: resized, left: 0, top: 0 });
    if window.size == full {
        return Ok(None);
    }
    let across = f64::from(full.width) / f64::from(resized.width);
    let down = f64::from(full.height) / f64::from(resized.height);
    let (left, top) = (f64::from(window.left) * across, f64::from(window.top) * down);
    // Lanczos3, and alpha-premultiplied, are the resizer's defaults.
    let options = ResizeOptions::new().crop(
        left,
        top,
        // Rounding must not carry the window over the edge.
        (f64::from(window.size.width) * across).min(f64::from(full.width) - left),
        (f64::from(window.size.height) * down).min(f64::from(full.height) - top),
    );
    let mut target = DynamicImage::new(window.size.width, window.size.height, frame.color());
    Resizer::new()
        .resize(frame, &mut target, &options)
        .map_err(|error| TransformError::Unencodable(error.to_string()))?;
    Ok(Some(target))
}

/// Puts the frame on a white canvas. What is transparent in the frame stays so.
fn pad(frame: &DynamicImage, canvas: Window) -> DynamicImage {
    let (left, top) = (i64::from(canvas.left), i64::from(canvas.top));
    let mut padded = RgbaImage::from_pixel(canvas.size.width, canvas.size.height, WHITE);
    imageops::replace(&mut padded, &frame.to_rgba8(), left, top);
    if frame.color().has_alpha() {
        padded.into()
    } else {
        DynamicImage::from(padded).into_rgb8().into()
    }
}

/// The frame without transparency: on white, for formats that have none.
pub(super) fn flatten(frame: &DynamicImage) -> Cow<'_, DynamicImage> {
    if !frame.color().has_alpha() {
        return Cow::Borrowed(frame);
    }
    let mut flat = RgbaImage::from_pixel(frame.width(), frame.height(), WHITE);
    imageops::overlay(&mut flat, &frame.to_rgba8(), 0, 0);
    Cow::Owned(DynamicImage::from(flat).into_rgb8().into())
}
