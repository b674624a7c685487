//! Pixels to samples of luma and chroma (JFIF 1.02), for some units side by side at once. A lane is one of
//! these units: what follows does the same to all of them, and no number changes its lane.

use super::units::{BLOCK, Grid, MOST_BLOCKS, Sampling};

/// Units at a time. As many numbers fit into a register of the plainest processors.
pub(super) const LANES: usize = 4;

/// One number for each unit.
pub(super) type Lanes = [f32; LANES];

/// Samples of a block, row by row.
pub(super) type Block = [[Lanes; BLOCK]; BLOCK];

/// What red, green and blue add to luma and both chromas.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
const CHROMA_BLUE: [f32; 3] = [-0.168_735_89, -0.331_264_1, 0.5];
const CHROMA_RED: [f32; 3] = [0.5, -0.418_687_6, -0.081_312_4];

/// The middle of luma's range, which becomes 0. Chroma's is 0.
const LEVEL_SHIFT: f32 = 128.0;

/// Bytes of the longest row of pixels, and one more: pixels are read as four.
const ROW: usize = LANES * 2 * BLOCK * 3 + 1;

/// The picture's pixels, of one byte or three.
#[derive(Clone, Copy)]
pub(super) struct Pixels<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) grid: Grid,
}

impl Pixels<'_> {
    /// The bytes of `LANES` units in row `y` from column `left` on, filled up at the picture's edges. `spare`
    /// has room for those that are.
    #[inline(always)]
    fn row<'a>(&'a self, left: usize, y: usize, spare: &'a mut [u8; ROW]) -> &'a [u8; ROW] {
        let Grid { sampling, width, height } = self.grid;
        let end = left + LANES * sampling.side();
        let start = y.min(height - 1) * width;
        let bytes = &self.bytes[(start + left) * sampling.channels()..];
        match bytes.first_chunk() {
            Some(whole) if end <= width => whole,
            _ => {
                let inside = &bytes[..(end.min(width) - left) * sampling.channels()];
                fill(inside, sampling.channels(), spare);
                spare
            }
        }
    }
}

/// Copies pixels and repeats the last one as often as there is room.
#[cold]
fn fill(bytes: &[u8], channels: usize, row: &mut [u8; ROW]) {
    row[..bytes.len()].copy_from_slice(bytes);
    let last = &bytes[bytes.len() - channels..];
    for pixel in row[bytes.len()..].chunks_exact_mut(channels) {
        pixel.copy_from_slice(last);
    }
}

/// The pixels of `SIDE` columns, those at the same place of each unit side by side. Red is in the lowest
/// byte; above blue is something else.
#[inline(always)]
fn across<const SIDE: usize>(row: &[u8; ROW]) -> [[u32; LANES]; SIDE] {
    let mut pixels = [[0; LANES]; SIDE];
    for (x, pixels) in pixels.iter_mut().enumerate() {
        for (lane, pixel) in pixels.iter_mut().enumerate() {
            let at = (lane * SIDE + x) * 3;
            *pixel = u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
        }
    }
    pixels
}

/// Red, green and blue of a pixel.
#[inline(always)]
fn colors(pixel: u32) -> [i32; 3] {
    [0, 8, 16].map(|shift| (pixel >> shift & 0xff) as i32)
}

#[inline(always)]
fn weighed(colors: [i32; 3], weights: [f32; 3]) -> f32 {
    let [red, green, blue] = colors.map(|color| color as f32);
    red * weights[0] + green * weights[1] + blue * weights[2]
}

#[inline(always)]
fn luma(pixel: u32) -> f32 {
    weighed(colors(pixel), LUMA) - LEVEL_SHIFT
}

/// Computes the samples of `LANES` units from column `left` and row `top` on; of each of their blocks, in
/// the order of `Sampling::components`. Halved chroma is the sum of four pixels'.
pub(super) fn read(pixels: &Pixels, left: usize, top: usize, blocks: &mut [Block; MOST_BLOCKS]) {
    match pixels.grid.sampling {
        Sampling::Grey => read_grey(pixels, left, top, blocks),
        Sampling::Full => read_full(pixels, left, top, blocks),
        Sampling::Halved => read_halved(pixels, left, top, blocks),
    }
}

fn read_grey(pixels: &Pixels, left: usize, top: usize, [block, ..]: &mut [Block; MOST_BLOCKS]) {
    let mut spare = [0; ROW];
    for (y, row) in block.iter_mut().enumerate() {
        let bytes = pixels.row(left, top + y, &mut spare);
        for (x, samples) in row.iter_mut().enumerate() {
            for (lane, sample) in samples.iter_mut().enumerate() {
                *sample = f32::from(bytes[lane * BLOCK + x]) - LEVEL_SHIFT;
            }
        }
    }
}

fn read_full(
    pixels: &Pixels,
    left: usize,
    top: usize,
    [lumas, blues, reds, ..]: &mut [Block; MOST_BLOCKS],
) {
    let mut spare = [0; ROW];
    for y in 0..BLOCK {
        let row = across::<BLOCK>(pixels.row(left, top + y, &mut spare));
        let chroma = blues[y].as_flattened_mut().iter_mut().zip(reds[y].as_flattened_mut());
        let samples = lumas[y].as_flattened_mut().iter_mut().zip(chroma);
        for ((luma_sample, (blue, red)), pixel) in samples.zip(row.as_flattened()) {
            *luma_sample = luma(*pixel);
            *blue = weighed(colors(*pixel), CHROMA_BLUE);
            *red = weighed(colors(*pixel), CHROMA_RED);
        }
    }
}

fn read_halved(
    pixels: &Pixels,
    left: usize,
    top: usize,
    [lumas @ .., blues, reds]: &mut [Block; MOST_BLOCKS],
) {
    let mut spare = [0; ROW];
    let (upper, lower) = lumas.split_at_mut(2);
    for y in 0..BLOCK {
        let rows = [2 * y, 2 * y + 1]
            .map(|y| across::<{ 2 * BLOCK }>(pixels.row(left, top + y, &mut spare)));
        let lumas = if y < BLOCK / 2 { &mut *upper } else { &mut *lower };
        for (row, y) in rows.iter().zip(2 * y % BLOCK..) {
            for (pixels, block) in row.as_chunks::<BLOCK>().0.iter().zip(&mut *lumas) {
                let samples = block[y].as_flattened_mut().iter_mut();
                for (sample, pixel) in samples.zip(pixels.as_flattened()) {
                    *sample = luma(*pixel);
                }
            }
        }
        halve(&rows, &mut blues[y], &mut reds[y]);
    }
}

/// A row of chroma from two of pixels.
#[inline(always)]
fn halve(
    [upper, lower]: &[[[u32; LANES]; 2 * BLOCK]; 2],
    blues: &mut [Lanes; BLOCK],
    reds: &mut [Lanes; BLOCK],
) {
    for x in 0..BLOCK {
        for lane in 0..LANES {
            let four = [upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]];
            let [one, two, three, four] = four.map(|pixels| colors(pixels[lane]));
            let sums = [0, 1, 2].map(|color| one[color] + two[color] + three[color] + four[color]);
            blues[x][lane] = weighed(sums, CHROMA_BLUE);
            reds[x][lane] = weighed(sums, CHROMA_RED);
        }
    }
}
