//! WebP by libwebp: lossy, lossless at 100, with alpha where the frame has it.

use image::{DynamicImage, RgbaImage};
use webpx::{AnimationEncoder as Encoder, EncoderConfig, Unstoppable};

use super::{AnimationEncoder, LOSSLESS, unencodable};
use crate::transform::TransformError;

/// How hard the lossless coder tries, 0 to 100: libwebp's own default, and sharp's.
const LOSSLESS_EFFORT: f32 = 75.0;

pub(super) fn encode(frame: &DynamicImage, quality: u8) -> Result<Vec<u8>, TransformError> {
    let (width, height) = (frame.width(), frame.height());
    let config = config(quality);
    let encoded = if frame.color().has_alpha() {
        config.encode_rgba(&frame.to_rgba8(), width, height, Unstoppable)
    } else {
        config.encode_rgb(&frame.to_rgb8(), width, height, Unstoppable)
    };
    encoded.map_err(unencodable)
}

fn config(quality: u8) -> EncoderConfig {
    if quality >= LOSSLESS {
        EncoderConfig::new_lossless().quality(LOSSLESS_EFFORT)
    } else {
        EncoderConfig::new().quality(quality.into())
    }
}

pub(super) struct Animation {
    encoder: Encoder,
    /// When the next frame begins, in milliseconds from the start.
    elapsed: i32,
}

impl Animation {
    pub(super) fn new(
        quality: u8,
        (width, height): (u32, u32),
        plays: u32,
    ) -> Result<Self, TransformError> {
        let mixed = false;
        let plays = plays.min(u16::MAX.into());
        let mut encoder =
            Encoder::with_options(width, height, mixed, plays).map_err(unencodable)?;
        if quality >= LOSSLESS {
            encoder.set_lossless(true);
            encoder.set_quality(LOSSLESS_EFFORT);
        } else {
            encoder.set_quality(quality.into());
        }
        Ok(Self { encoder, elapsed: 0 })
    }
}

impl AnimationEncoder for Animation {
    fn add(&mut self, canvas: RgbaImage, milliseconds: u32) -> Result<(), TransformError> {
        self.encoder.add_frame_rgba(&canvas, self.elapsed).map_err(unencodable)?;
        self.elapsed = self.elapsed.saturating_add_unsigned(milliseconds);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, TransformError> {
        self.encoder.finish(self.elapsed).map_err(unencodable)
    }
}
