//! PNG by the png crate: lossless, or with a palette where a quality was asked for (§2.5).

use image::DynamicImage;
use png::{BitDepth, ColorType, Compression, DeflateCompression, Encoder, Filter};

use super::{
    palette::{self, Indexed},
    unencodable,
};
use crate::transform::TransformError;

pub(super) fn encode(frame: DynamicImage, quality: Option<u8>) -> Result<Vec<u8>, TransformError> {
    match quality {
        None => encode_lossless(&without_needless_channels(frame)),
        Some(quality) => encode_palette(&frame, quality),
    }
}

fn encode_lossless(frame: &DynamicImage) -> Result<Vec<u8>, TransformError> {
    let color = match frame {
        DynamicImage::ImageLuma8(_) => ColorType::Grayscale,
        DynamicImage::ImageLumaA8(_) => ColorType::GrayscaleAlpha,
        DynamicImage::ImageRgb8(_) => ColorType::Rgb,
        DynamicImage::ImageRgba8(_) => ColorType::Rgba,
        _ => return Err(unencodable("more than 8 bits a channel")),
    };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, frame.width(), frame.height());
    encoder.set_color(color);
    encoder.set_compression(Compression::Balanced);
    encoder.set_filter(Filter::Adaptive);
    write(encoder, frame.as_bytes())?;
    Ok(bytes)
}

fn write(encoder: Encoder<'_, &mut Vec<u8>>, samples: &[u8]) -> Result<(), TransformError> {
    let mut writer = encoder.write_header().map_err(unencodable)?;
    writer.write_image_data(samples).map_err(unencodable)?;
    writer.finish().map_err(unencodable)
}

/// Without the alpha of an opaque frame and the colours of a grey one.
fn without_needless_channels(mut frame: DynamicImage) -> DynamicImage {
    let opaque = match &frame {
        DynamicImage::ImageLumaA8(frame) => frame.pixels().all(|pixel| pixel.0[1] == 255),
        DynamicImage::ImageRgba8(frame) => frame.pixels().all(|pixel| pixel.0[3] == 255),
        _ => true,
    };
    if opaque && frame.color().has_alpha() {
        frame = if frame.color().has_color() {
            frame.into_rgb8().into()
        } else {
            frame.into_luma8().into()
        };
    }
    let is_grey = |pixel: &[u8]| pixel[0] == pixel[1] && pixel[1] == pixel[2];
    match &frame {
        DynamicImage::ImageRgb8(rgb) if rgb.pixels().all(|pixel| is_grey(&pixel.0)) => {
            frame.into_luma8().into()
        }
        DynamicImage::ImageRgba8(rgba) if rgba.pixels().all(|pixel| is_grey(&pixel.0)) => {
            frame.into_luma_alpha8().into()
        }
        _ => frame,
    }
}

fn encode_palette(frame: &DynamicImage, quality: u8) -> Result<Vec<u8>, TransformError> {
    let rgba = frame.to_rgba8();
    let (width, height) = rgba.dimensions();
    let Indexed { palette, indexes } =
        palette::quantize(&rgba, &rgba, width, palette::colors(quality))?;
    let (depth, bits) = depth(palette.len());

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(palette.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect::<Vec<_>>());
    // What the list leaves out is opaque.
    let alphas: Vec<_> = palette.iter().map(|color| color[3]).collect();
    if let Some(last) = alphas.iter().rposition(|&alpha| alpha < 255) {
        encoder.set_trns(alphas[..=last].to_vec());
    }
    // Neighbouring numbers say nothing of each other: filters only make them longer.
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(DeflateCompression::Level(9));
    write(encoder, &pack(&indexes, width, bits))?;
    Ok(bytes)
}

/// The fewest bits that number so many colours.
fn depth(colors: usize) -> (BitDepth, usize) {
    match colors {
        ..=2 => (BitDepth::One, 1),
        ..=4 => (BitDepth::Two, 2),
        ..=16 => (BitDepth::Four, 4),
        _ => (BitDepth::Eight, 8),
    }
}

/// Several numbers to a byte, the first in the highest bits. Each row begins a new byte.
fn pack(indexes: &[u8], width: u32, bits: usize) -> Vec<u8> {
    let in_a_byte = 8 / bits;
    let pack_byte = |indexes: &[u8]| {
        let places = indexes.iter().zip((0..in_a_byte).rev());
        places.fold(0, |byte, (index, place)| byte | index << (place * bits))
    };
    let rows = indexes.chunks(width as usize);
    rows.flat_map(|row| row.chunks(in_a_byte).map(pack_byte)).collect()
}
