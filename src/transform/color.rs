//! Colour: an embedded ICC profile is applied, so that every answer is sRGB and needs none.

use image::{DynamicImage, GrayImage, RgbImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Converts to sRGB. A profile that can't be read, or that is for other channels than the pixels
/// have (CMYK is already RGB here), changes nothing, as browsers do.
pub(super) fn to_srgb(pixels: DynamicImage, icc: Option<&[u8]>) -> DynamicImage {
    let Some(profile) = icc.and_then(|icc| ColorProfile::new_from_slice(icc).ok()) else {
        return pixels;
    };
    let layout = match (&pixels, profile.color_space) {
        (DynamicImage::ImageLuma8(_), DataColorSpace::Gray) => Layout::Gray,
        (DynamicImage::ImageLumaA8(_), DataColorSpace::Gray) => Layout::GrayAlpha,
        (DynamicImage::ImageRgb8(_), DataColorSpace::Rgb) => Layout::Rgb,
        (DynamicImage::ImageRgba8(_), DataColorSpace::Rgb) => Layout::Rgba,
        _ => return pixels,
    };
    convert(&pixels, &profile, layout).unwrap_or(pixels)
}

/// Grey stays grey: its profile says how light a value is, and sRGB's own curve says it anew.
fn convert(pixels: &DynamicImage, profile: &ColorProfile, layout: Layout) -> Option<DynamicImage> {
    let srgb = match layout {
        Layout::Gray | Layout::GrayAlpha => ColorProfile::new_gray_with_gamma(2.2),
        _ => ColorProfile::new_srgb(),
    };
    let options = TransformOptions::default();
    let transform = profile.create_transform_8bit(layout, &srgb, layout, options).ok()?;
    let mut converted = vec![0; pixels.as_bytes().len()];
    transform.transform(pixels.as_bytes(), &mut converted).ok()?;
    let (width, height) = (pixels.width(), pixels.height());
    match layout {
        Layout::Gray => GrayImage::from_raw(width, height, converted).map(DynamicImage::from),
        Layout::Rgb => RgbImage::from_raw(width, height, converted).map(DynamicImage::from),
        Layout::GrayAlpha => {
            image::GrayAlphaImage::from_raw(width, height, converted).map(DynamicImage::from)
        }
        _ => image::RgbaImage::from_raw(width, height, converted).map(DynamicImage::from),
    }
}
