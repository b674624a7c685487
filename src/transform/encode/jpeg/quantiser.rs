//! From coefficients to the whole numbers that are written: divided by a table, rounded to the nearest, in
//! the zigzag's order. Knows no Huffman codes.

use super::{
    dct,
    samples::{Block, LANES, Lanes},
    units::{BLOCK, Grid},
};
use crate::transform::jpeg::{COEFFICIENTS, ZIGZAG};

/// T.81, tables K.1 and K.2, row by row.
const LUMA: [u16; COEFFICIENTS] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMA: [u16; COEFFICIENTS] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// Added to a number it leaves the nearest whole one in the lowest bits, negative ones as two's
/// complement: the mantissa has no room for halves. There they stay until somebody wants them.
const ROUND: f32 = 12_582_912.0;

/// Coefficients for each bit of half a mask.
const HALF: usize = COEFFICIENTS / 2;

/// Where each coefficient of the zigzag is when rows are columns.
const TURNED: [u8; COEFFICIENTS] = {
    let mut turned = ZIGZAG;
    let mut at = 0;
    while at < COEFFICIENTS {
        turned[at] = ZIGZAG[at] % 8 * 8 + ZIGZAG[at] / 8;
        at += 1;
    }
    turned
};

/// A table and what follows from it.
pub(super) struct Quantiser {
    /// In the zigzag's order, as it is written.
    pub(super) table: [u8; COEFFICIENTS],
    /// What computed coefficients are multiplied by, in the same order.
    factors: [f32; COEFFICIENTS],
}

impl Quantiser {
    /// For luma and chroma. `samples` is how many pixels are summed up in one of chroma.
    pub(super) fn pair(quality: u8, samples: f64) -> [Self; 2] {
        [Self::new(&LUMA, quality, 1.0), Self::new(&CHROMA, quality, samples)]
    }

    /// The table at this quality, 1 to 100, as libjpeg's `jpeg_set_quality` makes it.
    fn new(base: &[u16; COEFFICIENTS], quality: u8, samples: f64) -> Self {
        let quality = u16::from(quality);
        let percent = if quality < 50 { 5_000 / quality } else { 200 - 2 * quality };
        let steps = ZIGZAG.map(|place| {
            let step = (u32::from(base[usize::from(place)]) * u32::from(percent) + 50) / 100;
            step.clamp(1, 255) as u8
        });
        let factors = std::array::from_fn(|at| {
            let (across, down) = (usize::from(ZIGZAG[at]) % BLOCK, usize::from(ZIGZAG[at]) / BLOCK);
            let excess = dct::EXCESS[across] * dct::EXCESS[down] * samples;
            (1.0 / (f64::from(steps[at]) * excess)) as f32
        });
        Self { table: steps, factors }
    }

    /// Quantises the blocks of all lanes.
    pub(super) fn quantise(&self, block: &Block, blocks: &mut Blocks) {
        let low = self.quantise_half::<0>(block, blocks);
        let high = self.quantise_half::<HALF>(block, blocks);
        blocks.present =
            std::array::from_fn(|lane| u64::from(low[lane]) | u64::from(high[lane]) << HALF);
    }

    /// Quantises half of the coefficients, and returns a bit for each that isn't 0.
    #[inline(always)]
    fn quantise_half<const FROM: usize>(&self, block: &Block, blocks: &mut Blocks) -> [u32; LANES] {
        let places = block.as_flattened();
        let (mut present, mut bit) = ([0; LANES], [1_u32; LANES]);
        for at in FROM..FROM + HALF {
            let (values, factor) = (places[usize::from(TURNED[at]) & 63], self.factors[at]);
            for lane in 0..LANES {
                let whole = values[lane] * factor + ROUND;
                blocks.rounded[at][lane] = whole;
                present[lane] |= if whole == ROUND { 0 } else { bit[lane] };
                bit[lane] <<= 1;
            }
        }
        present
    }
}

/// What is to be written of one block of each lane.
#[derive(Clone, Copy)]
pub(super) struct Blocks {
    /// The coefficients and `ROUND`.
    rounded: [Lanes; COEFFICIENTS],
    /// A bit for each coefficient that isn't 0, the mean's lowest.
    present: [u64; LANES],
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Quantised<'a> {
    blocks: &'a Blocks,
    lane: usize,
}

impl Quantised<'_> {
    #[inline(always)]
    pub(super) fn present(self) -> u64 {
        self.blocks.present[self.lane]
    }

    #[inline(always)]
    pub(super) fn coefficient(self, at: u32) -> i32 {
        (self.blocks.rounded[at as usize & 63][self.lane].to_bits() as i16).into()
    }
}

/// The blocks of a row of units.
pub(super) struct Row {
    /// Those of `LANES` units after those of others, in the order of `Sampling::components`.
    blocks: Vec<Blocks>,
    /// Blocks of a unit.
    places: usize,
}

impl Row {
    pub(super) fn new(grid: &Grid) -> Self {
        let places = grid.sampling.components().len();
        let empty = Blocks { rounded: [[ROUND; LANES]; COEFFICIENTS], present: [0; LANES] };
        Self { blocks: vec![empty; grid.across().div_ceil(LANES) * places], places }
    }

    /// The blocks of `LANES` units at a time.
    pub(super) fn batches(&mut self) -> impl Iterator<Item = &mut [Blocks]> {
        self.blocks.chunks_exact_mut(self.places)
    }

    /// Block `place` of a unit.
    #[inline(always)]
    pub(super) fn block(&self, unit: usize, place: usize) -> Quantised<'_> {
        let blocks = &self.blocks[unit / LANES * self.places + place];
        Quantised { blocks, lane: unit % LANES }
    }
}
