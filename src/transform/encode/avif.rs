//! AVIF by rav1e: stills, with alpha where a pixel needs it, on one thread.

use image::DynamicImage;
use ravif::{Encoder, Img, RGB8, RGBA8};

use super::unencodable;
use crate::transform::TransformError;

/// rav1e's effort, 1 (most) to 10 (least): 10 saves a third of the time for 7 % more bytes, 8 takes
/// twice as long for 4 % less.
const SPEED: u8 = 9;

/// Quality numbers and what ravif calls them, straight lines between. They are those of sharp's AVIFs
/// (libaom), as far as rav1e gets: it spends about a quarter more bytes for the same SSIMULACRA2, so
/// each row is half way between sharp's bytes and sharp's looks. Measured on photos of 600 px.
const QUALITIES: [(f32, f32); 10] = [
    (1.0, 1.0),
    (40.0, 49.0),
    (50.0, 66.0),
    (60.0, 80.0),
    (70.0, 86.0),
    (80.0, 89.5),
    (85.0, 91.0),
    (90.0, 93.5),
    (95.0, 96.0),
    (100.0, 100.0),
];

pub(super) fn encode(frame: &DynamicImage, quality: u8) -> Result<Vec<u8>, TransformError> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let quality = ravif_quality(quality);
    let encoder =
        Encoder::new().with_speed(SPEED).with_quality(quality).with_alpha_quality(quality);
    let encoded = if frame.color().has_alpha() {
        let frame = frame.to_rgba8();
        let pixels: Vec<_> = frame.pixels().map(|pixel| RGBA8::from(pixel.0)).collect();
        encoder.encode_rgba(Img::new(&pixels, width, height))
    } else {
        let frame = frame.to_rgb8();
        let pixels: Vec<_> = frame.pixels().map(|pixel| RGB8::from(pixel.0)).collect();
        encoder.encode_rgb(Img::new(&pixels, width, height))
    };
    Ok(encoded.map_err(unencodable)?.avif_file)
}

fn ravif_quality(quality: u8) -> f32 {
    let quality = f32::from(quality);
    let mut lines = QUALITIES.windows(2).map(|line| (line[0], line[1]));
    let line = lines.find(|(_, end)| quality <= end.0);
    line.map_or(100.0, |((x, y), (to_x, to_y))| y + (quality - x) * (to_y - y) / (to_x - x))
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
    fn qualities_rise_between_the_measured_ones() {
        assert_eq!([1, 45, 85, 100].map(ravif_quality), [1.0, 57.5, 91.0, 100.0]);
        assert!((1..=100).map(ravif_quality).is_sorted_by(|less, more| less < more));
    }

    #[test]
    fn lower_quality_is_fewer_bytes() {
        let sizes = [100, 85, 50, 20, 1].map(|quality| encode(&fading(9), quality).unwrap().len());
        assert!(sizes.is_sorted_by(|more, less| more > less), "{sizes:?}");
    }
}
