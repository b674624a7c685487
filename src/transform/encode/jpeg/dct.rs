//! From samples to frequencies, by the fewest multiplications (Arai, Agui and Nakajima 1988; Pennebaker and
//! Mitchell, JPEG, 4.3.5). What that makes each coefficient too large by, is divided off when it is quantised.

use super::{
    samples::{Block, LANES},
    units::BLOCK,
};

/// What the coefficients of a line of eight are too large by, for each of the two directions: the root of
/// 8, then four times the cosine of as many 16ths of half a turn.
pub(super) const EXCESS: [f64; BLOCK] = [
    2.828_427_124_746_19,
    3.923_141_121_612_922,
    3.695_518_130_045_147,
    3.325_878_449_210_181,
    2.828_427_124_746_19,
    2.222_280_932_078_409,
    1.530_733_729_460_359,
    0.780_361_288_064_513,
];

/// Numbers of a row of a block.
const ROW: usize = BLOCK * LANES;

/// Makes of a block its coefficients. Those of one frequency across are in one row.
pub(super) fn forward(block: &mut Block) {
    columns(block);
    turn(block);
    columns(block);
}

/// Makes columns of rows.
fn turn(block: &mut Block) {
    for (y, x) in (1..BLOCK).flat_map(|y| (0..y).map(move |x| (y, x))) {
        (block[y][x], block[x][y]) = (block[x][y], block[y][x]);
    }
}

/// Makes each column's samples its frequencies.
fn columns(block: &mut Block) {
    let [a, b, c, d, e, f, g, h] = block
        .each_mut()
        .map(|row| row.as_flattened_mut().first_chunk_mut::<ROW>().expect("it is a row"));
    for at in 0..ROW {
        let samples = [a[at], b[at], c[at], d[at], e[at], f[at], g[at], h[at]];
        [a[at], b[at], c[at], d[at], e[at], f[at], g[at], h[at]] = line(samples);
    }
}

#[inline(always)]
fn line([a, b, c, d, e, f, g, h]: [f32; BLOCK]) -> [f32; BLOCK] {
    const COS_2: f32 = 0.923_879_5;
    const COS_4: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const COS_6: f32 = 0.382_683_43;

    // Even frequencies see sums of mirrored samples, odd ones differences.
    let (sum_0, sum_1, sum_2, sum_3) = (a + h, b + g, c + f, d + e);
    let (difference_0, difference_1, difference_2, difference_3) = (a - h, b - g, c - f, d - e);

    let (outer, inner) = (sum_0 + sum_3, sum_1 + sum_2);
    let (rise, bend) = (sum_0 - sum_3, sum_1 - sum_2);
    let turned = (rise + bend) * COS_4;

    let (low, middle, high) =
        (difference_3 + difference_2, difference_2 + difference_1, difference_1 + difference_0);
    let both = (low - high) * COS_6;
    let low = low * (COS_2 - COS_6) + both;
    let high = high * (COS_2 + COS_6) + both;
    let (sum, difference) = (difference_0 + middle * COS_4, difference_0 - middle * COS_4);

    [
        outer + inner,
        sum + high,
        rise + turned,
        difference - low,
        outer - inner,
        difference + low,
        rise - turned,
        sum - high,
    ]
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use super::*;

    #[test]
    fn coefficients_are_those_of_the_definition() {
        let mut luck = 5_u32;
        let samples: Block = from_fn(|_| {
            from_fn(|_| {
                from_fn(|_| {
                    luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (luck >> 24) as f32 - 128.0
                })
            })
        });
        let mut block = samples;
        forward(&mut block);
        // T.81, A.3.3.
        let cosine = |at: usize, frequency: usize| {
            let scale = if frequency == 0 { 0.5 / f64::sqrt(2.0) } else { 0.5 };
            (((2 * at + 1) * frequency) as f64 * std::f64::consts::PI / 16.0).cos() * scale
        };
        for (v, u) in (0..BLOCK).flat_map(|v| (0..BLOCK).map(move |u| (v, u))) {
            for lane in 0..LANES {
                let mut sum = 0.0;
                for (y, x) in (0..BLOCK).flat_map(|y| (0..BLOCK).map(move |x| (y, x))) {
                    sum += f64::from(samples[y][x][lane]) * cosine(x, u) * cosine(y, v);
                }
                let ours = f64::from(block[u][v][lane]) / (EXCESS[u] * EXCESS[v]);
                assert!((ours - sum).abs() < 1e-3, "{ours} {sum} at {v} {u}");
            }
        }
    }
}
