//! RGBA pixels as the planes that AV1 compresses: lightness and colour (BT.601, full range) and
//! alpha, 10 bits a sample. More bits than the source has: AV1's rounding then costs less.

use image::RgbaImage;

pub(super) const BITS: u8 = 10;

const MOST: f32 = ((1 << BITS) - 1) as f32;
const MIDDLE: f32 = (1 << (BITS - 1)) as f32;

/// What red, green and blue weigh.
const LIGHTNESS: [f32; 3] = [0.299, 0.587, 0.114];

/// How finely the two planes of colour are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chroma {
    /// 4:4:4.
    Full,
    /// 4:2:0: one sample for two by two pixels.
    Halved,
}

/// One channel, row by row.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) samples: Vec<u16>,
}

/// Y, Cb and Cr. What can't be seen has the mean colour of what can, which takes the fewest bytes,
/// and gives nothing to the colours of its neighbours.
pub(super) fn color(frame: &RgbaImage, chroma: Chroma) -> [Plane; 3] {
    let hidden = mean(frame);
    let pixels = frame.pixels().map(|pixel| match pixel.0 {
        [.., 0] => (hidden, 0.0),
        [r, g, b, alpha] => (ycbcr([r, g, b].map(f32::from)), f32::from(alpha)),
    });
    let pixels: Vec<_> = pixels.collect();
    let width = frame.width() as usize;
    [0, 1, 2].map(|channel| match (channel, chroma) {
        (1 | 2, Chroma::Halved) => halved(&pixels, width, channel),
        _ => Plane {
            width,
            samples: pixels.iter().map(|(color, _)| sample(color[channel])).collect(),
        },
    })
}

/// Nothing where every pixel is opaque.
pub(super) fn alpha(frame: &RgbaImage) -> Option<Plane> {
    let is_opaque = frame.pixels().all(|pixel| pixel.0[3] == 255);
    let samples = frame.pixels().map(|pixel| sample(f32::from(pixel.0[3]) * MOST / 255.0));
    (!is_opaque).then(|| Plane { width: frame.width() as usize, samples: samples.collect() })
}

fn mean(frame: &RgbaImage) -> [f32; 3] {
    let (mut sum, mut weights) = ([0; 3], 0);
    for [r, g, b, alpha] in frame.pixels().map(|pixel| pixel.0.map(u64::from)) {
        weights += alpha;
        sum = [sum[0] + r * alpha, sum[1] + g * alpha, sum[2] + b * alpha];
    }
    ycbcr(sum.map(|sum| sum as f32 / weights.max(1) as f32))
}

fn ycbcr(rgb: [f32; 3]) -> [f32; 3] {
    let [r, g, b] = rgb.map(|channel| channel * MOST / 255.0);
    let y = LIGHTNESS[0] * r + LIGHTNESS[1] * g + LIGHTNESS[2] * b;
    let cb = (b - y) / 2.0 / (1.0 - LIGHTNESS[2]);
    let cr = (r - y) / 2.0 / (1.0 - LIGHTNESS[0]);
    [y, cb + MIDDLE, cr + MIDDLE]
}

/// Means of two by two pixels, each by its alpha. An odd last row or column stands alone.
fn halved(pixels: &[([f32; 3], f32)], width: usize, channel: usize) -> Plane {
    let row_pairs = pixels.chunks(2 * width);
    let samples = row_pairs.flat_map(|rows| {
        (0..width).step_by(2).map(move |x| {
            let block = rows.chunks(width).flat_map(|row| &row[x..(x + 2).min(width)]);
            let (mut sum, mut weights) = (0.0, 0.0);
            for (color, weight) in block {
                sum += color[channel] * weight;
                weights += weight;
            }
            let hidden = rows[x].0[channel];
            sample(if weights > 0.0 { sum / weights } else { hidden })
        })
    });
    Plane { width: width.div_ceil(2), samples: samples.collect() }
}

fn sample(value: f32) -> u16 {
    value.round().clamp(0.0, MOST) as u16
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn grey_has_lightness_alone() {
        let grey = |x, _| {
            let value = [0, 128, 255][x as usize];
            Rgba([value, value, value, 255])
        };
        let greys = RgbaImage::from_fn(3, 1, grey);
        let planes = color(&greys, Chroma::Full);
        assert_eq!(planes[0].samples, [0, 514, 1023]);
        assert_eq!(planes[1].samples, [512; 3]);
        assert_eq!(planes[2].samples, [512; 3]);
    }

    #[test]
    fn an_odd_last_row_and_column_have_colors_too() {
        let planes = color(&RgbaImage::from_pixel(5, 3, Rgba([255, 0, 0, 255])), Chroma::Halved);
        assert_eq!(planes[0].samples, [306; 15]);
        assert_eq!(planes[1].samples, [339; 6]);
        assert_eq!(planes[2].samples, [1023; 6]);
    }

    #[test]
    fn the_color_of_what_is_hidden_goes_nowhere() {
        let red = |x, _| if x == 0 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) };
        let planes = color(&RgbaImage::from_fn(4, 2, red), Chroma::Halved);
        assert_eq!(planes[0].samples, [306; 8]);
        assert_eq!(planes[1].samples, [339; 2]);
        assert_eq!(planes[2].samples, [1023; 2]);
    }

    #[test]
    fn only_what_is_not_opaque_has_alpha() {
        let with = |alpha| RgbaImage::from_pixel(2, 1, Rgba([1, 2, 3, alpha]));
        assert!(alpha(&with(255)).is_none());
        assert_eq!(alpha(&with(128)).unwrap().samples, [514, 514]);
    }
}
