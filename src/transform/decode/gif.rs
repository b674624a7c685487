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
    let (space, palette) = (ColorSpace::Srgb, palette(source));
    Ok(Animation { plays, space, palette, frames: Box::new(frames) })
}

fn palette(source: &[u8]) -> Vec<[u8; 4]> {
    let decoder = gif::DecodeOptions::new().read_info(source);
    let colors = decoder.as_ref().ok().and_then(|decoder| decoder.global_palette());
    colors.unwrap_or_default().chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect()
}
