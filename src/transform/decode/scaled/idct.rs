//! From coefficients to samples: a block of 8x8 coefficients becomes one of 1 to 12 samples a side by the
//! cosines of that size. For fewer than 8 that is the block without its higher frequencies, for more it
//! is interpolated. Knows no Huffman codes and no picture.

/// Dequantised coefficients: a row of eight for each vertical frequency. The ninth takes what isn't
/// wanted.
pub(super) type Block = [[f32; 8]; 9];

/// Computes samples from a block, to rows that are `stride` apart.
pub(super) type Inverse = fn(block: &Block, samples: &mut [f32], stride: usize);

/// By what coefficient `frequency` is multiplied before (T.81, A.3.3), for each of the two directions.
pub(super) fn scale(frequency: usize) -> f32 {
    if frequency == 0 { std::f32::consts::FRAC_1_SQRT_2 / 2.0 } else { 0.5 }
}

/// The functions for blocks of this size, by how many of the lowest frequencies there are at most in
/// both directions: 2, 4, or as many as the size has. `None` for sizes that no scale needs.
pub(super) fn inverses(width: usize, height: usize) -> Option<[Inverse; 3]> {
    Some(match (width, height) {
        (1, 1) => [inverse::<1, 1, 1, 4>; 3],
        (2, 2) => [inverse::<2, 2, 2, 4>; 3],
        (3, 3) => [inverse::<3, 3, 2, 4>, inverse::<3, 3, 3, 4>, inverse::<3, 3, 3, 4>],
        (4, 4) => [inverse::<4, 4, 2, 4>, inverse::<4, 4, 4, 4>, inverse::<4, 4, 4, 4>],
        (6, 6) => [inverse::<6, 6, 2, 8>, inverse::<6, 6, 4, 8>, inverse::<6, 6, 6, 8>],
        (8, 8) => [inverse::<8, 8, 2, 8>, inverse::<8, 8, 4, 8>, inverse::<8, 8, 8, 8>],
        (12, 12) => [inverse::<12, 12, 2, 12>, inverse::<12, 12, 4, 12>, inverse::<12, 12, 8, 12>],
        (2, 1) => [inverse::<2, 1, 2, 4>; 3],
        (1, 2) => [inverse::<1, 2, 2, 4>; 3],
        (4, 2) => [inverse::<4, 2, 4, 4>; 3],
        (2, 4) => [inverse::<2, 4, 4, 4>; 3],
        (6, 3) => [inverse::<6, 3, 2, 8>, inverse::<6, 3, 4, 8>, inverse::<6, 3, 6, 8>],
        (3, 6) => [inverse::<3, 6, 2, 4>, inverse::<3, 6, 4, 4>, inverse::<3, 6, 6, 4>],
        (8, 4) => [inverse::<8, 4, 2, 8>, inverse::<8, 4, 4, 8>, inverse::<8, 4, 8, 8>],
        (4, 8) => [inverse::<4, 8, 2, 4>, inverse::<4, 8, 4, 4>, inverse::<4, 8, 8, 4>],
        (12, 6) => [inverse::<12, 6, 2, 12>, inverse::<12, 6, 4, 12>, inverse::<12, 6, 8, 12>],
        (6, 12) => [inverse::<6, 12, 2, 8>, inverse::<6, 12, 4, 8>, inverse::<6, 12, 8, 8>],
        _ => return None,
    })
}

/// The cosine of `steps` times a 48th of half a turn: all angles of all sizes are among them.
const fn cosine(steps: usize) -> f32 {
    /// Of a single step.
    const ONE: f64 = 0.997_858_923_238_603_5;
    // cos(n + 1) = 2 cos(1) cos(n) - cos(n - 1), from -1 and 0 on; 96 steps are a whole turn.
    let (mut before, mut here) = (ONE, 1.0);
    let mut at = 0;
    while at < steps % 96 {
        (before, here) = (here, 2.0 * ONE * here - before);
        at += 1;
    }
    here as f32
}

/// For each frequency, what it adds to each of `SIDE` samples. Frequencies that a smaller size doesn't
/// have add nothing; nor do samples that only fill up the lanes.
struct Cosines<const SIDE: usize, const LANES: usize>;

impl<const SIDE: usize, const LANES: usize> Cosines<SIDE, LANES> {
    const OF: [[f32; LANES]; 8] = {
        let mut of = [[0.0; LANES]; 8];
        let mut frequency = 0;
        while frequency < 8 && frequency < SIDE {
            let mut sample = 0;
            while sample < SIDE {
                of[frequency][sample] = cosine((2 * sample + 1) * frequency * (24 / SIDE));
                sample += 1;
            }
            frequency += 1;
        }
        of
    };
}

/// Samples of a block of which the `IN` lowest frequencies count; rows are computed in `LANES`, which is
/// `WIDTH` or a little more.
fn inverse<const WIDTH: usize, const HEIGHT: usize, const IN: usize, const LANES: usize>(
    block: &Block,
    samples: &mut [f32],
    stride: usize,
) {
    let mut columns = [[0.0; IN]; HEIGHT];
    for sample in 0..HEIGHT.div_ceil(2) {
        let (mut even, mut odd) = ([0.0; IN], [0.0; IN]);
        for frequency in (0..IN).step_by(2) {
            let cosine = Cosines::<HEIGHT, HEIGHT>::OF[frequency][sample];
            for lane in 0..IN {
                even[lane] += block[frequency][lane] * cosine;
            }
        }
        for frequency in (1..IN).step_by(2) {
            let cosine = Cosines::<HEIGHT, HEIGHT>::OF[frequency][sample];
            for lane in 0..IN {
                odd[lane] += block[frequency][lane] * cosine;
            }
        }
        // Mirrored samples differ in the sign of the odd frequencies.
        for lane in 0..IN {
            columns[HEIGHT - 1 - sample][lane] = even[lane] - odd[lane];
            columns[sample][lane] = even[lane] + odd[lane];
        }
    }
    for (row, column) in columns.iter().enumerate() {
        let mut sums = [0.0; LANES];
        for (coefficient, cosines) in column.iter().zip(&Cosines::<WIDTH, LANES>::OF) {
            for lane in 0..LANES {
                sums[lane] += coefficient * cosines[lane];
            }
        }
        samples[row * stride..][..WIDTH].copy_from_slice(&sums[..WIDTH]);
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    /// Straight from the formula (T.81, A.3.3), for blocks of any size.
    fn by_formula(block: &Block, x: (usize, usize), y: (usize, usize), frequencies: usize) -> f64 {
        let cosine = |frequency: usize, (sample, side): (usize, usize)| {
            if frequency >= side {
                return 0.0;
            }
            ((2 * sample + 1) as f64 * frequency as f64 * PI / (2 * side) as f64).cos()
        };
        (0..frequencies.pow(2))
            .map(|at| (at % frequencies, at / frequencies))
            .map(|(u, v)| f64::from(block[v][u]) * cosine(u, x) * cosine(v, y))
            .sum()
    }

    #[test]
    fn all_sizes_follow_the_formula() {
        let mut luck = 1_u32;
        let mut block = Block::default();
        for coefficient in block[..8].as_flattened_mut() {
            luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *coefficient = (luck >> 24) as f32 - 128.0;
        }
        let sizes = (1..=12).flat_map(|width| (1..=12).map(move |height| (width, height)));
        let sizes: Vec<_> = sizes.filter(|(w, h)| inverses(*w, *h).is_some()).collect();
        assert_eq!(sizes.len(), 17);
        for (width, height) in sizes {
            for (inverse, frequencies) in
                inverses(width, height).unwrap().into_iter().zip([2, 4, 8])
            {
                let mut limited = block;
                for (v, row) in limited.iter_mut().enumerate() {
                    let kept = if v < frequencies { frequencies } else { 0 };
                    row[kept..].fill(0.0);
                }
                let mut samples = vec![0.0; 12 * 16];
                inverse(&limited, &mut samples, 16);
                for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
                    let expected = by_formula(&limited, (x, width), (y, height), frequencies);
                    let difference = (f64::from(samples[y * 16 + x]) - expected).abs();
                    assert!(difference < 0.01, "{difference} {width}x{height}");
                }
            }
        }
    }
}
