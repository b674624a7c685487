//! PNG by the png crate: lossless, or with a palette where a quality was asked for (§2.5).

use image::DynamicImage;
use png::{BitDepth, ColorType, Compression, DeflateCompression, Encoder, Filter};

use super::{
    palette::{self, Dithering, Palette},
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
    let mut palette = Palette::of(&rgba, palette::colors(quality))?;
    let indexes = palette.index(&rgba, width, Dithering::Full)?;
    let palette = palette.colors;
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
        0..=2 => (BitDepth::One, 1),
        3..=4 => (BitDepth::Two, 2),
        5..=16 => (BitDepth::Four, 4),
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

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;
    use crate::transform::{Format, decode};

    fn decoded(png: &[u8]) -> DynamicImage {
        decode::still(png, Format::Png).unwrap().pixels
    }

    fn header(png: &[u8]) -> png::Info<'static> {
        let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        reader.info().clone()
    }

    /// Colours in both directions; half of it fades out.
    fn fading() -> DynamicImage {
        let pixel = |x, y| Rgba([x as u8 * 4, y as u8 * 4, 90, 255 - (x as u8 * 3)]);
        RgbaImage::from_fn(63, 64, pixel).into()
    }

    #[test]
    fn without_a_quality_every_pixel_comes_back() {
        let frame = fading();
        assert!(decoded(&encode(frame.clone(), None).unwrap()) == frame);
    }

    #[test]
    fn needless_channels_are_left_out() {
        let of = |pixel: [u8; 4]| RgbaImage::from_fn(3, 3, |_, _| Rgba(pixel)).into();
        for (pixel, expected) in [
            ([1, 2, 3, 4], ColorType::Rgba),
            ([1, 2, 3, 255], ColorType::Rgb),
            ([7, 7, 7, 4], ColorType::GrayscaleAlpha),
            ([7, 7, 7, 255], ColorType::Grayscale),
        ] {
            let frame: DynamicImage = of(pixel);
            let png = encode(frame.clone(), None).unwrap();
            assert_eq!(header(&png).color_type, expected);
            assert!(decoded(&png).into_rgba8() == frame.into_rgba8(), "{pixel:?}");
        }
    }

    #[test]
    fn a_quality_makes_a_palette_that_keeps_alpha() {
        let frame = fading();
        let png = encode(frame.clone(), Some(85)).unwrap();

        let header = header(&png);
        assert_eq!(header.color_type, ColorType::Indexed);
        assert!(header.palette.unwrap().len() <= 256 * 3);
        assert!(header.trns.is_some());
        for (before, after) in frame.into_rgba8().pixels().zip(decoded(&png).into_rgba8().pixels())
        {
            let near =
                before.0.iter().zip(after.0).all(|(before, after)| before.abs_diff(after) < 40);
            assert!(near, "{before:?} became {after:?}");
        }
    }

    #[test]
    fn an_opaque_palette_says_nothing_of_alpha() {
        let frame = fading().into_rgb8().into();
        assert!(header(&encode(frame, Some(85)).unwrap()).trns.is_none());
    }

    #[test]
    fn lower_quality_is_fewer_bytes() {
        let size = |quality| encode(fading(), quality).unwrap().len();
        let sizes = [Some(100), Some(60), Some(20), Some(5), Some(1)].map(size);
        assert!(sizes.is_sorted_by(|more, less| more > less), "{sizes:?}");
    }

    #[test]
    fn few_colors_come_back_as_they_were() {
        for colors in [1, 2, 3, 4, 5, 16, 17, 256] {
            let pixel = |x: u32, y: u32| Rgba([((x + y * 19) % colors) as u8, 9, 90, 255]);
            let frame = DynamicImage::from(RgbaImage::from_fn(19, 21, pixel));
            let png = encode(frame.clone(), Some(100)).unwrap();
            assert!(decoded(&png).into_rgba8() == frame.into_rgba8(), "{colors} colours");
        }
    }
}
