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

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::transform::{Format, decode};

    fn fading(shift: u32) -> RgbaImage {
        let pixel = |x, y| Rgba([(x + shift) as u8 * 4, y as u8 * 4, (x * y) as u8, 255 - x as u8]);
        RgbaImage::from_fn(48, 40, pixel)
    }

    fn animated(quality: u8, plays: u32) -> Vec<u8> {
        let mut animation = Box::new(Animation::new(quality, (48, 40), plays).unwrap());
        for (shift, milliseconds) in [(0, 30), (5, 70), (9, 200)] {
            animation.add(fading(shift), milliseconds).unwrap();
        }
        animation.finish().unwrap()
    }

    #[test]
    fn quality_100_is_lossless() {
        let frame = DynamicImage::from(fading(0));
        let webp = encode(&frame, 100).unwrap();
        assert!(decode::still(&webp, Format::Webp).unwrap().pixels == frame);

        let webp = animated(100, 0);
        let frames = decode::animation(&webp, Format::Webp).unwrap().frames;
        for (frame, shift) in frames.zip([0, 5, 9]) {
            assert!(frame.unwrap().canvas == fading(shift));
        }
    }

    #[test]
    fn alpha_survives_unharmed() {
        let webp = encode(&fading(0).into(), 50).unwrap();
        let shown = decode::still(&webp, Format::Webp).unwrap().pixels.into_rgba8();
        assert!(
            shown.pixels().map(|pixel| pixel.0[3]).eq(fading(0).pixels().map(|pixel| pixel.0[3]))
        );
    }

    #[test]
    fn lower_quality_is_fewer_bytes() {
        let stills =
            [99, 85, 50, 10].map(|quality| encode(&fading(0).into(), quality).unwrap().len());
        assert!(stills.is_sorted_by(|more, less| more > less), "{stills:?}");
        let animations = [99, 85, 50, 10].map(|quality| animated(quality, 0).len());
        assert!(animations.is_sorted_by(|more, less| more > less), "{animations:?}");
    }

    #[test]
    fn animations_keep_their_timing_and_plays() {
        for plays in [0, 1, 3] {
            let webp = animated(85, plays);
            let animation = decode::animation(&webp, Format::Webp).unwrap();
            assert_eq!(animation.plays, plays);
            let timing = animation.frames.map(|frame| frame.unwrap().milliseconds);
            assert!(timing.eq([30, 70, 200]));
        }
    }
}
