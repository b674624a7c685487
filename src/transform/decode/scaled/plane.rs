//! One channel of the row of units that is being decoded: its samples after scaling, as many for each
//! channel as there are pixels.

use super::{
    block::Kept,
    grid::Grid,
    header::Component,
    idct::{self, Block, Inverse},
};

pub(super) struct Plane {
    /// Blocks of a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Blocks of the whole picture, without those that only fill up units.
    pub(super) blocks_across: usize,
    pub(super) blocks_down: usize,
    pub(super) kept: Kept,
    /// The block that is being decoded.
    pub(super) block: Block,
    inverses: [Inverse; 3],
    /// Samples of a block.
    width: usize,
    height: usize,
    samples: Vec<f32>,
    stride: usize,
}

impl Plane {
    /// `None` if the channel's blocks don't become blocks of a size that can be computed. `size` is
    /// the picture's.
    pub(super) fn new(
        component: &Component,
        size: (usize, usize),
        grid: &Grid,
        most: (usize, usize),
    ) -> Option<Self> {
        let Component { across, down, .. } = *component;
        let (width, height) = (grid.unit.0 / across, grid.unit.1 / down);
        let stride = grid.columns.len() * grid.unit.0;
        Some(Self {
            across,
            down,
            blocks_across: Grid::blocks(size.0, across, most.0),
            blocks_down: Grid::blocks(size.1, down, most.1),
            kept: Kept::new(&component.quantiser, width, height),
            block: Block::default(),
            inverses: idct::inverses(width, height)?,
            width,
            height,
            samples: vec![0.0; stride * grid.unit.1],
            stride,
        })
    }

    /// Puts the block's samples at a place that is counted in blocks. `last` is its last coefficient in
    /// the zigzag.
    #[inline]
    pub(super) fn place(&mut self, last: usize, (x, y): (usize, usize)) {
        let start = y * self.height * self.stride + x * self.width;
        let samples = &mut self.samples[start..];
        // Up to here the zigzag stays within 1, 2 and 4 frequencies of both directions.
        let inverse = match last {
            0 => {
                for row in samples.chunks_mut(self.stride).take(self.height) {
                    row[..self.width].fill(self.block[0][0]);
                }
                return;
            }
            1..=2 => self.inverses[0],
            3..=9 => self.inverses[1],
            _ => self.inverses[2],
        };
        inverse(&self.block, samples, self.stride);
    }

    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.samples[y * self.stride..][..self.stride]
    }
}
