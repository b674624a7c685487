//! Applies a plan to one frame; one short function per step.

use std::borrow::Cow;

use fast_image_resize::{MulDiv, ResizeOptions, Resizer};
use image::{DynamicImage, Rgba, RgbaImage, imageops};

use super::{
    TransformError,
    adjust::{self, Tones},
    css_color::Color,
    plan::{Border, Plan, Tone, Window},
    shrink::Rect,
    values::{Flip, Rotate, Size},
};

/// Carries out the plan's steps in the plan's order.
pub(super) fn apply(plan: &Plan, frame: DynamicImage) -> Result<DynamicImage, TransformError> {
    let frame = resize_and_crop(plan, reframe(plan, frame))?;
    Ok(finish(plan, frame))
}

/// Carries out a plan that `rect` of these pixels is all it needs of. They become `size`, and are turned
/// then.
pub(super) fn apply_to_part(
    plan: &Plan,
    part: DynamicImage,
    rect: Rect,
    size: Size,
) -> Result<DynamicImage, TransformError> {
    let frame = resize(part, rect, size)?;
    Ok(finish(plan, reframe(plan, frame)))
}

/// What comes after resizing.
fn finish(plan: &Plan, mut frame: DynamicImage) -> DynamicImage {
    // Before anything changes the colours, so that the background is the same behind and around.
    if let Some(color) = plan.background {
        frame = flatten_on(&frame, color).into_owned();
    }
    if let Some(canvas) = plan.pad {
        frame = place(&frame, canvas, plan.background.unwrap_or(Color::WHITE));
    }
    frame = tone(plan.tone, frame);
    if let Some(amount) = plan.sharpen {
        frame = adjust::sharpen(frame, amount);
    }
    if let Some(radius) = plan.blur {
        frame = adjust::blur(frame, radius);
    }
    if let Some(border) = plan.border {
        frame = surround(&frame, border);
    }
    frame
}

/// What comes before resizing: turned upright, trimmed, mirrored, rotated, gone close to.
pub(super) fn reframe(plan: &Plan, mut frame: DynamicImage) -> DynamicImage {
    frame.apply_orientation(plan.orient);
    frame = cut(frame, plan.trim);
    match plan.flip {
        Some(Flip::H) => imageops::flip_horizontal_in_place(&mut frame),
        Some(Flip::V) => imageops::flip_vertical_in_place(&mut frame),
        Some(Flip::Hv) => imageops::rotate180_in_place(&mut frame),
        None => {}
    }
    frame = match plan.rotate {
        Rotate::Not => frame,
        Rotate::Right => frame.rotate90(),
        Rotate::Around => frame.rotate180(),
        Rotate::Left => frame.rotate270(),
    };
    cut(frame, plan.zoom)
}

fn cut(frame: DynamicImage, window: Option<Window>) -> DynamicImage {
    match window {
        Some(Window { size, left, top }) => frame.crop_imm(left, top, size.width, size.height),
        None => frame,
    }
}

/// Resizes and crops in one go: only what stays inside the window is computed.
fn resize_and_crop(plan: &Plan, frame: DynamicImage) -> Result<DynamicImage, TransformError> {
    let full = Size { width: frame.width(), height: frame.height() };
    let resized = plan.resize.unwrap_or(full);
    let window = plan.crop.unwrap_or(Window { size: resized, left: 0, top: 0 });
    if resized == full && window.size == full {
        return Ok(frame);
    }
    resize(frame, Rect::of(window, resized, full), window.size)
}

/// Makes `rect` of the frame `size`. What is around it counts at its edges.
fn resize(mut frame: DynamicImage, rect: Rect, size: Size) -> Result<DynamicImage, TransformError> {
    // Lanczos3 is the resizer's default.
    let options = ResizeOptions::new().use_alpha(false).crop(
        rect.left,
        rect.top,
        // Rounding must not carry it over the edge.
        rect.width.min(f64::from(frame.width()) - rect.left),
        rect.height.min(f64::from(frame.height()) - rect.top),
    );
    let mut target = DynamicImage::new(size.width, size.height, frame.color());
    let failed = |error: &dyn ToString| TransformError::Unencodable(error.to_string());
    // Colours count by their alpha. The resizer would do the same, but on a copy of the source.
    let alpha = (!is_opaque(&frame)).then(MulDiv::new);
    if let Some(alpha) = &alpha {
        alpha.multiply_alpha_inplace(&mut frame).map_err(|error| failed(&error))?;
    }
    Resizer::new().resize(&frame, &mut target, &options).map_err(|error| failed(&error))?;
    if let Some(alpha) = &alpha {
        alpha.divide_alpha_inplace(&mut target).map_err(|error| failed(&error))?;
    }
    Ok(target)
}

/// Whether nothing can be seen through it. Frames have 8 bits a channel here.
fn is_opaque(frame: &DynamicImage) -> bool {
    let channels = usize::from(frame.color().channel_count());
    !frame.color().has_alpha()
        || frame.as_bytes().chunks_exact(channels).all(|pixel| pixel[channels - 1] == u8::MAX)
}

fn tone(tone: Tone, mut frame: DynamicImage) -> DynamicImage {
    let Tone { brightness, contrast, gamma, saturation } = tone;
    if brightness.or(contrast).or(gamma).is_some() {
        let [brightness, contrast, gamma] =
            [brightness, contrast, gamma].map(|factor| factor.unwrap_or(1.0));
        frame = adjust::tones(frame, Tones { brightness, contrast, gamma });
    }
    match saturation {
        Some(factor) => adjust::saturation(frame, factor),
        None => frame,
    }
}

/// Puts the frame on a canvas of one colour. What is transparent in the frame stays so.
fn place(frame: &DynamicImage, canvas: Window, color: Color) -> DynamicImage {
    let (left, top) = (i64::from(canvas.left), i64::from(canvas.top));
    let mut placed = RgbaImage::from_pixel(canvas.size.width, canvas.size.height, Rgba(color.0));
    imageops::replace(&mut placed, &frame.to_rgba8(), left, top);
    let has_alpha = frame.color().has_alpha() || !color.is_opaque();
    if has_alpha { placed.into() } else { DynamicImage::from(placed).into_rgb8().into() }
}

/// Puts a border around the frame, which makes it larger.
fn surround(frame: &DynamicImage, border: Border) -> DynamicImage {
    let size = Size {
        width: frame.width() + border.left + border.right,
        height: frame.height() + border.top + border.bottom,
    };
    place(frame, Window { size, left: border.left, top: border.top }, border.color)
}

/// The frame without transparency: on white, for formats that have none.
pub(super) fn flatten(frame: &DynamicImage) -> Cow<'_, DynamicImage> {
    flatten_on(frame, Color::WHITE)
}

fn flatten_on(frame: &DynamicImage, color: Color) -> Cow<'_, DynamicImage> {
    if !frame.color().has_alpha() {
        return Cow::Borrowed(frame);
    }
    let mut flat = RgbaImage::from_pixel(frame.width(), frame.height(), Rgba(color.0));
    imageops::overlay(&mut flat, &frame.to_rgba8(), 0, 0);
    let flat = DynamicImage::from(flat);
    Cow::Owned(if color.is_opaque() { flat.into_rgb8().into() } else { flat })
}
