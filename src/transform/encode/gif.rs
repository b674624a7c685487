//! GIF by the gif crate: a palette per frame, pixels either opaque or clear.

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::RgbaImage;

use super::{AnimationEncoder, unencodable};
use crate::transform::TransformError;

/// NeuQuant's sampling step, 1 (best) to 30 (fastest). 10 is the gif crate's own suggestion.
const QUANTIZER_SPEED: i32 = 10;

pub(super) struct Animation {
    encoder: Encoder<Vec<u8>>,
}

impl Animation {
    pub(super) fn new(_quality: u8, size: (u32, u32), plays: u32) -> Result<Self, TransformError> {
        let width = u16::try_from(size.0).map_err(unencodable)?;
        let height = u16::try_from(size.1).map_err(unencodable)?;
        let mut encoder = Encoder::new(Vec::new(), width, height, &[]).map_err(unencodable)?;
        // The loop extension says how often to repeat; playing once needs none.
        let repeat = match plays {
            0 => Some(Repeat::Infinite),
            1 => None,
            plays => Some(Repeat::Finite(u16::try_from(plays - 1).unwrap_or(u16::MAX))),
        };
        if let Some(repeat) = repeat {
            encoder.set_repeat(repeat).map_err(unencodable)?;
        }
        Ok(Self { encoder })
    }
}

impl AnimationEncoder for Animation {
    fn add(&mut self, mut canvas: RgbaImage, milliseconds: u32) -> Result<(), TransformError> {
        canvas.pixels_mut().for_each(|pixel| pixel.0[3] = if pixel.0[3] < 128 { 0 } else { 255 });
        let width = u16::try_from(canvas.width()).map_err(unencodable)?;
        let height = u16::try_from(canvas.height()).map_err(unencodable)?;
        let mut frame = Frame::from_rgba_speed(width, height, &mut canvas, QUANTIZER_SPEED);
        frame.delay = u16::try_from(milliseconds.div_ceil(10)).unwrap_or(u16::MAX);
        // Every frame is the whole canvas: the one before must not show through where it is clear.
        frame.dispose = DisposalMethod::Background;
        self.encoder.write_frame(&frame).map_err(unencodable)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, TransformError> {
        self.encoder.into_inner().map_err(unencodable)
    }
}
