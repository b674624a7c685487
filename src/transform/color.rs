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
        Layout::Gray | Layout::GrayAlpha => {
            let mut grey = ColorProfile::new_gray_with_gamma(2.2);
            grey.gray_trc = ColorProfile::new_srgb().red_trc;
            grey
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grey_profile_with_srgbs_own_curve_changes_nothing() {
        let mut profile = ColorProfile::new_gray_with_gamma(2.2);
        profile.gray_trc = ColorProfile::new_srgb().red_trc;
        let ramp = GrayImage::from_fn(256, 1, |x, _| image::Luma([x as u8]));

        let converted = to_srgb(ramp.clone().into(), Some(&profile.encode().unwrap())).into_luma8();

        for (before, after) in ramp.pixels().zip(converted.pixels()) {
            assert!(before.0[0].abs_diff(after.0[0]) <= 1, "{before:?} became {after:?}");
        }
    }

    #[test]
    fn a_wide_gamut_is_brought_into_srgb() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let picture = RgbImage::from_pixel(1, 1, image::Rgb([200, 100, 100]));

        let converted = to_srgb(picture.into(), Some(&p3)).into_rgb8();

        // The same colour takes more red and less green in the narrower space.
        let [red, green, _] = converted.get_pixel(0, 0).0;
        assert!(red > 205 && green < 100, "{red} {green}");
    }
}
