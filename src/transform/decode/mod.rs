//! Bytes to pixels, one file per format. Whoever calls has probed the source: its size is within
//! the limits.

mod gif;
pub(super) mod jpeg;
mod png;
mod webp;

use std::fmt;

use image::{DynamicImage, RgbaImage};

use super::{TransformError, values::Format};

/// A decoded still: 8 bits a channel, as stored (not turned upright, in its own colour space).
pub(super) struct Decoded {
    pub(super) pixels: DynamicImage,
    /// The embedded colour profile.
    pub(super) icc: Option<Vec<u8>>,
    /// The EXIF block, a TIFF structure without any prefix. Read from JPEGs only.
    pub(super) exif: Option<Vec<u8>>,
}

/// An animation whose frames are decoded one at a time.
pub(super) struct Animation<'a> {
    /// How often it plays; 0 is for ever.
    pub(super) plays: u32,
    /// The embedded colour profile.
    pub(super) icc: Option<Vec<u8>>,
    pub(super) frames: Box<dyn Iterator<Item = Result<AnimationFrame, TransformError>> + 'a>,
}

/// One frame as shown: the whole canvas, earlier frames composed in.
pub(super) struct AnimationFrame {
    pub(super) canvas: RgbaImage,
    pub(super) milliseconds: u32,
}

/// Decodes a still, or the first frame of an animation.
pub(super) fn still(source: &[u8], format: Format) -> Result<Decoded, TransformError> {
    match format {
        Format::Jpeg => jpeg::decode(source),
        Format::Png => png::decode(source),
        Format::Gif => first_frame(gif::animation(source)?),
        Format::Webp => webp::decode(source),
        Format::Avif => Err(undecodable("AVIF is only written")),
    }
}

/// Opens an animation: a GIF or WebP of more than one frame.
pub(super) fn animation(source: &[u8], format: Format) -> Result<Animation<'_>, TransformError> {
    match format {
        Format::Gif => gif::animation(source),
        Format::Webp => webp::animation(source),
        Format::Jpeg | Format::Png | Format::Avif => {
            Err(undecodable("the format holds no animation"))
        }
    }
}

fn first_frame(mut animation: Animation<'_>) -> Result<Decoded, TransformError> {
    let first = animation.frames.next().ok_or_else(|| undecodable("there is no frame"))??;
    Ok(Decoded { pixels: first.canvas.into(), icc: None, exif: None })
}

pub(super) fn undecodable(error: impl fmt::Display) -> TransformError {
    TransformError::Undecodable(error.to_string().trim().to_owned())
}
