//! AVIF by rav1e: stills, with alpha where a pixel needs it, on one thread.

mod av1;
mod planes;

use avif_serialize::{Aviffy, constants::MatrixCoefficients};
use image::DynamicImage;

use self::planes::Chroma;
use crate::transform::TransformError;

/// Quality numbers and rav1e's quantizers, straight lines between: where photos take as many bytes as
/// sharp's AVIFs (libaom, default effort) of that quality. That is the geometric mean of 16 pictures
/// of 300 to 800 px; a single one takes 0.6 to 1.7 times as many. rav1e looks worse at those bytes: by
/// 11 points of SSIMULACRA2 at 40, 8 at 50, 4 at 70, 2.5 at 85 and 2 at 90. Looks as good would take
/// a third more.
const QUANTIZERS: [(f32, f32); 11] = [
    (1.0, 255.0),
    (20.0, 206.0),
    (40.0, 169.0),
    (50.0, 146.0),
    (60.0, 123.0),
    (70.0, 99.0),
    (80.0, 72.0),
    (85.0, 61.0),
    (90.0, 42.0),
    (95.0, 27.0),
    (100.0, 5.0),
];

/// The best quality whose colours are halved. Up to here, what they save makes the rest look better.
const MOST_HALVED: u8 = 90;

pub(super) fn encode(frame: &DynamicImage, quality: u8) -> Result<Vec<u8>, TransformError> {
    let frame = frame.to_rgba8();
    let (width, height) = frame.dimensions();
    let chroma = if quality <= MOST_HALVED { Chroma::Halved } else { Chroma::Full };
    let quantizer = quantizer(quality);
    let color = av1::color(&planes::color(&frame, chroma), chroma, quantizer)?;
    let alpha = planes::alpha(&frame).map(|alpha| av1::alpha(alpha, quantizer)).transpose()?;
    // The header has to say what AV1's does: profile 0 has no 4:4:4.
    let (halved, profile) = match chroma {
        Chroma::Halved => (true, 0),
        Chroma::Full => (false, 1),
    };
    let mut file = Aviffy::new();
    file.set_matrix_coefficients(MatrixCoefficients::Bt601);
    file.set_chroma_subsampling((halved, halved)).set_seq_profile(profile);
    Ok(file.to_vec(&color, alpha.as_deref(), width, height, planes::BITS))
}

fn quantizer(quality: u8) -> u8 {
    let quality = f32::from(quality);
    let mut lines = QUANTIZERS.windows(2).map(|line| (line[0], line[1]));
    let line = lines.find(|(_, end)| quality <= end.0);
    let quantizer = line.map(|((x, y), (to_x, to_y))| y + (quality - x) * (to_y - y) / (to_x - x));
    quantizer.unwrap_or(QUANTIZERS[10].1).round() as u8
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    fn fading(alpha: u8) -> DynamicImage {
        let pixel =
            |x, y| Rgba([x as u8 * 4, y as u8 * 4, (x * y) as u8, alpha.saturating_add(x as u8)]);
        RgbaImage::from_fn(60, 44, pixel).into()
    }

    fn has(avif: &[u8], needle: &[u8]) -> bool {
        avif.windows(needle.len()).any(|window| window == needle)
    }

    #[test]
    fn the_header_says_what_it_is_and_how_large() {
        let avif = encode(&fading(255), 85).unwrap();
        assert_eq!(&avif[4..12], b"ftypavif");
        // `ispe`: version and flags, width, height.
        assert!(has(&avif, b"ispe\0\0\0\0\0\0\0\x3c\0\0\0\x2c"));
    }

    #[test]
    fn only_what_is_not_opaque_has_alpha() {
        const ALPHA: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
        assert!(!has(&encode(&fading(255), 85).unwrap(), ALPHA));
        assert!(has(&encode(&fading(9), 85).unwrap(), ALPHA));
    }

    #[test]
    fn quantizers_fall_between_the_measured_ones() {
        assert_eq!([1, 45, 85, 100].map(quantizer), [255, 158, 61, 5]);
        assert!((1..=100).map(quantizer).is_sorted_by(|more, less| more > less));
    }

    #[test]
    fn lower_quality_is_fewer_bytes() {
        let sizes = [100, 85, 50, 20, 1].map(|quality| encode(&fading(9), quality).unwrap().len());
        assert!(sizes.is_sorted_by(|more, less| more > less), "{sizes:?}");
    }
}
