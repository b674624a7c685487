//! WebP by libwebp: lossy, with alpha where the frame has it.

use image::{DynamicImage, RgbaImage};
use webpx::{AnimationEncoder as Encoder, Unstoppable};

use super::{AnimationEncoder, QUALITY, unencodable};
use crate::transform::TransformError;

pub(super) fn encode(frame: &DynamicImage) -> Result<Vec<u8>, TransformError> {
    let (width, height) = (frame.width(), frame.height());
    let encoded = if frame.color().has_alpha() {
        let rgba = frame.to_rgba8();
        webpx::Encoder::new_rgba(&rgba, width, height).quality(QUALITY.into()).encode(Unstoppable)
    } else {
        let rgb = frame.to_rgb8();
        webpx::Encoder::new_rgb(&rgb, width, height).quality(QUALITY.into()).encode(Unstoppable)
    };
    encoded.map_err(unencodable)
}

pub(super) struct Animation {
    encoder: Encoder,
    /// When the next frame begins, in milliseconds from the start.
    elapsed: i32,
}

impl Animation {
    pub(super) fn new((width, height): (u32, u32), plays: u32) -> Result<Self, TransformError> {
        let mixed = false;
        let plays = plays.min(u16::MAX.into());
        let mut encoder =
            Encoder::with_options(width, height, mixed, plays).map_err(unencodable)?;
        encoder.set_quality(QUALITY.into());
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
