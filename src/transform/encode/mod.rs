//! Pixels to bytes, one file per format.

mod gif;
mod jpeg;
mod png;
mod webp;

use std::fmt;

use image::{DynamicImage, RgbaImage};

use super::{TransformError, pixels::flatten, values::Format};

/// The service's default quality.
const QUALITY: u8 = 85;

/// Encodes a still. EXIF is for JPEG only; the other formats carry none.
pub(super) fn still(
    frame: DynamicImage,
    format: Format,
    exif: Option<Vec<u8>>,
) -> Result<Vec<u8>, TransformError> {
    match format {
        Format::Jpeg => jpeg::encode(&flatten(&frame), exif),
        Format::Png => png::encode(&frame),
        Format::Gif => {
            let mut encoder = animation(format, (frame.width(), frame.height()), 1)?;
            encoder.add(frame.into_rgba8(), 0)?;
            encoder.finish()
        }
        Format::Webp => webp::encode(&frame),
        Format::Avif | Format::Heic | Format::Svg => Err(unencodable("the format is only read")),
    }
}

/// Takes frames of one size, one after the other.
pub(super) trait AnimationEncoder {
    fn add(&mut self, canvas: RgbaImage, milliseconds: u32) -> Result<(), TransformError>;
    fn finish(self: Box<Self>) -> Result<Vec<u8>, TransformError>;
}

/// Starts an animation of `size` that plays `plays` times; 0 is for ever.
pub(super) fn animation(
    format: Format,
    size: (u32, u32),
    plays: u32,
) -> Result<Box<dyn AnimationEncoder>, TransformError> {
    match format {
        Format::Gif => Ok(Box::new(gif::Animation::new(size, plays)?)),
        Format::Webp => Ok(Box::new(webp::Animation::new(size, plays)?)),
        _ => Err(unencodable("the format holds no animation")),
    }
}

impl Format {
    /// Whether the format holds more than one frame.
    pub(super) fn can_animate(self) -> bool {
        matches!(self, Self::Gif | Self::Webp)
    }
}

fn unencodable(error: impl fmt::Display) -> TransformError {
    TransformError::Unencodable(error.to_string())
}
