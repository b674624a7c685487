//! GIF by the gif crate, its frames composed by image: every disposal method.

use std::io::Cursor;

use gif::{DecodeOptions, Repeat};
use image::{AnimationDecoder, ImageDecoder, Limits, codecs::gif::GifDecoder};

use super::{Animation, AnimationFrame, undecodable};
use crate::transform::{TransformError, color::ColorSpace};

pub(super) fn animation(source: &[u8]) -> Result<Animation<'_>, TransformError> {
    let mut decoder = GifDecoder::new(Cursor::new(source)).map_err(undecodable)?;
    // The probe has checked the canvas and every frame. Its own limit would refuse two buffers of the
    // largest size that is allowed.
    decoder.set_limits(Limits::no_limits()).map_err(undecodable)?;
    let plays = plays(source)?;
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

/// How often it plays; 0 is for ever. `image` takes no word about it for "for ever", browsers for once.
fn plays(source: &[u8]) -> Result<u32, TransformError> {
    let decoder = DecodeOptions::new().read_info(source).map_err(undecodable)?;
    Ok(match decoder.repeat() {
        Repeat::Infinite => 0,
        // The extension counts the repeats after the first time.
        Repeat::Finite(repeats) => u32::from(repeats) + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pixel, with a loop extension that says this number, or none.
    fn plays(repeats: Option<u16>) -> u32 {
        let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        if let Some(repeats) = repeats {
            file.extend(b"!\xff\x0bNETSCAPE2.0\x03\x01");
            file.extend(repeats.to_le_bytes());
            file.push(0);
        }
        file.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
        let animation = animation(&file).unwrap();
        let plays = animation.plays;
        assert_eq!(animation.frames.map(Result::unwrap).count(), 1);
        plays
    }

    #[test]
    fn without_a_word_about_it_an_animation_plays_once() {
        for (repeats, expected) in [(None, 1), (Some(0), 0), (Some(1), 2), (Some(65_535), 65_536)] {
            assert_eq!(plays(repeats), expected, "{repeats:?}");
        }
    }
}
