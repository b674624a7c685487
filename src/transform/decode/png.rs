//! PNG by the png crate: every bit depth, palettes, interlacing, transparency and colour chunks.

use std::io::Cursor;

use image::{DynamicImage, Limits, codecs::png::PngDecoder};
use png::Info;

use super::{Decoded, undecodable};
use crate::transform::{
    TransformError,
    color::{CodePoints, ColorSpace},
};

/// What chunks beside the pixels may take: room for the largest profile that exists, not for a bomb.
const MAX_CHUNKS: usize = 64 << 20;

/// What gAMA says in files that mean sRGB, as its specification has writers put it there.
const GAMMA_OF_SRGB: f32 = 0.45455;

pub(in crate::transform) fn open(
    source: &[u8],
) -> Result<PngDecoder<Cursor<&[u8]>>, TransformError> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_CHUNKS as u64);
    PngDecoder::with_limits(Cursor::new(source), limits).map_err(undecodable)
}

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let limits = png::Limits { bytes: MAX_CHUNKS };
    let decoder = png::Decoder::new_with_limits(Cursor::new(source), limits);
    let reader = decoder.read_info().map_err(undecodable)?;
    let space = color_space(reader.info());
    // As with the orientation, what comes behind the pixels doesn't count.
    let exif = reader.info().exif_metadata.as_ref().map(|exif| exif.to_vec());
    let pixels = DynamicImage::from_decoder(open(source)?).map_err(undecodable)?;
    Ok(Decoded { pixels, space, exif })
}

/// The chunks in their order of precedence (PNG third edition §4.3).
fn color_space(info: &Info) -> ColorSpace {
    if let Some(points) = info.coding_independent_code_points {
        let (primaries, transfer) = (points.color_primaries, points.transfer_function);
        return ColorSpace::Coded(CodePoints { primaries, transfer });
    }
    if let Some(icc) = &info.icc_profile {
        return ColorSpace::Icc(icc.to_vec());
    }
    if info.srgb.is_some() {
        return ColorSpace::Srgb;
    }
    measured(info).unwrap_or_default()
}

/// By gAMA and cHRM. `None` if they say nothing, or sRGB in other words.
fn measured(info: &Info) -> Option<ColorSpace> {
    let chromaticities = info.chrm_chunk.map(|chrm| {
        let points = [chrm.white, chrm.red, chrm.green, chrm.blue];
        points.map(|(x, y)| (x.into_value(), y.into_value()))
    });
    let chromaticities = chromaticities.filter(|points| !are_srgbs(points));
    let gamma = info.gama_chunk.map(|gamma| gamma.into_value());
    let gamma = gamma.filter(|gamma| (0.01..10.0).contains(gamma));
    let is_srgbs = |gamma: f32| (gamma - GAMMA_OF_SRGB).abs() < 0.0005;
    match (gamma.filter(|gamma| !is_srgbs(*gamma)), chromaticities) {
        (None, None) => None,
        (gamma, chromaticities) => {
            let gamma = gamma.map(|gamma| 1.0 / gamma);
            Some(ColorSpace::Measured { gamma, chromaticities })
        }
    }
}

fn are_srgbs(points: &[(f32, f32); 4]) -> bool {
    const SRGB: [(f32, f32); 4] = [(0.3127, 0.329), (0.64, 0.33), (0.3, 0.6), (0.15, 0.06)];
    let near = |a: f32, b: f32| (a - b).abs() < 0.002;
    points.iter().zip(SRGB).all(|(point, srgb)| near(point.0, srgb.0) && near(point.1, srgb.1))
}
