//! JPEG by jpeg-encoder: progressive but for very small and very large answers.

use std::ops::RangeInclusive;

use image::DynamicImage;
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::{Scan, unencodable};
use crate::transform::TransformError;

/// Outside of these sides (both of them) the service writes baseline JPEGs (§3.1).
const PROGRESSIVE: RangeInclusive<u16> = 50..=3000;

/// The blocks' means, then everything else. Each further scan makes the file 2 to 4 % larger: the
/// encoder doesn't join what is empty over many blocks.
const SCANS: u8 = 2;

/// From here on every pixel has a colour of its own. Below, four share one, as in sharp's: at equal
/// quality the bytes are then equal too.
const FULL_CHROMA: u8 = 100;

/// Encodes an opaque frame. Grey stays grey.
pub(super) fn encode(
    frame: &DynamicImage,
    quality: u8,
    scan: Scan,
    exif: Option<Vec<u8>>,
) -> Result<Vec<u8>, TransformError> {
    let rgb;
    let (samples, colors) = match frame {
        DynamicImage::ImageLuma8(grey) => (grey.as_raw(), ColorType::Luma),
        other => {
            rgb = other.to_rgb8();
            (rgb.as_raw(), ColorType::Rgb)
        }
    };
    let width = u16::try_from(frame.width()).map_err(unencodable)?;
    let height = u16::try_from(frame.height()).map_err(unencodable)?;

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    if scan == Scan::Progressive && may_be_progressive(width, height) {
        encoder.set_progressive_scans(SCANS);
    }
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(sampling(quality));
    // The default takes one pixel's colour for four.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if let Some(exif) = exif {
        encoder.add_exif_metadata(&exif).map_err(unencodable)?;
    }
    encoder.encode(samples, width, height, colors).map_err(unencodable)?;
    Ok(bytes)
}

fn sampling(quality: u8) -> SamplingFactor {
    if quality >= FULL_CHROMA { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 }
}

fn may_be_progressive(width: u16, height: u16) -> bool {
    let too_small = width < *PROGRESSIVE.start() && height < *PROGRESSIVE.start();
    let too_large = width > *PROGRESSIVE.end() && height > *PROGRESSIVE.end();
    !too_small && !too_large
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, RgbImage};

    use super::*;

    /// The marker that begins the frame: how its scans are made.
    fn frame_marker(jpeg: &[u8]) -> u8 {
        let markers = jpeg.windows(2).filter(|pair| pair[0] == 0xff);
        markers.map(|pair| pair[1]).find(|marker| matches!(marker, 0xc0..=0xc2)).unwrap()
    }

    fn encoded(side: u32, quality: u8, scan: Scan) -> Vec<u8> {
        let picture = RgbImage::from_fn(side, side, |x, y| {
            image::Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8])
        });
        encode(&picture.into(), quality, scan, None).unwrap()
    }

    #[test]
    fn jpegs_are_progressive_unless_small_or_asked_otherwise() {
        const BASELINE: u8 = 0xc0;
        const PROGRESSIVE: u8 = 0xc2;
        for (side, scan, expected) in [
            (49, Scan::Progressive, BASELINE),
            (50, Scan::Progressive, PROGRESSIVE),
            (50, Scan::Baseline, BASELINE),
        ] {
            assert_eq!(frame_marker(&encoded(side, 85, scan)), expected, "{side} {scan:?}");
        }
    }

    #[test]
    fn lower_quality_is_fewer_bytes() {
        let sizes =
            [100, 85, 50, 20, 1].map(|quality| encoded(128, quality, Scan::default()).len());
        assert!(sizes.is_sorted_by(|more, less| more > less), "{sizes:?}");
    }

    #[test]
    fn grey_stays_grey() {
        let grey = GrayImage::from_fn(64, 64, |x, y| image::Luma([(x + y) as u8]));
        let jpeg = encode(&grey.into(), 85, Scan::default(), None).unwrap();
        assert_eq!(image_channels(&jpeg), 1);
    }

    fn image_channels(jpeg: &[u8]) -> u8 {
        let at = jpeg.windows(2).position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2])).unwrap();
        jpeg[at + 9]
    }
}
