//! PNG by the png crate.

use image::{
    DynamicImage,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use super::unencodable;
use crate::transform::TransformError;

pub(super) fn encode(frame: &DynamicImage) -> Result<Vec<u8>, TransformError> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    frame.write_with_encoder(encoder).map_err(unencodable)?;
    Ok(bytes)
}
