//! JPEG by an encoder of our own: progressive but for very small and very large answers. A row of units
//! at a time, pixels become samples, frequencies, whole numbers and symbols. Symbols are kept: only
//! when all are counted are there codes for them.

mod bits;
mod dct;
mod huffman;
mod quantiser;
mod samples;
mod section;
mod segments;
mod symbols;
mod units;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use image::DynamicImage;

use self::{
    quantiser::{Quantiser, Row},
    samples::{LANES, Pixels},
    section::Section,
    units::{Grid, MOST_BLOCKS, Sampling},
};
use super::{Scan, unencodable};
use crate::transform::TransformError;

/// Outside of these sides (both of them) the service writes baseline JPEGs (§3.1).
const PROGRESSIVE: RangeInclusive<u16> = 50..=3000;

/// From here on every pixel has a colour of its own. Below, four share one, as in sharp's: at equal
/// quality the bytes are then equal too.
const FULL_CHROMA: u8 = 100;

/// Encodes an opaque frame. Grey stays grey.
pub(super) fn encode(
    frame: &DynamicImage,
    quality: u8,
    scan: Scan,
    exif: Option<&[u8]>,
) -> Result<Vec<u8>, TransformError> {
    let rgb;
    let (bytes, sampling) = match frame {
        DynamicImage::ImageLuma8(grey) => (grey.as_raw(), Sampling::Grey),
        DynamicImage::ImageRgb8(rgb) => (rgb.as_raw(), sampling(quality)),
        other => {
            rgb = other.to_rgb8();
            (rgb.as_raw(), sampling(quality))
        }
    };
    let width = u16::try_from(frame.width()).map_err(unencodable)?;
    let height = u16::try_from(frame.height()).map_err(unencodable)?;
    if width == 0 || height == 0 {
        return Err(unencodable("there are no pixels"));
    }
    let grid = Grid { sampling, width: width.into(), height: height.into() };
    let scan = if may_be_progressive(width, height) { scan } else { Scan::Baseline };
    file(&Pixels { bytes, grid }, quality, scan, exif)
        .ok_or_else(|| unencodable("EXIF is larger than a segment"))
}

/// `None` if EXIF is more than the file can have.
fn file(pixels: &Pixels, quality: u8, scan: Scan, exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut file = segments::head(exif)?;
    let pixels_a_sample = pixels.grid.sampling.blocks().pow(2) as f64;
    let quantisers = Quantiser::pair(quality, pixels_a_sample);
    segments::frame(&mut file, &pixels.grid, &quantisers, scan);
    for section in sections(pixels, &quantisers, scan) {
        segments::scan(&mut file, &section);
    }
    segments::end(&mut file);
    Some(file)
}

/// Computes what the scans hold.
fn sections(pixels: &Pixels, quantisers: &[Quantiser; 2], scan: Scan) -> Vec<Section> {
    let Grid { sampling, .. } = pixels.grid;
    let mut sections = match scan {
        Scan::Progressive => Section::progressive(sampling.channels()),
        Scan::Baseline => Section::baseline(sampling.channels()),
    };
    let mut row = Row::new(&pixels.grid);
    let mut samples = [[[[0.0; LANES]; units::BLOCK]; units::BLOCK]; MOST_BLOCKS];
    for at in 0..pixels.grid.down() {
        for (batch, blocks) in row.batches().enumerate() {
            let left = batch * LANES * sampling.side();
            samples::read(pixels, left, at * sampling.side(), &mut samples);
            let components = sampling.components().iter().zip(&mut samples);
            for ((component, samples), blocks) in components.zip(blocks) {
                dct::forward(samples);
                quantisers[(*component).min(1)].quantise(samples, blocks);
            }
        }
        for section in &mut sections {
            section.add(&row, &pixels.grid, at);
        }
    }
    sections.iter_mut().for_each(Section::end);
    sections
}

fn sampling(quality: u8) -> Sampling {
    if quality >= FULL_CHROMA { Sampling::Full } else { Sampling::Halved }
}

fn may_be_progressive(width: u16, height: u16) -> bool {
    let too_small = width < *PROGRESSIVE.start() && height < *PROGRESSIVE.start();
    let too_large = width > *PROGRESSIVE.end() && height > *PROGRESSIVE.end();
    !too_small && !too_large
}
