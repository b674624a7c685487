//! Few colours for many, by quantizr: what PNGs with a palette and GIFs are made of.

use quantizr::{Histogram, Image, Options, QuantizeResult};

use super::unencodable;
use crate::transform::TransformError;

/// The fewest and the most colours of a palette.
const FEWEST: i32 = 2;
const MOST: i32 = 256;

/// A choice of colours, RGBA.
pub(super) struct Palette {
    quantized: QuantizeResult,
    pub(super) colors: Vec<[u8; 4]>,
}

/// How many colours a quality is worth: all of them at 100, ever fewer below.
pub(super) fn colors(quality: u8) -> u16 {
    (u16::from(quality) * 256).div_ceil(100)
}

/// Where rounding errors go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dithering {
    None,
    /// To the neighbours.
    Full,
}

impl Palette {
    /// Finds the `colors` that stand best for `sample`: RGBA pixels in no order, at least one.
    pub(super) fn of(sample: &[u8], colors: u16) -> Result<Self, TransformError> {
        let mut histogram = Histogram::new();
        histogram.add_image(&Image::new(sample, sample.len() / 4, 1).map_err(unencodable)?);
        let mut options = Options::default();
        options.set_max_colors(i32::from(colors).clamp(FEWEST, MOST)).map_err(unencodable)?;
        let quantized = QuantizeResult::quantize_histogram(&histogram, &options);
        let found = quantized.get_palette();
        let entries = found.entries.iter().take(found.count as usize);
        let colors = entries.map(|color| [color.r, color.g, color.b, color.a]).collect();
        Ok(Self { quantized, colors })
    }

    /// RGBA pixels in rows of `width` as numbers of colours.
    pub(super) fn index(
        &mut self,
        pixels: &[u8],
        width: u32,
        dithering: Dithering,
    ) -> Result<Vec<u8>, TransformError> {
        let level = if dithering == Dithering::Full { 1.0 } else { 0.0 };
        self.quantized.set_dithering_level(level).map_err(unencodable)?;
        let width = (width as usize).max(1);
        let image = Image::new(pixels, width, pixels.len() / 4 / width).map_err(unencodable)?;
        let mut indexes = vec![0; pixels.len() / 4];
        self.quantized.remap_image(&image, &mut indexes).map_err(unencodable)?;
        Ok(indexes)
    }

    /// How far the colours at `indexes` are from `pixels`: the mean square, over all channels.
    pub(super) fn error(&self, pixels: &[u8], indexes: &[u8]) -> f64 {
        let colors = indexes.iter().flat_map(|&index| self.colors[usize::from(index)]);
        let squares = colors.zip(pixels).map(|(got, want)| u64::from(got.abs_diff(*want)).pow(2));
        squares.sum::<u64>() as f64 / pixels.len().max(1) as f64
    }
}
