//! PNG by the png crate: every bit depth, palettes, interlacing, transparency chunks.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, codecs::png::PngDecoder};

use super::{Decoded, undecodable};
use crate::transform::TransformError;

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let mut decoder = PngDecoder::new(Cursor::new(source)).map_err(undecodable)?;
    let icc = decoder.icc_profile().map_err(undecodable)?;
    let pixels = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    Ok(Decoded { pixels: to_8_bit(pixels), icc, exif: None })
}

fn to_8_bit(pixels: DynamicImage) -> DynamicImage {
    match pixels {
        DynamicImage::ImageLuma16(_) => pixels.into_luma8().into(),
        DynamicImage::ImageLumaA16(_) => pixels.into_luma_alpha8().into(),
        DynamicImage::ImageRgb16(_) => pixels.into_rgb8().into(),
        DynamicImage::ImageRgba16(_) => pixels.into_rgba8().into(),
        _ => pixels,
    }
}
