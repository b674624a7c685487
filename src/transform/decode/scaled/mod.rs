//! JPEG straight to a fraction of its size: only the coefficients that the smaller picture needs become
//! samples, and only where it is shown. Covers what cameras and the web have; for the rest, and for
//! anything odd, the answer is `None`, and a library decodes the whole.
//!
//! Knows nothing of options and plans.

mod bits;
mod block;
mod color;
mod grid;
mod header;
mod huffman;
mod idct;
mod plane;
mod scan;

#[cfg(test)]
mod tests;

use std::ops::Range;

use image::{DynamicImage, GrayImage, RgbImage};

use grid::Grid;
use plane::Plane;
use scan::Reader;

/// How much smaller. Of a side that isn't whole eighths, the last pixel is partly outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transform) enum Scale {
    Eighth = 1,
    Quarter = 2,
    ThreeEighths = 3,
    Half = 4,
    ThreeQuarters = 6,
}

impl Scale {
    /// Smallest first.
    pub(in crate::transform) const ALL: [Self; 5] =
        [Self::Eighth, Self::Quarter, Self::ThreeEighths, Self::Half, Self::ThreeQuarters];

    pub(in crate::transform) fn eighths(self) -> usize {
        self as usize
    }

    /// Pixels for one of the whole picture, along a side.
    pub(in crate::transform) fn factor(self) -> f64 {
        self.eighths() as f64 / 8.0
    }
}

/// What is wanted of a picture.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::transform) struct Part {
    pub(in crate::transform) scale: Scale,
    /// In pixels of the whole picture.
    pub(in crate::transform) across: Range<u32>,
    pub(in crate::transform) down: Range<u32>,
}

/// What was wanted, and a little more around it.
pub(in crate::transform) struct Picture {
    pub(in crate::transform) pixels: DynamicImage,
    /// Pixels of the whole, scaled picture that are left out before these.
    pub(in crate::transform) left: u32,
    pub(in crate::transform) top: u32,
}

/// Decodes a part of a JPEG.
pub(in crate::transform) fn decode(source: &[u8], part: &Part) -> Option<Picture> {
    let header = header::read(source)?;
    let grid = Grid::new(&header, part)?;
    let most = (
        header.components.iter().map(|one| one.across).max()?,
        header.components.iter().map(|one| one.down).max()?,
    );
    let size = (header.width, header.height);
    let planes = header.components.iter().map(|one| Plane::new(one, size, &grid, most));
    let mut planes = planes.collect::<Option<Vec<_>>>()?;
    let mut readers: Vec<_> = header.scans.into_iter().map(Reader::new).collect();

    let mut canvas = Canvas::new(&grid, planes.len());
    for row in 0..grid.rows.end {
        for reader in &mut readers {
            reader.read_row(row, &grid, &mut planes)?;
        }
        if row >= grid.rows.start {
            canvas.add(&grid, &planes);
        }
    }
    if !readers.iter().all(Reader::is_whole) {
        return None;
    }
    let pixels = canvas.finish(&grid)?;
    let left = (grid.columns.start * grid.unit.0) as u32;
    let top = (grid.rows.start * grid.unit.1) as u32;
    Some(Picture { pixels, left, top })
}

/// The pixels so far.
struct Canvas {
    channels: usize,
    samples: Vec<u8>,
    rows: usize,
}

impl Canvas {
    fn new(grid: &Grid, channels: usize) -> Self {
        Self { channels, samples: vec![0; grid.width * grid.height * channels], rows: 0 }
    }

    /// Adds the rows of a row of units, as far as they are in the picture.
    fn add(&mut self, grid: &Grid, planes: &[Plane]) {
        let length = grid.width * self.channels;
        for y in 0..grid.unit.1.min(grid.height - self.rows) {
            let start = self.rows * length;
            self.rows += 1;
            if grid.row_is_filler && self.rows == grid.height {
                self.samples.copy_within(start - length..start, start);
                return;
            }
            let row = &mut self.samples[start..][..length];
            match planes {
                [luma, blue, red] => color::write_rgb([luma, blue, red].map(|one| one.row(y)), row),
                _ => color::write_grey(planes[0].row(y), row),
            }
            if grid.column_is_filler {
                let last = length - self.channels;
                row.copy_within(last - self.channels..last, last);
            }
        }
    }

    fn finish(self, grid: &Grid) -> Option<DynamicImage> {
        let (width, height) = (grid.width as u32, grid.height as u32);
        if self.channels == 1 {
            return GrayImage::from_raw(width, height, self.samples).map(DynamicImage::from);
        }
        RgbImage::from_raw(width, height, self.samples).map(DynamicImage::from)
    }
}
