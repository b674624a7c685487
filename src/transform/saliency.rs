//! `gravity=auto` and `gravity=entropy`: where to put a crop window so that it shows what matters.
//! Both look at a small copy, always give the same answer, and know no pixel sizes: a window is a
//! share of the frame, and a place is a share of the room that the window has to move.

use image::DynamicImage;

use super::small_copy::small_copy;

/// The longest side of the copy that is looked at.
const COPY: u32 = 192;

/// At how many places along an axis the entropy of a window is measured.
const STEPS: u32 = 32;

/// Luma values are told apart this finely when entropy is counted: noise isn't information.
const BINS: usize = 64;

/// Lightness, the two colour axes of CIELAB, and coverage on the same scale.
type Features = [f32; 4];

/// The place of the window that holds most of what stands out, each axis from 0 (left, top) to 1.
/// `window` is its share of the frame's width and height. The middle, if nothing stands out.
///
/// The service's saliency is documented as maximum symmetric surround (Achanta and Süsstrunk:
/// Saliency Detection Using Maximum Symmetric Surround, 2010): a pixel stands out by its colour's
/// distance from the mean of the largest area around it that is centred on it.
pub(super) fn most_salient(frame: &DynamicImage, window: (f64, f64)) -> (f64, f64) {
    let copy = small_copy(frame, COPY);
    let search = Search::new((copy.width(), copy.height()), window);
    let sums = Integral::new(search.frame.0, &saliency(&copy));
    let (width, height) = search.window;
    search.best(1, |left, top| {
        let [all] = sums.over(left, top, width, height);
        // What is in the middle counts twice: it should not end up at the window's edge.
        let [middle] = sums.over(left + width / 4, top + height / 4, width / 2, height / 2);
        all + middle
    })
}

/// Like `most_salient`, for the window with the most information: the highest Shannon entropy of
/// its luma.
pub(super) fn highest_entropy(frame: &DynamicImage, window: (f64, f64)) -> (f64, f64) {
    let copy = small_copy(frame, COPY).to_luma8();
    let search = Search::new(copy.dimensions(), window);
    let (width, height) = search.window;
    let step = search.room().0.max(search.room().1).div_ceil(STEPS).max(1);
    search.best(step, |left, top| {
        let mut counts = [0_u32; BINS];
        for row in
            copy.chunks_exact(search.frame.0 as usize).skip(top as usize).take(height as usize)
        {
            for luma in &row[left as usize..][..width as usize] {
                counts[usize::from(*luma) * BINS / 256] += 1;
            }
        }
        entropy(&counts)
    })
}

/// How much every pixel stands out.
fn saliency(copy: &DynamicImage) -> Vec<[f64; 1]> {
    let (width, height) = (copy.width(), copy.height());
    let features: Vec<Features> = copy.to_rgba8().pixels().map(|pixel| features(pixel.0)).collect();
    let sums = Integral::new(width, &features.iter().map(|f| f.map(f64::from)).collect::<Vec<_>>());
    let salient = features.iter().enumerate().map(|(index, own)| {
        let (x, y) = (index as u32 % width, index as u32 / width);
        let (across, down) = (x.min(width - 1 - x), y.min(height - 1 - y));
        let (wide, high) = (2 * across + 1, 2 * down + 1);
        let around = sums.over(x - across, y - down, wide, high);
        let area = f64::from(wide * high);
        let distance: f64 =
            own.iter().zip(around).map(|(own, sum)| (f64::from(*own) - sum / area).powi(2)).sum();
        // What can't be seen doesn't stand out.
        [distance * f64::from(own[3]) / 100.0]
    });
    salient.collect()
}

fn entropy(counts: &[u32]) -> f64 {
    let total = f64::from(counts.iter().sum::<u32>());
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    shares.map(|share| -share * share.log2()).sum()
}

/// sRGB to CIELAB with the white point D65.
fn features([red, green, blue, alpha]: [u8; 4]) -> Features {
    let [red, green, blue] = [red, green, blue].map(linear);
    let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
    let y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
    let [x, y, z] = [x, y, z]
        .map(|light| if light > 0.008_856 { light.cbrt() } else { 7.787 * light + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z), f32::from(alpha) / 2.55]
}

fn linear(value: u8) -> f32 {
    let value = f32::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Sums of all that is above and to the left, from which the sum over any rectangle is four
/// look-ups away.
struct Integral<const N: usize> {
    sums: Vec<[f64; N]>,
    row_length: usize,
}

impl<const N: usize> Integral<N> {
    fn new(width: u32, values: &[[f64; N]]) -> Self {
        let row_length = width as usize + 1;
        let mut sums = vec![[0.0; N]; row_length];
        for row in values.chunks_exact(width as usize) {
            let mut so_far = [0.0; N];
            sums.push(so_far);
            for value in row {
                let above = sums[sums.len() - row_length];
                so_far = std::array::from_fn(|i| so_far[i] + value[i]);
                sums.push(std::array::from_fn(|i| so_far[i] + above[i]));
            }
        }
        Self { sums, row_length }
    }

    fn over(&self, left: u32, top: u32, width: u32, height: u32) -> [f64; N] {
        let at = |x: u32, y: u32| self.sums[y as usize * self.row_length + x as usize];
        let (right, bottom) = (left + width, top + height);
        let (all, beside) = (at(right, bottom), at(left, bottom));
        let (above, corner) = (at(right, top), at(left, top));
        std::array::from_fn(|i| all[i] - beside[i] - above[i] + corner[i])
    }
}

/// A window of a fixed size and the frame it moves about in, both in pixels of the copy.
struct Search {
    frame: (u32, u32),
    window: (u32, u32),
}

impl Search {
    fn new(frame: (u32, u32), share: (f64, f64)) -> Self {
        let side =
            |side: u32, share: f64| ((f64::from(side) * share).round() as u32).clamp(1, side);
        Self { frame, window: (side(frame.0, share.0), side(frame.1, share.1)) }
    }

    /// How far the window can move.
    fn room(&self) -> (u32, u32) {
        (self.frame.0 - self.window.0, self.frame.1 - self.window.1)
    }

    /// The place with the highest score; of those that are as good, the one nearest the middle.
    fn best(&self, step: u32, score: impl Fn(u32, u32) -> f64) -> (f64, f64) {
        let (across, down) = self.room();
        let place =
            |at: u32, room: u32| if room == 0 { 0.5 } else { f64::from(at) / f64::from(room) };
        let off_centre =
            |x: u32, y: u32| (place(x, across) - 0.5).powi(2) + (place(y, down) - 0.5).powi(2);
        let mut places: Vec<_> = positions(down, step)
            .flat_map(|y| positions(across, step).map(move |x| (x, y)))
            .collect();
        places.sort_by(|a, b| off_centre(a.0, a.1).total_cmp(&off_centre(b.0, b.1)));
        let (mut best, mut highest) = ((0.5, 0.5), score(across / 2, down / 2));
        for (x, y) in places {
            let score = score(x, y);
            // The sums differ in their last digits even where the picture doesn't.
            if score > highest + highest.abs() * 1e-6 + 1e-6 {
                (best, highest) = ((place(x, across), place(y, down)), score);
            }
        }
        best
    }
}

/// Every `step`th position and the last.
fn positions(room: u32, step: u32) -> impl Iterator<Item = u32> {
    (0..room).step_by(step as usize).chain([room])
}

#[cfg(test)]
mod tests {
    use image::{GenericImageView, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// A dot on a soft gradient, 300x200.
    fn dot(at: (i32, i32)) -> DynamicImage {
        let picture = RgbImage::from_fn(300, 200, |x, y| {
            let (dx, dy) = (x as i32 - at.0, y as i32 - at.1);
            if dx * dx + dy * dy < 15 * 15 {
                Rgb([230, 40, 30])
            } else {
                Rgb([90, (100 + y / 8) as u8, 150])
            }
        });
        picture.into()
    }

    /// How far the middle of the window is from the dot, in widths of the window.
    fn miss(at: i32, side: f64, share: f64, place: f64) -> f64 {
        let middle = place * (1.0 - share) * side + share * side / 2.0;
        (middle - f64::from(at)).abs() / (share * side)
    }

    #[test]
    fn the_window_goes_where_the_dot_is() {
        for at in [(60, 100), (150, 100), (230, 100)] {
            let (x, y) = most_salient(&dot(at), (0.4, 1.0));
            assert!(miss(at.0, 300.0, 0.4, x) < 0.2, "{x} for {at:?}");
            assert_eq!(y, 0.5);
        }
        for at in [(150, 40), (150, 160)] {
            let (x, y) = most_salient(&dot(at), (0.5, 0.3));
            assert!(miss(at.0, 300.0, 0.5, x) < 0.2 && miss(at.1, 200.0, 0.3, y) < 0.4, "{x} {y}");
        }
    }

    #[test]
    fn the_middle_is_taken_where_nothing_stands_out() {
        let flat = RgbImage::from_pixel(320, 100, Rgb([70, 90, 120])).into();

        assert_eq!(most_salient(&flat, (0.3, 0.5)), (0.5, 0.5));
        assert_eq!(highest_entropy(&flat, (0.3, 0.5)), (0.5, 0.5));
    }

    #[test]
    fn a_window_as_large_as_the_frame_has_no_choice() {
        assert_eq!(most_salient(&dot((40, 40)), (1.0, 1.0)), (0.5, 0.5));
        assert_eq!(highest_entropy(&dot((40, 40)), (1.0, 1.0)), (0.5, 0.5));
        assert_eq!(most_salient(&RgbImage::new(1, 1).into(), (0.1, 0.1)), (0.5, 0.5));
    }

    #[test]
    fn what_is_clear_does_not_stand_out() {
        let picture = RgbaImage::from_fn(200, 50, |x, _| match x {
            20..40 => Rgba([255, 0, 0, 0]),
            150..170 => Rgba([255, 255, 255, 255]),
            _ => Rgba([255, 255, 255, 0]),
        });

        let (x, _) = most_salient(&picture.into(), (0.25, 1.0));

        assert!(miss(160, 200.0, 0.25, x) < 0.2, "{x}");
    }

    #[test]
    fn the_busy_end_has_the_higher_entropy() {
        for busy in [0..90, 210..300] {
            let picture = RgbImage::from_fn(300, 100, |x, y| {
                let value = if busy.contains(&x) { (x * 37 + y * 91) % 256 } else { 128 };
                Rgb([value as u8; 3])
            });
            let expected = if busy.start == 0 { 0.0 } else { 1.0 };

            let (x, y) = highest_entropy(&picture.into(), (0.3, 1.0));

            assert!((x - expected).abs() < 0.05 && y == 0.5, "{x} for {busy:?}");
        }
    }

    #[test]
    fn saliency_is_the_distance_from_the_symmetric_surround() {
        let picture = DynamicImage::from(RgbaImage::from_fn(13, 9, |x, y| {
            Rgba([(x * 19) as u8, (y * 28) as u8, ((x ^ y) * 16) as u8, 255])
        }));
        let feature = |x: u32, y: u32| features(picture.get_pixel(x, y).0);

        for (index, [salient]) in saliency(&picture).into_iter().enumerate() {
            let (x, y) = (index as u32 % 13, index as u32 / 13);
            let (across, down) = (x.min(12 - x), y.min(8 - y));
            let around: Vec<_> = (y - down..=y + down)
                .flat_map(|v| (x - across..=x + across).map(move |u| (u, v)))
                .map(|(u, v)| feature(u, v))
                .collect();
            let mean = |i: usize| around.iter().map(|f| f[i]).sum::<f32>() / around.len() as f32;
            let expected: f32 = (0..4).map(|i| (feature(x, y)[i] - mean(i)).powi(2)).sum();
            assert!((salient - f64::from(expected)).abs() < 0.01 * (1.0 + salient), "{x},{y}");
        }
    }

    #[test]
    fn white_and_red_have_their_places_in_cielab() {
        let close = |rgb: [u8; 3], lab: [f32; 3]| {
            let found = features([rgb[0], rgb[1], rgb[2], 255]);
            assert!((0..3).all(|i| (found[i] - lab[i]).abs() < 0.3), "{found:?}");
        };
        close([255, 255, 255], [100.0, 0.0, 0.0]);
        close([0, 0, 0], [0.0, 0.0, 0.0]);
        close([255, 0, 0], [53.2, 80.1, 67.2]);
    }
}
