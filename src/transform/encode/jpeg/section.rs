//! What the file's scans hold: of which components and frequencies, in which order. Blocks come a row of
//! units at a time. Knows neither codes nor markers.

use std::ops::RangeInclusive;

use super::{
    quantiser::{Quantised, Row},
    symbols::Symbols,
    units::Grid,
};

/// The lowest frequency of all, a block's mean.
const MEAN: u64 = 1;

/// How luma's coefficients are parted: after diagonals of the zigzag. Codes of their own for each part and
/// runs of blocks without any of it save up to 4 % of the bytes, about as much as libjpeg's ten scans do.
/// Chroma has too few coefficients for that.
const LUMA: [RangeInclusive<u8>; 3] = [1..=2, 3..=9, 10..=63];

/// One scan.
pub(super) struct Section {
    /// Which components.
    pub(super) components: RangeInclusive<usize>,
    /// Which coefficients, in the order of the zigzag.
    pub(super) band: RangeInclusive<u8>,
    pub(super) symbols: Symbols,
    /// The last block's mean of each component.
    means: [i32; 3],
}

impl Section {
    fn new(components: RangeInclusive<usize>, band: RangeInclusive<u8>) -> Self {
        Self { components, band, symbols: Symbols::new(), means: [0; 3] }
    }

    /// The whole in one scan.
    pub(super) fn baseline(channels: usize) -> Vec<Self> {
        vec![Self::new(0..=channels - 1, 0..=63)]
    }

    /// First the means of all blocks, then their other coefficients, component by component.
    pub(super) fn progressive(channels: usize) -> Vec<Self> {
        let means = Self::new(0..=channels - 1, 0..=0);
        let colors = (1..channels).map(|component| Self::new(component..=component, 1..=63));
        let [coarse, finer, rest] = LUMA.map(|band| Self::new(0..=0, band));
        [means, coarse].into_iter().chain(colors).chain([finer, rest]).collect()
    }

    /// A bit for each coefficient of the band.
    fn mask(&self) -> u64 {
        let (first, last) = (self.band.start(), self.band.end());
        u64::MAX >> (63 - last) & u64::MAX << first
    }

    /// Takes in the blocks of row `at` of the units.
    pub(super) fn add(&mut self, row: &Row, grid: &Grid, at: usize) {
        if self.mask() & MEAN != 0 {
            self.add_units(row, grid, at);
        } else {
            self.add_component(row, grid, at);
        }
    }

    /// Unit by unit, all of a unit's blocks (T.81, A.2.3). Those outside of the picture, whose content
    /// nobody sees, are what takes the fewest bits.
    fn add_units(&mut self, row: &Row, grid: &Grid, at: usize) {
        let (side, across, down) = grid.blocks(0);
        let others = self.mask() & !MEAN;
        for unit in 0..grid.across() {
            for (place, &component) in grid.sampling.components().iter().enumerate() {
                let (x, y) = (unit * side + place % side, at * side + place / side);
                let is_inside = component > 0 || (x < across && y < down);
                self.add_block(is_inside.then(|| row.block(unit, place)), component, others);
            }
        }
    }

    fn add_block(&mut self, block: Option<Quantised>, component: usize, others: u64) {
        let table = component.min(1);
        let last = &mut self.means[component];
        let mean = block.map_or(*last, |block| block.coefficient(0));
        self.symbols.mean(mean - *last, table);
        *last = mean;
        match block {
            _ if others == 0 => {}
            Some(block) => self.symbols.coefficients(block, others, table),
            None => self.symbols.end(table),
        }
    }

    /// Block by block of one component, as they are in the picture, without those outside of it.
    fn add_component(&mut self, row: &Row, grid: &Grid, at: usize) {
        let (component, band) = (*self.components.start(), self.mask());
        let (side, across, down) = grid.blocks(component);
        // Where the component's blocks begin in a unit.
        let first = if component == 0 { 0 } else { grid.sampling.blocks().pow(2) + component - 1 };
        for y in 0..side.min(down - at * side) {
            for x in 0..across {
                let block = row.block(x / side, first + y * side + x % side);
                self.symbols.coefficients_in_runs(block, band, component.min(1));
            }
        }
    }

    /// Says what is still to be said when all rows are there.
    pub(super) fn end(&mut self) {
        self.symbols.end_run((*self.components.start()).min(1));
    }
}
