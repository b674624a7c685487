//! Bytes to pixels, one file per format. Whoever calls has probed the source: its size is within
//! the limits.

mod gif;
pub(super) mod jpeg;
pub(super) mod png;
mod scaled;
mod webp;

mod av1;
pub(super) mod avif;
pub(super) mod heif;

pub(super) mod heic;

mod alpha;
mod yuv;

pub(super) use scaled::{Part, Scale};

use std::fmt;

use image::{DynamicImage, RgbaImage, metadata::Orientation};

use super::{
    TransformError,
    color::ColorSpace,
    values::{Format, Size},
};

/// A decoded still: 8 or 16 bits a channel, as stored (not turned upright, in its own colour space).
pub(super) struct Decoded {
    pub(super) pixels: DynamicImage,
    pub(super) space: ColorSpace,
    /// The EXIF block, a TIFF structure as the file has it: not checked, in any order of bytes.
    pub(super) exif: Option<Vec<u8>>,
}

/// What the boxes of an AVIF or HEIC say before anything is decoded.
pub(super) struct Header {
    /// After the crop and before the rotation, where the decoder leaves that to us.
    pub(super) size: Size,
    pub(super) orientation: Orientation,
    pub(super) has_alpha: bool,
    /// The sizes that decoding allocates on the way.
    pub(super) decoded: Vec<Size>,
    /// Pixels of all tiles of one picture, what is cut off from them included.
    pub(super) tiles_area: u64,
}

/// An animation whose frames are decoded one at a time.
pub(super) struct Animation<'a> {
    /// How often it plays; 0 is for ever.
    pub(super) plays: u32,
    pub(super) space: ColorSpace,
    /// The colours that a GIF's frames share, in sRGB; empty where there are none.
    pub(super) palette: Vec<[u8; 4]>,
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
        Format::Avif => avif::decode(source),
        Format::Heic => heic::decode(source),
        Format::Svg => Err(undecodable("an SVG has no pixels")),
    }
}

/// Decodes a part of a still to a fraction of its size, for formats where that is less work. Besides,
/// how many pixels are left out before it, across and down. `None` where only the whole is to be had.
pub(super) fn part(source: &[u8], format: Format, part: &Part) -> Option<(Decoded, (u32, u32))> {
    if format == Format::Jpeg { jpeg::decode_part(source, part) } else { None }
}

/// Opens an animation: a GIF or WebP of more than one frame.
pub(super) fn animation(source: &[u8], format: Format) -> Result<Animation<'_>, TransformError> {
    match format {
        Format::Gif => gif::animation(source),
        Format::Webp => webp::animation(source),
        _ => Err(undecodable("the format holds no animation")),
    }
}

fn first_frame(mut animation: Animation<'_>) -> Result<Decoded, TransformError> {
    let first = animation.frames.next().ok_or_else(|| undecodable("there is no frame"))??;
    Ok(Decoded { pixels: first.canvas.into(), space: animation.space, exif: None })
}

pub(super) fn undecodable(error: impl fmt::Display) -> TransformError {
    TransformError::Undecodable(error.to_string().trim().to_owned())
}
