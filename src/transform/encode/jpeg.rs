//! JPEG by jpeg-encoder: progressive but for very small and very large answers.

use image::DynamicImage;
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::{QUALITY, unencodable};
use crate::transform::TransformError;

/// Outside of these sides (both of them) the service writes baseline JPEGs (§3.1).
const PROGRESSIVE: std::ops::RangeInclusive<u16> = 50..=3000;

/// Encodes an opaque frame.
pub(super) fn encode(
    frame: &DynamicImage,
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
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_progressive(is_progressive(width, height));
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // The default takes one pixel's colour for four.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if let Some(exif) = exif {
        encoder.add_exif_metadata(&exif).map_err(unencodable)?;
    }
    encoder.encode(samples, width, height, colors).map_err(unencodable)?;
    Ok(bytes)
}

fn is_progressive(width: u16, height: u16) -> bool {
    let too_small = width < *PROGRESSIVE.start() && height < *PROGRESSIVE.start();
    let too_large = width > *PROGRESSIVE.end() && height > *PROGRESSIVE.end();
    !too_small && !too_large
}
