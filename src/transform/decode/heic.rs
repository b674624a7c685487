//! HEIC by heic-decoder: grids, alpha, crop and rotation, 8 and 10 bits. The only file that knows it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heic_decoder::{
    ColorInfo, DecodedImage, HeifError, RgbOptions,
    bitreader::strip_emulation_prevention,
    hevc::{
        nal::{NAL_SPS, parse_nal_header},
        params::parse_sps,
    },
    isobmff::{self, ParsedHeif, ResolvedImage},
};
use image::{DynamicImage, ImageBuffer, Rgb, RgbImage, Rgba, RgbaImage, metadata::Orientation};

use super::{
    Decoded, Header, alpha,
    heif::{self, Container},
    undecodable,
};
use crate::transform::{
    TransformError,
    color::{CodePoints, ColorSpace},
    values::Size,
};

/// The decoder crops and turns by itself, so what it gives is upright.
pub(in crate::transform) fn read_header(source: &[u8]) -> Result<Header, TransformError> {
    if is_inflated(source) {
        return Err(undecodable("the tiles say more than the file holds"));
    }
    let (info, file) = contained(|| Ok((heic_decoder::probe(source)?, isobmff::parse(source)?)))?;
    let mut decoded = coded_sizes(&file)?;
    let mut tiles_area = decoded.iter().map(|size| size.area()).sum();
    if let Some(alpha) = &file.alpha {
        let of_alpha = coded_sizes(&alpha.image)?;
        tiles_area = of_alpha.iter().map(|size| size.area()).sum::<u64>().max(tiles_area);
        decoded.extend(of_alpha);
    }
    let grids = [Some(&file), file.alpha.as_ref().map(|alpha| &*alpha.image)];
    let grids = grids.into_iter().flatten().filter_map(|file| file.grid);
    decoded.extend(grids.map(|grid| Size { width: grid.output_width, height: grid.output_height }));
    let side = |pixels: usize| u32::try_from(pixels).map_err(undecodable);
    Ok(Header {
        size: Size { width: side(info.width)?, height: side(info.height)? },
        orientation: Orientation::NoTransforms,
        has_alpha: info.alpha_bit_depth.is_some(),
        decoded,
        tiles_area,
    })
}

/// Whether the decoder would copy far more than the file holds. It reads the last of several `meta`
/// boxes, we the first, so there may be one only; a sequence has none and gives one picture.
fn is_inflated(source: &[u8]) -> bool {
    match heif::boxes(source).filter(|(kind, _)| *kind == b"meta").count() {
        0 => false,
        1 => Container::read(source).is_none_or(|container| container.is_inflated()),
        _ => true,
    }
}

/// The size of every picture that is decoded, as coded: with the margins that are cut off afterwards.
/// The boxes say it too, but it is this that is allocated.
fn coded_sizes(file: &ParsedHeif) -> Result<Vec<Size>, TransformError> {
    contained(|| file.images.iter().chain(&file.reference_image).map(coded_size).collect())
}

fn coded_size(image: &ResolvedImage) -> Result<Size, HeifError> {
    for unit in image.hevc_config.nalus_of_type(NAL_SPS) {
        let (header, payload) = parse_nal_header(unit)?;
        if header.nal_unit_type == NAL_SPS && header.nuh_layer_id == 0 {
            let sps = parse_sps(&strip_emulation_prevention(payload))?;
            let (width, height) = (sps.pic_width_in_luma_samples, sps.pic_height_in_luma_samples);
            return Ok(Size { width, height });
        }
    }
    Err(HeifError::MalformedHevc("there is no sequence parameter set"))
}

pub(super) fn decode(source: &[u8]) -> Result<Decoded, TransformError> {
    let (pixels, space) = contained(|| {
        let mut image = heic_decoder::decode(source)?;
        let icc = image.metadata.icc_profile.take();
        let space = icc.map(ColorSpace::Icc).or(image.color_info.map(coded)).unwrap_or_default();
        Ok((to_pixels(&image)?, space))
    })?;
    let pixels = pixels.ok_or_else(|| undecodable("the decoder gave too few samples"))?;
    let exif = Container::read(source).and_then(|container| container.exif());
    Ok(Decoded { pixels, space, exif })
}

fn to_pixels(image: &DecodedImage) -> Result<Option<DynamicImage>, HeifError> {
    let (width, height) = (image.width as u32, image.height as u32);
    let options = RgbOptions { color: Some(matrix(image.color_info)), ..RgbOptions::default() };
    let is_deep = image.bit_depth_luma.max(image.bit_depth_chroma) > 8;
    let pixels = match (&image.alpha, is_deep) {
        (None, false) => {
            RgbImage::from_raw(width, height, image.to_rgb8_with_options(&options)?.data)
                .map(DynamicImage::from)
        }
        (None, true) => {
            let samples = image.to_rgb16_with_options(&options)?.data;
            ImageBuffer::<Rgb<u16>, _>::from_raw(width, height, samples).map(DynamicImage::from)
        }
        (Some(_), false) => {
            RgbaImage::from_raw(width, height, image.to_rgba8_with_options(&options)?.data)
                .map(DynamicImage::from)
        }
        (Some(_), true) => {
            let samples = image.to_rgba16_with_options(&options)?.data;
            ImageBuffer::<Rgba<u16>, _>::from_raw(width, height, samples).map(DynamicImage::from)
        }
    };
    let is_premultiplied = image.alpha.as_ref().is_some_and(|alpha| alpha.premultiplied);
    Ok(pixels.map(|mut pixels| {
        if is_premultiplied {
            alpha::unpremultiply(&mut pixels);
        }
        pixels
    }))
}

/// Without a word about it the matrix is BT.601's, as libheif and libavif take it, not the decoder's own
/// choice.
fn matrix(info: Option<ColorInfo>) -> ColorInfo {
    const UNSPECIFIED: u16 = 2;
    const BT601: u16 = 6;
    let unlabelled = ColorInfo { matrix_coefficients: UNSPECIFIED, ..ColorInfo::default() };
    let mut info = info.unwrap_or(unlabelled);
    if info.matrix_coefficients == UNSPECIFIED {
        info.matrix_coefficients = BT601;
    }
    info
}

fn coded(info: ColorInfo) -> ColorSpace {
    let point = |code: u16| u8::try_from(code).unwrap_or(0);
    let (primaries, transfer) = (point(info.color_primaries), point(info.transfer_characteristics));
    ColorSpace::Coded(CodePoints { primaries, transfer })
}

/// Runs the decoder. It is young, and a panic in it is no more than a picture that can't be decoded.
fn contained<T>(decode: impl FnOnce() -> Result<T, HeifError>) -> Result<T, TransformError> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(result) => result.map_err(undecodable),
        Err(_panic) => Err(undecodable("the HEIC decoder failed")),
    }
}
