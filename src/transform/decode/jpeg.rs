//! JPEG by zune-jpeg: baseline and progressive, grey, YCbCr, CMYK and YCCK; by jpeg-decoder
//! where zune-jpeg is wrong; and by a decoder of our own where a smaller picture will do.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::PixelFormat;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::{
    Decoded,
    scaled::{self, Part},
    undecodable,
};
use crate::transform::{
    TransformError,
    color::{self, ColorSpace as Space},
    values::Size,
};

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
    let scan = headers(source).map_or(source.len(), |(_, scan)| scan);
    source[scan..].windows(2).any(|marker| marker == [0xff, 0xd9])
}

/// The segments before the first scan, and where that begins. A segment is a marker (two bytes), a
/// length that counts itself (two bytes), and what it says.
fn headers(source: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let mut segments = Vec::new();
    let mut at = 2;
    loop {
        match source.get(at..at + 4)? {
            [0xff, 0xda, ..] => return Some((segments, at)),
            // Padding before a marker.
            [0xff, 0xff, ..] => at += 1,
            [0xff, _, high, low] => {
                let end = at + 2 + usize::from(u16::from_be_bytes([*high, *low]));
                segments.push(source.get(at..end)?);
                at = end;
            }
            _ => return None,
        }
    }
}

/// Whether a sequential image keeps its channels in scans of their own, as jpeg-encoder writes some.
/// zune-jpeg 0.5 reads nothing but zeros there.
fn has_a_scan_for_each_channel(source: &[u8]) -> bool {
    let Some((segments, scan)) = headers(source) else { return false };
    let frame = segments.iter().find(|segment| matches!(segment[1], 0xc0 | 0xc1));
    let channels = frame.and_then(|frame| frame.get(9));
    channels.is_some_and(|channels| source.get(scan + 4).is_some_and(|here| here < channels))
}

/// Decodes by jpeg-decoder, which is slower, what zune-jpeg can't.
fn decode_scans(source: &[u8]) -> Result<DynamicImage, TransformError> {
    let mut decoder = jpeg_decoder::Decoder::new(source);
    let samples = decoder.decode().map_err(undecodable)?;
    let info = decoder.info().ok_or_else(|| undecodable("there is no frame header"))?;
    let (width, height) = (info.width.into(), info.height.into());
    let pixels = match info.pixel_format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
        _ => return Err(undecodable("CMYK in a scan for each channel")),
    };
    pixels.ok_or_else(|| undecodable("the decoder gave too few samples"))
}

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(source), options());
    decoder.decode_headers().map_err(undecodable)?;
    let size = size(&decoder)?;
    if has_a_scan_for_each_channel(source) {
        let (icc, exif) = (decoder.icc_profile(), decoder.exif().cloned());
        return Ok(Decoded { pixels: decode_scans(source)?, space: Space::icc(icc), exif });
    }
    if let Some(pixels) = decode_inks(source, &decoder)? {
        let exif = decoder.exif().cloned();
        return Ok(Decoded { pixels: pixels.into(), space: Space::Srgb, exif });
    }
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
        space: Space::icc(decoder.icc_profile()),
        exif: decoder.exif().cloned(),
    })
}

/// Decodes a part by our own decoder, where that can, and counts the pixels before it.
pub(super) fn decode_part(source: &[u8], part: &Part) -> Option<(Decoded, (u32, u32))> {
    let picture = scaled::decode(source, part)?;
    let mut header = JpegDecoder::new_with_options(ZCursor::new(source), options());
    header.decode_headers().ok()?;
    let (space, exif) = (Space::icc(header.icc_profile()), header.exif().cloned());
    let decoded = Decoded { pixels: picture.pixels, space, exif };
    Some((decoded, (picture.left, picture.top)))
}

/// Decodes to inks, and these by the profile that is for them. `None` for pictures without either:
/// what the decoder itself makes of inks will do for them.
fn decode_inks(
    source: &[u8],
    header: &JpegDecoder<ZCursor<&[u8]>>,
) -> Result<Option<RgbImage>, TransformError> {
    let channels = header.input_colorspace();
    let four = matches!(channels, Some(ColorSpace::CMYK | ColorSpace::YCCK));
    let (true, Some(channels), Some(icc)) = (four, channels, header.icc_profile()) else {
        return Ok(None);
    };
    let options = options().jpeg_set_out_colorspace(channels);
    let mut inks = JpegDecoder::new_with_options(ZCursor::new(source), options)
        .decode()
        .map_err(undecodable)?;
    if channels == ColorSpace::YCCK {
        inks.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = inks_of_ycck(*pixel));
    } else if has_adobes_marker(source) {
        // Who writes the marker writes 255 minus each ink.
        inks.iter_mut().for_each(|ink| *ink = 255 - *ink);
    }
    let size = size(header)?;
    Ok(color::cmyk_to_srgb(&inks, (size.width, size.height), &icc))
}

fn has_adobes_marker(source: &[u8]) -> bool {
    let segments = headers(source).map(|(segments, _)| segments).unwrap_or_default();
    segments
        .iter()
        .any(|segment| segment.get(1) == Some(&0xee) && segment.get(4..9) == Some(b"Adobe"))
}

/// YCCK is YCbCr of 255 minus each stored ink, and what is stored is 255 minus the ink: so red is
/// cyan's ink. Black is stored as it is in CMYK.
fn inks_of_ycck([y, cb, cr, black]: [u8; 4]) -> [u8; 4] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    // `as` saturates.
    let ink = |value: f32| value.round() as u8;
    let green = y - 0.344_136 * cb - 0.714_136 * cr;
    [ink(y + 1.402 * cr), ink(green), ink(y + 1.772 * cb), 255 - black]
}

/// The largest size a JPEG can say; our own limits are checked by the probe.
fn options() -> DecoderOptions {
    DecoderOptions::default().set_strict_mode(false).set_max_width(65_535).set_max_height(65_535)
}

fn size(decoder: &JpegDecoder<ZCursor<&[u8]>>) -> Result<Size, TransformError> {
    let info = decoder.info().ok_or_else(|| undecodable("there is no frame header"))?;
    Ok(Size { width: info.width.into(), height: info.height.into() })
}
