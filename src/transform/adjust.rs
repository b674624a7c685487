//! Blur, sharpen, brightness, contrast, gamma and saturation: what changes colours and leaves the
//! geometry alone. It works on stored sRGB values, as CSS filters do, and on 8 bits a channel.
//! Alpha stays as it is, but for the blur's.

use image::DynamicImage;

use super::gaussian;

/// Pixels of standard deviation per unit of the option `blur`. The documentation says "blur radius"
/// and no more; this is how CSS's `blur()` and libvips count.
const DEVIATION_PER_RADIUS: f32 = 1.0;

/// The deviation, in pixels, of the blur that sharpening subtracts.
const SHARPEN_DEVIATION: f32 = 1.0;

/// How much of the difference from the blurred image a `sharpen` of 1 adds. The documentation
/// recommends 1 for downscaled images and has 10 as the strongest; no more is known.
const SHARPEN_UNIT: f32 = 0.4;

/// How much red, green and blue add to the lightness, as CSS's `saturate()` and `grayscale()` count.
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Multipliers of lightness: 1 changes nothing, and neither does 0, which the service ignores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tones {
    pub(super) brightness: f32,
    pub(super) contrast: f32,
    pub(super) gamma: f32,
}

/// Brightness, then contrast, then gamma, in one pass.
pub(super) fn tones(mut frame: DynamicImage, tones: Tones) -> DynamicImage {
    let table = tones.table();
    let has_alpha = frame.color().has_alpha();
    for_each_pixel(&mut frame, |pixel| {
        let colours = pixel.len() - usize::from(has_alpha);
        pixel[..colours].iter_mut().for_each(|value| *value = table[usize::from(*value)]);
    });
    frame
}

/// Colourfulness: 0 is grey, 1 changes nothing.
pub(super) fn saturation(mut frame: DynamicImage, factor: f32) -> DynamicImage {
    for_each_pixel(&mut frame, |pixel| {
        let grey = luma(pixel);
        if let [red, green, blue, ..] = pixel {
            for value in [red, green, blue] {
                *value = to_byte(grey + (f32::from(*value) - grey) * factor);
            }
        }
    });
    frame
}

/// Adds what a slight blur would take away (an unsharp mask), 0 to 10. Only lightness is sharpened:
/// colours sharpened each on its own get fringes.
pub(super) fn sharpen(mut frame: DynamicImage, amount: f32) -> DynamicImage {
    let has_alpha = frame.color().has_alpha();
    let channels = 1 + usize::from(has_alpha);
    let mut blurred = Vec::with_capacity(frame.as_bytes().len());
    for_each_pixel(&mut frame, |pixel| {
        let alpha = if has_alpha { pixel[pixel.len() - 1] } else { u8::MAX };
        blurred.push((luma(pixel) * f32::from(alpha) + 0.5) as u16);
        blurred.extend(has_alpha.then_some(u16::from(alpha) * 255));
    });
    gaussian::blur(&mut blurred, frame.width() as usize, channels, SHARPEN_DEVIATION);
    let mut blurred = blurred.chunks_exact(channels);
    for_each_pixel(&mut frame, |pixel| {
        let Some(around) = blurred.next() else { return };
        let whole = around.get(1).map_or(255.0, |alpha| f32::from((*alpha).max(1)) / 255.0);
        let added = amount * SHARPEN_UNIT * (luma(pixel) - f32::from(around[0]) / whole);
        let colours = pixel.len() - usize::from(has_alpha);
        pixel[..colours].iter_mut().for_each(|value| *value = to_byte(f32::from(*value) + added));
    });
    frame
}

/// Blurs with colours weighted by their alpha: what is clear has no colour to give.
pub(super) fn blur(mut frame: DynamicImage, radius: f32) -> DynamicImage {
    let channels = usize::from(frame.color().channel_count());
    let has_alpha = frame.color().has_alpha();
    let mut samples = Vec::with_capacity(frame.as_bytes().len());
    for_each_pixel(&mut frame, |pixel| {
        let alpha = if has_alpha { pixel[channels - 1] } else { u8::MAX };
        let colours = channels - usize::from(has_alpha);
        let weighed = pixel[..colours].iter().map(|value| u16::from(*value) * u16::from(alpha));
        samples.extend(weighed.chain(has_alpha.then_some(u16::from(alpha) * 255)));
    });
    let deviation = radius * DEVIATION_PER_RADIUS;
    gaussian::blur(&mut samples, frame.width() as usize, channels, deviation);
    let mut blurred = samples.chunks_exact(channels);
    for_each_pixel(&mut frame, |pixel| {
        let Some(sample) = blurred.next() else { return };
        pixel.iter_mut().zip(sample).for_each(|(value, sum)| *value = by_255(*sum));
        if has_alpha {
            let whole = u32::from(sample[channels - 1].max(1));
            let unweigh = |sum: &u16| ((u32::from(*sum) * 255 + whole / 2) / whole).min(255) as u8;
            let colours = pixel[..channels - 1].iter_mut();
            colours.zip(sample).for_each(|(value, sum)| *value = unweigh(sum));
        }
    });
    frame
}

impl Tones {
    /// What becomes of each of the 256 values. Every step ends at black and white, as it would if
    /// it were the only one.
    fn table(self) -> [u8; 256] {
        let set = |factor: f32| if factor == 0.0 { 1.0 } else { factor };
        std::array::from_fn(|value| {
            let bright = (value as f32 / 255.0 * set(self.brightness)).min(1.0);
            let contrasted = ((bright - 0.5) * set(self.contrast) + 0.5).clamp(0.0, 1.0);
            to_byte(255.0 * with_gamma(contrasted, set(self.gamma)))
        })
    }
}

/// A gamma of 2 lightens and 0.5 darkens, like an exposure. So say Cloudflare's published types
/// and all its older documentation; the documentation of 2026 says the opposite.
fn with_gamma(value: f32, gamma: f32) -> f32 {
    value.powf(1.0 / gamma)
}

/// The lightness of a pixel of any layout, 0 to 255.
fn luma(pixel: &[u8]) -> f32 {
    match pixel {
        [red, green, blue, ..] => {
            LUMA[0] * f32::from(*red) + LUMA[1] * f32::from(*green) + LUMA[2] * f32::from(*blue)
        }
        _ => f32::from(pixel[0]),
    }
}

fn to_byte(value: f32) -> u8 {
    // `as` saturates at both ends.
    (value + 0.5) as u8
}

fn by_255(sum: u16) -> u8 {
    ((u32::from(sum) + 127) / 255) as u8
}

/// Every pixel as its 1 to 4 bytes. A frame of another depth has none here.
fn for_each_pixel(frame: &mut DynamicImage, mut change: impl FnMut(&mut [u8])) {
    match frame {
        DynamicImage::ImageLuma8(grey) => grey.chunks_exact_mut(1).for_each(&mut change),
        DynamicImage::ImageLumaA8(grey) => grey.chunks_exact_mut(2).for_each(&mut change),
        DynamicImage::ImageRgb8(colours) => colours.chunks_exact_mut(3).for_each(&mut change),
        DynamicImage::ImageRgba8(colours) => colours.chunks_exact_mut(4).for_each(&mut change),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use image::{
        GenericImageView, GrayAlphaImage, GrayImage, LumaA, Rgb, RgbImage, Rgba, RgbaImage,
    };

    use super::*;

    const UNCHANGED: Tones = Tones { brightness: 1.0, contrast: 1.0, gamma: 1.0 };

    fn one_pixel(colour: [u8; 4]) -> DynamicImage {
        RgbaImage::from_pixel(1, 1, Rgba(colour)).into()
    }

    fn toned(value: u8, tones: Tones) -> u8 {
        let [red, green, blue, alpha] =
            super::tones(one_pixel([value, value, value, 77]), tones).get_pixel(0, 0).0;
        assert!(red == green && green == blue && alpha == 77);
        red
    }

    /// Something of every layout, with colours that differ from pixel to pixel.
    fn layouts() -> [DynamicImage; 4] {
        let colours = RgbaImage::from_fn(23, 19, |x, y| {
            Rgba([(x * 11) as u8, (y * 13) as u8, ((x ^ y) * 9) as u8, ((x + y) * 6) as u8])
        });
        let colours = DynamicImage::from(colours);
        [
            colours.to_luma8().into(),
            colours.to_luma_alpha8().into(),
            colours.to_rgb8().into(),
            colours,
        ]
    }

    #[test]
    fn one_changes_nothing_and_neither_does_zero() {
        let ignored = Tones { brightness: 0.0, contrast: 0.0, gamma: 0.0 };
        for frame in layouts() {
            assert_eq!(tones(frame.clone(), UNCHANGED), frame);
            assert_eq!(tones(frame.clone(), ignored), frame);
            assert_eq!(saturation(frame.clone(), 1.0), frame);
            assert_eq!(sharpen(frame.clone(), 0.0), frame);
        }
    }

    #[test]
    fn brightness_multiplies_up_to_white() {
        let with = |brightness| Tones { brightness, ..UNCHANGED };

        assert_eq!(toned(100, with(1.5)), 150);
        assert_eq!(toned(100, with(0.5)), 50);
        assert_eq!(toned(200, with(2.0)), 255);
    }

    #[test]
    fn contrast_pulls_away_from_mid_grey() {
        let with = |contrast| Tones { contrast, ..UNCHANGED };

        assert_eq!([toned(64, with(1.5)), toned(192, with(1.5))], [32, 224]);
        assert_eq!([toned(0, with(0.5)), toned(255, with(0.5))], [64, 191]);
        assert_eq!([toned(10, with(3.0)), toned(245, with(3.0))], [0, 255]);
    }

    #[test]
    fn a_gamma_of_two_lightens() {
        let with = |gamma| Tones { gamma, ..UNCHANGED };

        assert_eq!(toned(64, with(2.0)), 128);
        assert_eq!(toned(128, with(0.5)), 64);
        assert_eq!([toned(0, with(2.0)), toned(255, with(2.0))], [0, 255]);
    }

    #[test]
    fn brightness_comes_before_contrast_before_gamma() {
        let all = Tones { brightness: 1.5, contrast: 1.2, gamma: 2.0 };
        let alone = |value, brightness, contrast, gamma| {
            i32::from(toned(value, Tones { brightness, contrast, gamma }))
        };
        for value in (0..=255).step_by(5) {
            let bright = alone(value, 1.5, 1.0, 1.0) as u8;
            let contrasted = alone(bright, 1.0, 1.2, 1.0) as u8;
            let apart = alone(contrasted, 1.0, 1.0, 2.0);
            assert!((i32::from(toned(value, all)) - apart).abs() <= 8, "{value}");
        }
    }

    #[test]
    fn saturation_zero_is_grey_and_two_is_colourful() {
        let grey = saturation(one_pixel([200, 100, 50, 9]), 0.0).get_pixel(0, 0);
        let colourful = saturation(one_pixel([140, 120, 100, 9]), 2.0).get_pixel(0, 0);

        assert_eq!(grey, Rgba([118, 118, 118, 9]));
        assert_eq!(colourful, Rgba([157, 117, 77, 9]));
    }

    #[test]
    fn the_layout_stays() {
        for frame in layouts() {
            for changed in [
                blur(frame.clone(), 3.0),
                sharpen(frame.clone(), 3.0),
                saturation(frame.clone(), 3.0),
                tones(frame.clone(), Tones { contrast: 3.0, ..UNCHANGED }),
            ] {
                assert_eq!(changed.color(), frame.color());
                assert_eq!(changed.dimensions(), frame.dimensions());
            }
        }
    }

    #[test]
    fn a_blur_does_not_darken_the_edges() {
        let frame = RgbImage::from_pixel(40, 30, Rgb([250, 128, 3]));

        assert_eq!(blur(frame.clone().into(), 20.0), frame.into());
    }

    #[test]
    fn what_is_clear_gives_no_colour_to_a_blur() {
        let half_clear = RgbaImage::from_fn(40, 8, |x, _| {
            if x < 20 { Rgba([0, 255, 0, 0]) } else { Rgba([200, 0, 0, 255]) }
        });

        let blurred = blur(half_clear.into(), 4.0);

        for x in 14..40 {
            let [red, green, ..] = blurred.get_pixel(x, 4).0;
            assert!(red.abs_diff(200) <= 1 && green == 0, "{red} {green} at {x}");
        }
        assert!(blurred.get_pixel(19, 4).0[3].abs_diff(115) < 8);
    }

    /// The unsharp mask by its definition, for one grey row that is the same in every row.
    fn sharpened_row(row: &[u8], amount: f32) -> Vec<u8> {
        let weights: Vec<f32> = (-4..=4).map(|x: i32| (-(x * x) as f32 / 2.0).exp()).collect();
        let total: f32 = weights.iter().sum();
        let blurred = |x: usize| -> f32 {
            let at = |by: usize| (x + by).saturating_sub(4).min(row.len() - 1);
            (0..9).map(|by| weights[by] / total * f32::from(row[at(by)])).sum()
        };
        let sharp = |x: usize| f32::from(row[x]) + amount * 0.4 * (f32::from(row[x]) - blurred(x));
        (0..row.len()).map(|x| sharp(x).round().clamp(0.0, 255.0) as u8).collect()
    }

    #[test]
    fn sharpening_is_an_unsharp_mask() {
        let row: Vec<u8> = (0..40).map(|x| if x / 8 % 2 == 0 { 90 } else { 150 }).collect();
        let frame = GrayImage::from_fn(40, 9, |x, _| image::Luma([row[x as usize]]));

        for amount in [1.0, 4.0, 10.0] {
            let sharp = sharpen(frame.clone().into(), amount).into_luma8();
            let expected = sharpened_row(&row, amount);
            for x in 0..40 {
                let (got, wanted) = (sharp.get_pixel(x, 4).0[0], expected[x as usize]);
                assert!(got.abs_diff(wanted) <= 3, "{got}, not {wanted}, at {x} with {amount}");
            }
        }
    }

    #[test]
    fn sharpening_neither_shifts_colours_nor_sees_clear_pixels() {
        let edge = RgbaImage::from_fn(20, 4, |x, _| {
            if x < 10 { Rgba([100, 120, 140, 255]) } else { Rgba([255, 255, 255, 0]) }
        });
        let lone = GrayAlphaImage::from_pixel(9, 9, LumaA([80, 128]));

        let sharp = sharpen(edge.into(), 10.0);

        assert_eq!(sharp.get_pixel(9, 2), Rgba([100, 120, 140, 255]));
        assert_eq!(sharpen(lone.clone().into(), 10.0), lone.into());
    }
}
