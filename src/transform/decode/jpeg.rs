//! JPEG by zune-jpeg: baseline and progressive, grey, YCbCr, CMYK and YCCK.

use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::{Decoded, undecodable};
use crate::transform::{TransformError, values::Size};

/// What comes before the pixels.
pub(in crate::transform) struct Header {
    pub(in crate::transform) size: Size,
    pub(in crate::transform) exif: Option<Vec<u8>>,
}

pub(in crate::transform) fn read_header(source: &[u8]) -> Result<Header, TransformError> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(source), options());
    decoder.decode_headers().map_err(undecodable)?;
    let size = size(&decoder)?;
    Ok(Header { size, exif: decoder.exif().cloned() })
}

/// Whether the end of the image is there. The decoder greys out what a cut-off file lacks.
pub(in crate::transform) fn is_complete(source: &[u8]) -> bool {
    // A thumbnail in a header segment has an end of its own: what counts comes after the headers.
    let scan = first_scan(source).unwrap_or(source.len());
    source[scan..].windows(2).any(|marker| marker == [0xff, 0xd9])
}

/// Where the first scan begins: behind segments of a marker (two bytes) and a length that counts
/// itself (two bytes).
fn first_scan(source: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match source.get(at..at + 4)? {
            [0xff, 0xda, ..] => return Some(at),
            // Padding before a marker.
            [0xff, 0xff, ..] => at += 1,
            [_, _, high, low] => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return None,
        }
    }
}

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(source), options());
    decoder.decode_headers().map_err(undecodable)?;
    let size = size(&decoder)?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let channels = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options().jpeg_set_out_colorspace(channels));

    let samples = decoder.decode().map_err(undecodable)?;
    let (width, height) = (size.width, size.height);
    let pixels = if grey {
        GrayImage::from_raw(width, height, samples).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, samples).map(DynamicImage::from)
    };
    Ok(Decoded {
        pixels: pixels.ok_or_else(|| undecodable("the decoder gave too few samples"))?,
        icc: decoder.icc_profile(),
        exif: decoder.exif().cloned(),
    })
}

/// The largest size a JPEG can say; our own limits are checked by the probe.
fn options() -> DecoderOptions {
    DecoderOptions::default().set_strict_mode(false).set_max_width(65_535).set_max_height(65_535)
}

fn size(decoder: &JpegDecoder<ZCursor<&[u8]>>) -> Result<Size, TransformError> {
    let info = decoder.info().ok_or_else(|| undecodable("there is no frame header"))?;
    Ok(Size { width: info.width.into(), height: info.height.into() })
}
