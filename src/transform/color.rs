//! Colour: whatever says how an image's numbers stand for colours is applied, so that every answer is
//! sRGB with 8 bits a channel and needs to say nothing.

use image::{DynamicImage, ImageBuffer, Pixel, RgbImage};
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace,
    Layout, MatrixCoefficients, ToneReprCurve, TransferCharacteristics, TransformExecutor,
    TransformOptions, curve_from_gamma,
};

/// How an image's numbers stand for colours.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum ColorSpace {
    /// sRGB; and when nothing is said, as browsers do.
    #[default]
    Srgb,
    /// An embedded ICC profile.
    Icc(Vec<u8>),
    /// Code points, as video has them: AVIF, HEIC, PNG's cICP.
    Coded(CodePoints),
    /// PNG's gAMA (the exponent of a screen, 2.2 or so) and cHRM. What is missing is as in sRGB.
    Measured { gamma: Option<f32>, chromaticities: Option<Chromaticities> },
}

/// Code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodePoints {
    pub(super) primaries: u8,
    pub(super) transfer: u8,
}

/// White, red, green and blue, each as CIE x and y.
pub(super) type Chromaticities = [(f32, f32); 4];

impl ColorSpace {
    pub(super) fn icc(profile: Option<Vec<u8>>) -> Self {
        profile.map_or(Self::Srgb, Self::Icc)
    }

    /// What converts from here. `None` where there is nothing to convert, and for a profile that can't
    /// be read.
    fn profile(&self) -> Option<ColorProfile> {
        match self {
            Self::Srgb => None,
            Self::Icc(icc) => ColorProfile::new_from_slice(icc).ok(),
            Self::Coded(points) => points.profile(),
            Self::Measured { gamma, chromaticities } => {
                let mut profile = ColorProfile::new_srgb();
                if let Some(gamma) = gamma {
                    set_curve(&mut profile, &curve_from_gamma(*gamma));
                }
                if let Some(chromaticities) = chromaticities {
                    set_primaries(&mut profile, chromaticities)?;
                }
                Some(profile)
            }
        }
    }
}

/// H.273: primaries and transfers with names here.
const UNSPECIFIED: u8 = 2;
const BT709: u8 = 1;
const PQ: u8 = 16;
const HLG: u8 = 18;

impl CodePoints {
    fn profile(self) -> Option<ColorProfile> {
        let primaries = if self.primaries == UNSPECIFIED { BT709 } else { self.primaries };
        // The curves of SDR video are those of cameras. Stills that carry them were made on screens,
        // and browsers show them by sRGB's.
        let is_srgb = matches!(self.transfer, 1 | 2 | 6 | 13 | 14 | 15);
        if is_srgb && primaries == BT709 {
            return None;
        }
        let curve = hdr_curve(self.transfer);
        let stands_in = if is_srgb || curve.is_some() { 13 } else { self.transfer };
        let mut profile = ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
            transfer_characteristics: TransferCharacteristics::try_from(stands_in).ok()?,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        });
        if let Some(curve) = curve {
            set_curve(&mut profile, &curve);
        }
        // With them the conversion would take the standard's curve again.
        profile.cicp = None;
        profile.is_matrix_shaper().then_some(profile)
    }
}

/// The light of an HDR signal on an SDR screen: up to 60 % of diffuse white (203 cd/m², ITU-R BT.2408)
/// as it is, and what is brighter, up to 1,000 cd/m², rolled off smoothly. A curve for each channel
/// only approximates what HLG asks for, and lets very bright colours fade.
fn hdr_curve(transfer: u8) -> Option<ToneReprCurve> {
    const ENTRIES: u16 = 4096;
    const PEAK: f32 = 1000.0;
    const WHITE: f32 = 203.0;
    const KNEE: f32 = 0.6;
    let light: fn(f32) -> f32 = match transfer {
        PQ => pq_light,
        HLG => hlg_light,
        _ => return None,
    };
    let longest = (PEAK / WHITE - KNEE) / (1.0 - KNEE);
    let tone = |x: f32| {
        if x <= KNEE {
            return x;
        }
        // Reinhard's curve from the knee on: it leaves with slope 1 and reaches 1 at the peak.
        let over = (x - KNEE) / (1.0 - KNEE);
        let rolled = over * (1.0 + over / (longest * longest)) / (1.0 + over);
        KNEE + (1.0 - KNEE) * rolled.min(1.0)
    };
    let entry = |n| tone(light(f32::from(n) / f32::from(ENTRIES - 1)) / WHITE);
    Some(ToneReprCurve::Lut((0..ENTRIES).map(|n| (entry(n) * 65_535.0).round() as u16).collect()))
}

/// cd/m² of a PQ signal (SMPTE ST 2084).
fn pq_light(signal: f32) -> f32 {
    const M1: f32 = 2610.0 / 16384.0;
    const M2: f32 = 2523.0 / 32.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 128.0;
    const C3: f32 = 2392.0 / 128.0;
    let root = signal.powf(1.0 / M2);
    10_000.0 * ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1)
}

/// cd/m² of an HLG signal on a screen of 1,000 cd/m² (ITU-R BT.2100).
fn hlg_light(signal: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 1.0 - 4.0 * A;
    const C: f32 = 0.559_910_7;
    let scene =
        if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - C) / A).exp() + B) / 12.0 };
    1000.0 * scene.powf(1.2)
}

fn set_curve(profile: &mut ColorProfile, curve: &ToneReprCurve) {
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve.clone());
    profile.cicp = None;
}

/// `None` for chromaticities that span no colours.
fn set_primaries(profile: &mut ColorProfile, chromaticities: &Chromaticities) -> Option<()> {
    let [white, red, green, blue] = chromaticities.map(|(x, y)| Chromaticity::new(x, y));
    let area = (green.x - red.x) * (blue.y - red.y) - (blue.x - red.x) * (green.y - red.y);
    if [white, red, green, blue].iter().any(|point| point.y < 1e-4) || area.abs() < 1e-4 {
        return None;
    }
    profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
    Some(())
}

/// Converts to sRGB with 8 bits a channel; more bits are given up only after that. A profile that
/// can't be read, or that is for other channels than the pixels have, changes nothing, as browsers do.
pub(super) fn to_srgb(pixels: DynamicImage, space: &ColorSpace) -> DynamicImage {
    let converted = space.profile().and_then(|profile| convert(&pixels, &profile));
    to_8_bit(converted.unwrap_or(pixels))
}

fn convert(pixels: &DynamicImage, profile: &ColorProfile) -> Option<DynamicImage> {
    use DynamicImage as Image;
    let (source, srgb) = match (pixels.color().has_color(), profile.color_space) {
        (true, DataColorSpace::Rgb) => (profile.clone(), ColorProfile::new_srgb()),
        (false, _) => (grey(profile)?, grey(&ColorProfile::new_srgb())?),
        _ => return None,
    };
    let layout = match pixels.color().channel_count() {
        1 => Layout::Gray,
        2 => Layout::GrayAlpha,
        3 => Layout::Rgb,
        _ => Layout::Rgba,
    };
    let options = TransformOptions::default();
    let shallow = || source.create_transform_8bit(layout, &srgb, layout, options).ok();
    let deep = || source.create_transform_16bit(layout, &srgb, layout, options).ok();
    match pixels {
        Image::ImageLuma8(pixels) => through(&*shallow()?, pixels).map(Image::from),
        Image::ImageLumaA8(pixels) => through(&*shallow()?, pixels).map(Image::from),
        Image::ImageRgb8(pixels) => through(&*shallow()?, pixels).map(Image::from),
        Image::ImageRgba8(pixels) => through(&*shallow()?, pixels).map(Image::from),
        Image::ImageLuma16(pixels) => through(&*deep()?, pixels).map(Image::from),
        Image::ImageLumaA16(pixels) => through(&*deep()?, pixels).map(Image::from),
        Image::ImageRgb16(pixels) => through(&*deep()?, pixels).map(Image::from),
        Image::ImageRgba16(pixels) => through(&*deep()?, pixels).map(Image::from),
        _ => None,
    }
}

/// Grey stays grey: the profile says how light a value is, and sRGB's own curve says it anew.
fn grey(profile: &ColorProfile) -> Option<ColorProfile> {
    let mut grey = ColorProfile::new_gray_with_gamma(2.2);
    grey.gray_trc = match profile.color_space {
        DataColorSpace::Gray => return Some(profile.clone()),
        DataColorSpace::Rgb => Some(profile.red_trc.clone()?),
        _ => return None,
    };
    Some(grey)
}

type Buffer<P> = ImageBuffer<P, Vec<<P as Pixel>::Subpixel>>;

fn through<P: Pixel>(
    transform: &(impl TransformExecutor<P::Subpixel> + ?Sized),
    pixels: &Buffer<P>,
) -> Option<Buffer<P>>
where
    P::Subpixel: Default,
{
    let mut converted = vec![P::Subpixel::default(); pixels.as_raw().len()];
    transform.transform(pixels.as_raw(), &mut converted).ok()?;
    ImageBuffer::from_raw(pixels.width(), pixels.height(), converted)
}

/// Converts inks (0 is none, 255 is full) by their profile. `None` if that is no profile for inks.
pub(super) fn cmyk_to_srgb(inks: &[u8], size: (u32, u32), icc: &[u8]) -> Option<RgbImage> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    if profile.color_space != DataColorSpace::Cmyk {
        return None;
    }
    let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
    // Four channels of anything have the layout of RGBA.
    let transform =
        profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, options).ok()?;
    let mut converted = vec![0; inks.len() / 4 * 3];
    transform.transform(inks, &mut converted).ok()?;
    RgbImage::from_raw(size.0, size.1, converted)
}

fn to_8_bit(pixels: DynamicImage) -> DynamicImage {
    use DynamicImage as Image;
    match pixels {
        Image::ImageLuma16(pixels) => shallow::<_, image::Luma<u8>>(&pixels).into(),
        Image::ImageLumaA16(pixels) => shallow::<_, image::LumaA<u8>>(&pixels).into(),
        Image::ImageRgb16(pixels) => shallow::<_, image::Rgb<u8>>(&pixels).into(),
        Image::ImageRgba16(pixels) => shallow::<_, image::Rgba<u8>>(&pixels).into(),
        _ => pixels,
    }
}

fn shallow<P, Q>(pixels: &Buffer<P>) -> Buffer<Q>
where
    P: Pixel<Subpixel = u16>,
    Q: Pixel<Subpixel = u8>,
{
    let nearest = |&value: &u16| ((u32::from(value) * 255 + 32_767) / 65_535) as u8;
    let samples = pixels.as_raw().iter().map(nearest).collect();
    ImageBuffer::from_raw(pixels.width(), pixels.height(), samples)
        .expect("there is one sample for each that was there")
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageBuffer, Luma, Rgb};

    use super::*;

    fn coded(primaries: u8, transfer: u8) -> ColorSpace {
        ColorSpace::Coded(CodePoints { primaries, transfer })
    }

    /// One 16-bit pixel, converted.
    fn shown(rgb: [f32; 3], space: &ColorSpace) -> [u8; 3] {
        let pixel = Rgb(rgb.map(|value| (value * 65_535.0).round() as u16));
        to_srgb(ImageBuffer::from_pixel(1, 1, pixel).into(), space).into_rgb8().get_pixel(0, 0).0
    }

    #[test]
    fn a_grey_profile_with_srgbs_own_curve_changes_nothing() {
        let mut profile = ColorProfile::new_gray_with_gamma(2.2);
        profile.gray_trc = ColorProfile::new_srgb().red_trc;
        let ramp = GrayImage::from_fn(256, 1, |x, _| Luma([x as u8]));
        let space = ColorSpace::Icc(profile.encode().unwrap());

        let converted = to_srgb(ramp.clone().into(), &space).into_luma8();

        for (before, after) in ramp.pixels().zip(converted.pixels()) {
            assert!(before.0[0].abs_diff(after.0[0]) <= 1, "{before:?} became {after:?}");
        }
    }

    #[test]
    fn a_wide_gamut_is_brought_into_srgb() {
        let icc = ColorSpace::Icc(ColorProfile::new_display_p3().encode().unwrap());
        let color = [200.0 / 255.0, 100.0 / 255.0, 100.0 / 255.0];

        // The same colour takes more red and less green in the narrower space.
        for space in [icc, coded(12, 13)] {
            let [red, green, _] = shown(color, &space);
            assert!(red > 205 && green < 100, "{red} {green}");
        }
    }

    #[test]
    fn sixteen_bits_are_rounded_to_the_nearest_of_eight() {
        for (deep, expected) in
            [(0, 0), (128, 0), (129, 1), (32_767, 127), (32_768, 128), (65_535, 255)]
        {
            let pixels = ImageBuffer::from_pixel(1, 1, Luma([deep]));
            let shallow = to_srgb(DynamicImage::ImageLuma16(pixels), &ColorSpace::Srgb);
            assert_eq!(shallow.into_luma8().get_pixel(0, 0).0, [expected], "{deep}");
        }
    }

    #[test]
    fn a_measured_gamma_is_brought_to_srgbs() {
        let linear = ColorSpace::Measured { gamma: Some(1.0), chromaticities: None };
        let [black, middle, white] = shown([0.0, 0.215_86, 1.0], &linear);
        assert!(
            black == 0 && middle.abs_diff(128) <= 1 && white == 255,
            "{black} {middle} {white}"
        );
        let grey = ImageBuffer::from_pixel(1, 1, Luma([14_146_u16]));
        let [grey] = to_srgb(grey.into(), &linear).into_luma8().get_pixel(0, 0).0;
        assert!(grey.abs_diff(128) <= 1, "{grey}");
    }

    #[test]
    fn chromaticities_without_colours_change_nothing() {
        let flat = ColorSpace::Measured { gamma: Some(1.0), chromaticities: Some([(0.3, 0.3); 4]) };
        assert_eq!(shown([0.5, 0.5, 0.5], &flat), [128; 3]);
    }

    #[test]
    fn hdr_white_is_bright_and_its_peak_is_white() {
        // 203 cd/m² is 58 % of PQ's and 75 % of HLG's signal.
        for (transfer, white, peak) in [(PQ, 0.5807, 0.7518), (HLG, 0.75, 1.0)] {
            let grey = |signal: f32| shown([signal; 3], &coded(9, transfer))[1];
            assert!((200..=235).contains(&grey(white)), "{transfer}: {}", grey(white));
            assert!(grey(peak) >= 253, "{transfer}: {}", grey(peak));
            assert_eq!(grey(0.0), 0);
        }
    }

    #[test]
    fn the_curves_of_sdr_video_are_taken_for_srgbs() {
        for transfer in [1, 2, 6, 13, 14, 15] {
            assert_eq!(shown([0.2, 0.4, 0.6], &coded(1, transfer)), [51, 102, 153]);
        }
    }
}
