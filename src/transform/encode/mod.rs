//! Pixels to bytes, one file per format. Knows what was asked of the encoder, not who asked: which
//! format and how large an answer may be is decided before (delivery-and-transforms.md §3).

mod avif;
mod gif;
mod jpeg;
mod palette;
mod png;
mod webp;

use std::fmt;

use image::{DynamicImage, RgbaImage};

use super::{TransformError, pixels::flatten, values::Format};

/// The service's default quality (§2.5).
const DEFAULT_QUALITY: u8 = 85;

/// The quality that means lossless to WebP.
const LOSSLESS: u8 = 100;

/// What an encoder is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    pub(super) format: Format,
    /// 1 to 100; `None` where no quality was asked for. Asking makes a difference beyond the number:
    /// it turns a PNG into one with a palette.
    pub(super) quality: Option<u8>,
    pub(super) scan: Scan,
}

/// In which order a JPEG holds its picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Scan {
    /// From coarse to fine, but for very small and very large answers (§3.1).
    #[default]
    Progressive,
    /// From top to bottom: `format=baseline-jpeg`.
    Baseline,
}

impl From<Format> for Encoding {
    fn from(format: Format) -> Self {
        Self { format, quality: None, scan: Scan::default() }
    }
}

impl Encoding {
    fn quality(&self) -> u8 {
        self.quality.unwrap_or(DEFAULT_QUALITY).clamp(1, 100)
    }
}

/// Encodes a still. EXIF is for JPEG only; the other formats carry none. A JPEG, which has no
/// transparency, is put on white: whoever wants another background puts the frame on it before.
///
/// The sides that an AVIF may have (§3.3) are the caller's to check.
pub(super) fn still(
    frame: DynamicImage,
    encoding: &Encoding,
    exif: Option<&[u8]>,
) -> Result<Vec<u8>, TransformError> {
    match encoding.format {
        Format::Jpeg => jpeg::encode(&flatten(&frame), encoding.quality(), encoding.scan, exif),
        Format::Png => png::encode(frame, encoding.quality),
        Format::Gif => {
            let mut encoder = animation(encoding, (frame.width(), frame.height()), 1, &[])?;
            encoder.add(frame.into_rgba8(), 0)?;
            encoder.finish()
        }
        Format::Webp => webp::encode(&frame, encoding.quality()),
        Format::Avif => avif::encode(&frame, encoding.quality()),
        Format::Heic | Format::Svg => Err(unencodable("the format is only read")),
    }
}

/// Takes frames of one size, one after the other.
pub(super) trait AnimationEncoder {
    fn add(&mut self, canvas: RgbaImage, milliseconds: u32) -> Result<(), TransformError>;
    fn finish(self: Box<Self>) -> Result<Vec<u8>, TransformError>;
}

/// Starts an animation of `size` that plays `plays` times; 0 is for ever. `palette` is the source's,
/// where it has one.
pub(super) fn animation(
    encoding: &Encoding,
    size: (u32, u32),
    plays: u32,
    palette: &[[u8; 4]],
) -> Result<Box<dyn AnimationEncoder>, TransformError> {
    match encoding.format {
        Format::Gif => Ok(Box::new(gif::Animation::new(encoding.quality(), size, plays, palette)?)),
        Format::Webp => Ok(Box::new(webp::Animation::new(encoding.quality(), size, plays)?)),
        _ => Err(unencodable("the format holds no animation")),
    }
}

impl Format {
    /// Whether the format holds more than one frame, as far as we write it.
    pub(super) fn can_animate(self) -> bool {
        matches!(self, Self::Gif | Self::Webp)
    }
}

fn unencodable(error: impl fmt::Display) -> TransformError {
    TransformError::Unencodable(error.to_string())
}
