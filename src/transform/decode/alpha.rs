//! Alpha that comes as a picture of its own, or with colours already weighted by it.

use image::{DynamicImage, ImageBuffer, Pixel, Primitive, Rgba};

/// Puts a grey picture into another's alpha channel. `None` if their sizes differ.
pub(super) fn join(color: DynamicImage, alpha: DynamicImage) -> Option<DynamicImage> {
    if (color.width(), color.height()) != (alpha.width(), alpha.height()) {
        return None;
    }
    let is_deep = |image: &DynamicImage| {
        image.color().bits_per_pixel() / u16::from(image.color().channel_count()) > 8
    };
    if is_deep(&color) || is_deep(&alpha) {
        let (mut color, alpha) = (color.into_rgba16(), alpha.into_luma16());
        color.pixels_mut().zip(alpha.pixels()).for_each(|(pixel, alpha)| pixel.0[3] = alpha.0[0]);
        return Some(color.into());
    }
    let (mut color, alpha) = (color.into_rgba8(), alpha.into_luma8());
    color.pixels_mut().zip(alpha.pixels()).for_each(|(pixel, alpha)| pixel.0[3] = alpha.0[0]);
    Some(color.into())
}

/// Gives colours that were weighted by their alpha their own strength back.
pub(super) fn unpremultiply(pixels: &mut DynamicImage) {
    match pixels {
        DynamicImage::ImageRgba8(pixels) => unweigh(pixels),
        DynamicImage::ImageRgba16(pixels) => unweigh(pixels),
        _ => {}
    }
}

fn unweigh<S: Primitive + Into<u32> + TryFrom<u32>>(pixels: &mut ImageBuffer<Rgba<S>, Vec<S>>)
where
    Rgba<S>: Pixel<Subpixel = S>,
{
    let full: u32 = S::DEFAULT_MAX_VALUE.into();
    for Rgba([red, green, blue, alpha]) in pixels.pixels_mut() {
        let alpha: u32 = (*alpha).into();
        let own = |color: S| {
            let own = (color.into() * full + alpha / 2).checked_div(alpha).unwrap_or(0);
            S::try_from(own.min(full)).unwrap_or(S::DEFAULT_MAX_VALUE)
        };
        [*red, *green, *blue] = [own(*red), own(*green), own(*blue)];
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgb, RgbImage};

    use super::*;

    #[test]
    fn weighted_colours_get_their_strength_back() {
        for (weighted, own) in [
            ([50_u8, 0, 100, 128], [100_u8, 0, 199, 128]),
            ([200, 3, 4, 100], [255, 8, 10, 100]),
            ([9, 9, 9, 0], [0, 0, 0, 0]),
            ([1, 2, 3, 255], [1, 2, 3, 255]),
        ] {
            let mut pixels = ImageBuffer::from_pixel(1, 1, Rgba::<u8>(weighted)).into();
            unpremultiply(&mut pixels);
            assert_eq!(pixels.into_rgba8().get_pixel(0, 0).0, own);
        }
        let mut deep = ImageBuffer::from_pixel(1, 1, Rgba([30_000_u16, 60_000, 0, 32_768])).into();
        unpremultiply(&mut deep);
        assert_eq!(deep.into_rgba16().get_pixel(0, 0).0, [59_999, 65_535, 0, 32_768]);
    }

    #[test]
    fn sizes_have_to_agree() {
        let color = || RgbImage::from_pixel(2, 1, Rgb([1, 2, 3])).into();
        let alpha = |width| GrayImage::from_pixel(width, 1, Luma([7])).into();
        assert_eq!(join(color(), alpha(2)).unwrap().into_rgba8().get_pixel(1, 0).0, [1, 2, 3, 7]);
        assert!(join(color(), alpha(1)).is_none());
    }
}
