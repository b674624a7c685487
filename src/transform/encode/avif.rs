//! AVIF by rav1e: stills, with alpha where a pixel needs it, on one thread.

use image::DynamicImage;
use ravif::{Encoder, Img, RGB8, RGBA8};

use super::unencodable;
use crate::transform::TransformError;

/// rav1e's effort, 1 (most) to 10 (least).
const SPEED: u8 = 9;

pub(super) fn encode(frame: &DynamicImage, quality: u8) -> Result<Vec<u8>, TransformError> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let quality = f32::from(quality);
    let encoder =
        Encoder::new().with_speed(SPEED).with_quality(quality).with_alpha_quality(quality);
    let encoded = if frame.color().has_alpha() {
        let frame = frame.to_rgba8();
        let pixels: Vec<_> = frame.pixels().map(|pixel| RGBA8::from(pixel.0)).collect();
        encoder.encode_rgba(Img::new(&pixels, width, height))
    } else {
        let frame = frame.to_rgb8();
        let pixels: Vec<_> = frame.pixels().map(|pixel| RGB8::from(pixel.0)).collect();
        encoder.encode_rgb(Img::new(&pixels, width, height))
    };
    Ok(encoded.map_err(unencodable)?.avif_file)
}
