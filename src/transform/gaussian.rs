//! A Gaussian blur of interleaved samples, in a time that doesn't depend on its deviation. It knows
//! numbers in rows and columns; what they mean is up to the caller.
//!
//! Three extended box filters in a row come close to the bell curve and have exactly its
//! deviation (Gwosdek, Grewenig, Bruhn, Weickert: Theoretical Foundations of Gaussian Convolution
//! by Extended Box Filtering, 2011). `image::imageops::fast_blur` rounds every box up to an odd
//! radius, so that a deviation of 1 becomes 1.4.

/// How many box filters make the curve.
const PASSES: usize = 3;

/// How many neighbouring samples of a row are blurred downwards at once.
const LANES: usize = 16;

/// Blurs rows of `width` pixels of `channels` samples (1 to 4). What is beyond the edge is taken
/// to look like the edge, so nothing darkens there.
pub(super) fn blur(samples: &mut [u16], width: usize, channels: usize, deviation: f32) {
    let kernel = ExtendedBox::new(deviation);
    for row in samples.chunks_exact_mut(width * channels) {
        match channels {
            1 => blur_row::<1>(row, &kernel),
            2 => blur_row::<2>(row, &kernel),
            3 => blur_row::<3>(row, &kernel),
            _ => blur_row::<4>(row, &kernel),
        }
    }
    blur_columns(samples, width * channels, &kernel);
}

/// The middle samples weigh 1, the one beyond them on either side a fraction.
struct ExtendedBox {
    /// How many whole samples there are to either side of the middle.
    reach: usize,
    edge: f32,
    /// One by the sum of all weights.
    scale: f32,
}

impl ExtendedBox {
    /// The filter with which all passes together have this standard deviation.
    fn new(deviation: f32) -> Self {
        let variance = deviation * deviation / PASSES as f32;
        // 2r + 1 equal weights have the variance r(r + 1) / 3.
        let whole = (((12.0 * variance + 1.0).sqrt() - 1.0) / 2.0).floor();
        let inner = whole * (whole + 1.0) * (2.0 * whole + 1.0) / 3.0;
        let missing = variance * (2.0 * whole + 1.0) - inner;
        let edge = missing / (2.0 * ((whole + 1.0).powi(2) - variance));
        Self { reach: whole as usize, edge, scale: 1.0 / (2.0 * (whole + edge) + 1.0) }
    }

    /// How many samples one pass needs on either side.
    fn margin(&self) -> usize {
        self.reach + 1
    }

    /// `line` filtered, and shorter by the margin at both ends.
    fn filter<const N: usize>(&self, line: &[[f32; N]]) -> Vec<[f32; N]> {
        let span = 2 * self.reach + 1;
        let mut sum = [0.0; N];
        for sample in &line[1..=span] {
            for lane in 0..N {
                sum[lane] += sample[lane];
            }
        }
        let leaving = line.iter().zip(&line[1..]);
        let filtered = leaving.zip(&line[span + 1..]).map(|((before, first), after)| {
            let mut mean = [0.0; N];
            for lane in 0..N {
                mean[lane] = self.scale * (sum[lane] + self.edge * (before[lane] + after[lane]));
                sum[lane] += after[lane] - first[lane];
            }
            mean
        });
        filtered.collect()
    }

    /// All passes over a line that is longer than the result by `PASSES` margins at both ends.
    fn blur<const N: usize>(&self, padded: Vec<[f32; N]>) -> Vec<[f32; N]> {
        (0..PASSES).fold(padded, |line, _| self.filter(&line))
    }

    /// The `count` samples that `sample_at` gives, with its first and last repeated at the ends.
    fn pad<const N: usize>(
        &self,
        count: usize,
        sample_at: impl Fn(usize) -> [f32; N],
    ) -> Vec<[f32; N]> {
        let margin = PASSES * self.margin();
        let mut line = Vec::with_capacity(count + 2 * margin);
        line.resize(margin, sample_at(0));
        line.extend((0..count).map(&sample_at));
        line.resize(count + 2 * margin, sample_at(count - 1));
        line
    }
}

fn blur_row<const N: usize>(row: &mut [u16], kernel: &ExtendedBox) {
    let (pixels, _) = row.as_chunks_mut::<N>();
    let line = kernel.pad(pixels.len(), |x| pixels[x].map(f32::from));
    for (pixel, blurred) in pixels.iter_mut().zip(kernel.blur(line)) {
        *pixel = blurred.map(rounded);
    }
}

/// Downwards in strips of neighbouring samples: one sample at a time would wait for memory.
fn blur_columns(samples: &mut [u16], row_length: usize, kernel: &ExtendedBox) {
    let height = samples.len() / row_length;
    for left in (0..row_length).step_by(LANES) {
        let lanes = LANES.min(row_length - left);
        let line = kernel.pad(height, |y| {
            let mut sample = [0.0; LANES];
            let strip = &samples[y * row_length + left..][..lanes];
            sample.iter_mut().zip(strip).for_each(|(lane, value)| *lane = f32::from(*value));
            sample
        });
        for (y, blurred) in kernel.blur(line).into_iter().enumerate() {
            let strip = &mut samples[y * row_length + left..][..lanes];
            strip.iter_mut().zip(blurred).for_each(|(value, lane)| *value = rounded(lane));
        }
    }
}

fn rounded(value: f32) -> u16 {
    // `as` saturates at both ends.
    (value + 0.5) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blur as the textbook has it: a weighted mean over all pixels, clamped at the edges.
    fn textbook(samples: &[u16], width: usize, channels: usize, deviation: f32) -> Vec<u16> {
        let height = samples.len() / width / channels;
        let reach = (4.0 * deviation).ceil() as i32;
        let weight =
            |x: i32, y: i32| (-((x * x + y * y) as f32) / (2.0 * deviation * deviation)).exp();
        let clamp = |at: usize, by: i32, length: usize| {
            (at as i32 + by).clamp(0, length as i32 - 1) as usize
        };
        let mut blurred = Vec::new();
        for index in 0..samples.len() {
            let (x, y) = (index / channels % width, index / channels / width);
            let (mut sum, mut weights) = (0.0, 0.0);
            for dy in -reach..=reach {
                for dx in -reach..=reach {
                    let there = clamp(y, dy, height) * width + clamp(x, dx, width);
                    sum += weight(dx, dy) * f32::from(samples[there * channels + index % channels]);
                    weights += weight(dx, dy);
                }
            }
            blurred.push((sum / weights).round() as u16);
        }
        blurred
    }

    /// Bars, a ramp and dots: hard edges as well as slow ones, up to the border of the picture.
    fn pattern(width: usize, height: usize, channels: usize) -> Vec<u16> {
        let value = |index: usize| {
            let (channel, x, y) =
                (index % channels, index / channels % width, index / channels / width);
            match channel {
                0 => (x / 7 % 2) * 65_025,
                1 => x * 65_025 / width,
                2 => usize::from(x % 11 == 0 && y % 5 == 0) * 65_025,
                _ => (y / 9 % 2) * 40_000 + 20_000,
            }
        };
        (0..width * height * channels).map(|index| value(index) as u16).collect()
    }

    #[test]
    fn it_is_the_textbooks_blur_within_three_percent() {
        for (deviation, channels) in [(0.8, 1), (1.0, 4), (2.5, 3), (6.0, 2)] {
            let (width, height) = (43, 31);
            let sharp = pattern(width, height, channels);
            let mut blurred = sharp.clone();

            blur(&mut blurred, width, channels, deviation);

            let expected = textbook(&sharp, width, channels, deviation);
            let furthest = blurred.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(furthest < Some(1_900), "{furthest:?} of 65025 with {deviation}");
        }
    }

    #[test]
    fn a_point_spreads_with_the_deviation_asked_for() {
        for deviation in [1.0_f32, 1.7, 3.0, 20.0] {
            let width = 201;
            let mut line = vec![0; width];
            line[100] = 65_000;

            blur(&mut line, width, 1, deviation);

            let total: f32 = line.iter().map(|value| f32::from(*value)).sum();
            let spread: f32 = line
                .iter()
                .enumerate()
                .map(|(x, value)| (x as f32 - 100.0).powi(2) * f32::from(*value))
                .sum();
            let measured = (spread / total).sqrt();
            assert!((measured - deviation).abs() < 0.01 * deviation, "{measured} for {deviation}");
        }
    }

    #[test]
    fn flat_colour_stays_as_it_is_even_in_one_pixel() {
        for (width, height) in [(1, 1), (1, 40), (17, 1), (5, 3)] {
            let mut samples = vec![51_000; width * height * 3];
            blur(&mut samples, width, 3, 250.0);
            assert!(samples.iter().all(|value| value.abs_diff(51_000) <= 1));
        }
    }
}
