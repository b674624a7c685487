//! WebP by libwebp: lossy, lossless, alpha, animated.

use std::iter;

use image::{DynamicImage, RgbImage, RgbaImage};
use webpx::{AnimationDecoder, ColorMode, Decoder, DecoderConfig, ImageInfo};

use super::{Animation, AnimationFrame, Decoded, undecodable};
use crate::transform::{TransformError, color::ColorSpace};

/// The probe has checked the size against our own limits; libwebp's wrapper has none to add.
const NO_LIMITS: fn() -> webpx::Limits = webpx::Limits::none;

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let info = ImageInfo::from_webp(source).map_err(undecodable)?;
    let pixels = if info.has_animation {
        let first = animation(source)?.frames.next();
        first.ok_or_else(|| undecodable("there is no frame"))??.canvas.into()
    } else {
        decode_still(source, info.has_alpha)?
    };
    // One that is too long for the wrapper's own limit is too long for a JPEG as well.
    let exif = webpx::get_exif(source).ok().flatten();
    Ok(Decoded { pixels, space: space(source), exif })
}

fn space(source: &[u8]) -> ColorSpace {
    ColorSpace::icc(webpx::get_icc_profile(source).ok().flatten())
}

fn decode_still(source: &[u8], has_alpha: bool) -> Result<DynamicImage, TransformError> {
    let config = DecoderConfig::new().limits(NO_LIMITS());
    let decoder = Decoder::new(source).map_err(undecodable)?.config(config);
    let pixels = if has_alpha {
        let (samples, width, height) = decoder.decode_rgba_raw().map_err(undecodable)?;
        RgbaImage::from_raw(width, height, samples).map(DynamicImage::from)
    } else {
        let (samples, width, height) = decoder.decode_rgb_raw().map_err(undecodable)?;
        RgbImage::from_raw(width, height, samples).map(DynamicImage::from)
    };
    pixels.ok_or_else(|| undecodable("the decoder gave too few samples"))
}

pub(super) fn animation(source: &[u8]) -> Result<Animation<'_>, TransformError> {
    let threads = false;
    let mut decoder =
        AnimationDecoder::with_options_limits(source, ColorMode::Rgba, threads, &NO_LIMITS())
            .map_err(undecodable)?;
    let plays = decoder.info().loop_count;
    let frames = iter::from_fn(move || decoder.next_frame().map_err(undecodable).transpose());
    let frames = frames.map(|frame| {
        let frame: webpx::Frame = frame?;
        let canvas = RgbaImage::from_raw(frame.width, frame.height, frame.data);
        let canvas = canvas.ok_or_else(|| undecodable("the decoder gave too few samples"))?;
        Ok(AnimationFrame { canvas, milliseconds: frame.duration_ms })
    });
    Ok(Animation { plays, space: space(source), palette: Vec::new(), frames: Box::new(frames) })
}
