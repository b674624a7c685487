//! Luma and chroma to red, green and blue: any bit depth, matrix, range and chroma subsampling
//! (ITU-T H.273 §8.3).

use std::ops::Range;

use crate::transform::values::Size;

/// A picture as video keeps it.
pub(super) struct Planes<'a> {
    pub(super) size: Size,
    /// Bits of a sample. Above 8, one takes two bytes, in the machine's own order.
    pub(super) depth: u32,
    pub(super) luma: Samples<'a>,
    /// Blue and red difference; nothing for grey pictures.
    pub(super) chroma: Option<[Samples<'a>; 2]>,
    /// Luma samples for each chroma sample, side by side and one below the other: 1 or 2.
    pub(super) across: u32,
    pub(super) down: u32,
}

/// One plane's rows, `stride` bytes from one to the next.
#[derive(Default)]
pub(super) struct Samples<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) stride: usize,
}

/// How luma and chroma stand for red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Matrix {
    /// The shares of red and blue in luma.
    Shares(f32, f32),
    /// Green, blue and red themselves.
    Identity,
    YCgCo,
}

impl Matrix {
    /// By matrix coefficients. `None` for those that stills don't use.
    pub(super) fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            0 => Self::Identity,
            1 => Self::Shares(0.2126, 0.0722),
            4 => Self::Shares(0.30, 0.11),
            // Unspecified is taken for BT.601, as libavif does.
            2 | 5 | 6 => Self::Shares(0.299, 0.114),
            7 => Self::Shares(0.212, 0.087),
            8 => Self::YCgCo,
            9 => Self::Shares(0.2627, 0.0593),
            _ => return None,
        })
    }

    fn rgb(self, [y, u, v]: [f32; 3]) -> [f32; 3] {
        match self {
            Self::Identity => [v, y, u],
            Self::YCgCo => [y - u + v, y + u, y - u - v],
            Self::Shares(red, blue) => {
                let (r, b) = (y + 2.0 * (1.0 - red) * v, y + 2.0 * (1.0 - blue) * u);
                [r, (y - red * r - blue * b) / (1.0 - red - blue), b]
            }
        }
    }
}

/// A channel of a pixel: 0 to 255 or 0 to 65,535.
pub(super) trait Sample: image::Primitive {
    fn from_unit(value: f32) -> Self;
}

impl Sample for u8 {
    fn from_unit(value: f32) -> Self {
        // `as` saturates.
        (value * 255.0 + 0.5) as Self
    }
}

impl Sample for u16 {
    fn from_unit(value: f32) -> Self {
        (value * 65_535.0 + 0.5) as Self
    }
}

impl Planes<'_> {
    /// One row as grey or RGB, whichever the picture is.
    pub(super) fn convert_row<S: Sample>(
        &self,
        row: u32,
        matrix: Matrix,
        full_range: bool,
        out: &mut Vec<S>,
    ) {
        out.clear();
        let [luma_levels, chroma_levels] = self.levels(matrix, full_range);
        let luma = self.read(&self.luma, row, self.size.width, luma_levels);
        let Some(chroma) = &self.chroma else {
            return out.extend(luma.into_iter().map(S::from_unit));
        };
        let [u, v] = chroma.each_ref().map(|plane| self.read_chroma(plane, row, chroma_levels));
        for (y, (u, v)) in luma.into_iter().zip(u.into_iter().zip(v)) {
            out.extend(matrix.rgb([y, u, v]).map(S::from_unit));
        }
    }

    /// Where luma and chroma are zero, and how far it is to one.
    fn levels(&self, matrix: Matrix, full_range: bool) -> [(f32, f32); 2] {
        let unit = (1 << (self.depth - 8)) as f32;
        let full = ((1 << self.depth) - 1) as f32;
        let luma = if full_range { (0.0, full) } else { (16.0 * unit, 219.0 * unit) };
        let chroma_span = if full_range { full } else { 224.0 * unit };
        match matrix {
            Matrix::Identity => [luma, luma],
            _ => [luma, (128.0 * unit, chroma_span)],
        }
    }

    fn read(&self, plane: &Samples, row: u32, width: u32, (zero, span): (f32, f32)) -> Vec<f32> {
        let scale = |sample: f32| (sample - zero) / span;
        let bytes = plane.bytes.get(row as usize * plane.stride..).unwrap_or_default();
        let width = width as usize;
        if self.depth == 8 {
            return bytes.iter().take(width).map(|byte| scale(f32::from(*byte))).collect();
        }
        let samples = bytes.as_chunks().0.iter().take(width);
        samples.map(|pair| scale(f32::from(u16::from_ne_bytes(*pair)))).collect()
    }

    /// A row of chroma at luma's width, from the nearest samples by their distance. Chroma is taken
    /// to lie in the middle of its luma samples, as libavif does.
    fn read_chroma(&self, plane: &Samples, row: u32, levels: (f32, f32)) -> Vec<f32> {
        let width = self.size.width.div_ceil(self.across);
        let mut chroma = self.read(plane, row / self.down, width, levels);
        if self.down == 2 {
            let rows = self.size.height.div_ceil(2);
            let other = neighbour(row as usize, 0..rows as usize);
            let other = self.read(plane, other as u32, width, levels);
            chroma.iter_mut().zip(other).for_each(|(near, far)| *near = mixed(*near, far));
        }
        if self.across == 1 {
            return chroma;
        }
        let at = |x: usize| mixed(chroma[x / 2], chroma[neighbour(x, 0..chroma.len())]);
        (0..self.size.width as usize).map(at).collect()
    }
}

fn mixed(near: f32, far: f32) -> f32 {
    0.75 * near + 0.25 * far
}

/// The second nearest chroma sample of a luma sample.
fn neighbour(luma: usize, chroma: Range<usize>) -> usize {
    let nearest = luma / 2;
    if luma.is_multiple_of(2) {
        nearest.saturating_sub(1)
    } else {
        (nearest + 1).min(chroma.end - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(matrix: Matrix, full_range: bool, depth: u32, yuv: [u16; 3]) -> [u8; 3] {
        let bytes: Vec<u8> = match depth {
            8 => yuv.iter().map(|sample| *sample as u8).collect(),
            _ => yuv.iter().flat_map(|sample| sample.to_ne_bytes()).collect(),
        };
        let (luma, chroma) = bytes.split_at(bytes.len() / 3);
        let (u, v) = chroma.split_at(luma.len());
        let samples = |bytes| Samples { bytes, stride: luma.len() };
        let size = Size { width: 1, height: 1 };
        let (luma, chroma) = (samples(luma), Some([samples(u), samples(v)]));
        let planes = Planes { size, depth, luma, chroma, across: 1, down: 1 };
        let mut row = Vec::new();
        planes.convert_row(0, matrix, full_range, &mut row);
        row.try_into().unwrap()
    }

    #[test]
    fn every_matrix_and_range_gives_the_colour_back() {
        let bt709 = Matrix::from_code(1).unwrap();
        let bt601 = Matrix::from_code(6).unwrap();
        for (matrix, full_range, depth, yuv, expected) in [
            (bt601, true, 8, [76, 85, 255], [254, 0, 0]),
            (bt601, false, 8, [81, 90, 240], [254, 0, 0]),
            (bt709, false, 8, [63, 102, 240], [255, 1, 0]),
            (bt709, false, 10, [940, 512, 512], [255, 255, 255]),
            (bt709, true, 12, [4095, 2048, 2048], [255, 255, 255]),
            (Matrix::Identity, true, 8, [10, 20, 30], [30, 10, 20]),
            (Matrix::YCgCo, true, 8, [128, 255, 128], [1, 255, 1]),
        ] {
            let rgb = shown(matrix, full_range, depth, yuv);
            let close = rgb.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1);
            assert!(close, "{matrix:?} {full_range} {yuv:?}: {rgb:?}");
        }
    }

    #[test]
    fn chroma_goes_over_smoothly() {
        let (luma, blue) = ([128; 8], [128, 192]);
        let samples = |bytes, stride| Samples { bytes, stride };
        let chroma = Some([samples(&blue, 2), samples(&[128, 128], 2)]);
        let size = Size { width: 4, height: 2 };
        let planes = Planes { size, depth: 8, luma: samples(&luma, 4), chroma, across: 2, down: 2 };
        let mut row: Vec<u8> = Vec::new();
        planes.convert_row(1, Matrix::from_code(6).unwrap(), true, &mut row);

        let blue: Vec<_> = row.chunks(3).map(|pixel| pixel[2]).collect();
        assert_eq!(blue, [128, 156, 213, 241]);
    }
}
