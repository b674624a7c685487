//! Few colours for many, by quantizr: what PNGs with a palette and GIFs are made of.

use quantizr::{Histogram, Image, Options, QuantizeResult};

use super::unencodable;
use crate::transform::TransformError;

/// The fewest and the most colours of a palette.
const FEWEST: i32 = 2;
const MOST: i32 = 256;

/// Pixels as numbers of palette entries.
pub(super) struct Indexed {
    /// RGBA, one for each colour.
    pub(super) palette: Vec<[u8; 4]>,
    /// One for each pixel, row by row.
    pub(super) indexes: Vec<u8>,
}

/// How many colours a quality is worth: all of them at 100, ever fewer below.
pub(super) fn colors(quality: u8) -> u16 {
    (u16::from(quality) * 256).div_ceil(100)
}

/// Finds the `colors` that stand best for `sample`, RGBA pixels, and says each of `pixels` in them.
/// `width` is that of a row of `pixels`; the sample is in no order, and holds at least one pixel.
pub(super) fn quantize(
    sample: &[u8],
    pixels: &[u8],
    width: u32,
    colors: u16,
) -> Result<Indexed, TransformError> {
    let mut histogram = Histogram::new();
    histogram.add_image(&Image::new(sample, sample.len() / 4, 1).map_err(unencodable)?);
    let mut options = Options::default();
    options.set_max_colors(i32::from(colors).clamp(FEWEST, MOST)).map_err(unencodable)?;
    let quantized = QuantizeResult::quantize_histogram(&histogram, &options);

    let width = (width as usize).max(1);
    let image = Image::new(pixels, width, pixels.len() / 4 / width).map_err(unencodable)?;
    let mut indexes = vec![0; pixels.len() / 4];
    quantized.remap_image(&image, &mut indexes).map_err(unencodable)?;
    let palette = quantized.get_palette();
    let entries = palette.entries.iter().take(palette.count as usize);
    let palette = entries.map(|color| [color.r, color.g, color.b, color.a]).collect();
    Ok(Indexed { palette, indexes })
}
