//! GIF by the gif crate, its frames composed by image: every disposal method.

use std::io::Cursor;

use image::{AnimationDecoder, codecs::gif::GifDecoder, metadata::LoopCount};

use super::{Animation, AnimationFrame, undecodable};
use crate::transform::{TransformError, color::ColorSpace};

pub(super) fn animation(source: &[u8]) -> Result<Animation<'_>, TransformError> {
    let decoder = GifDecoder::new(Cursor::new(source)).map_err(undecodable)?;
    let plays = match decoder.loop_count() {
        LoopCount::Infinite => 0,
        // The extension counts the repeats after the first time.
        LoopCount::Finite(repeats) => repeats.get() + 1,
    };
    let frames = decoder.into_frames().map(|frame| {
        let frame = frame.map_err(undecodable)?;
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let milliseconds = numerator / denominator.max(1);
        Ok(AnimationFrame { canvas: frame.into_buffer(), milliseconds })
    });
    Ok(Animation { plays, space: ColorSpace::Srgb, frames: Box::new(frames) })
}
