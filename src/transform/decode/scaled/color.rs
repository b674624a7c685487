//! Rows of samples to pixels (JFIF 1.02). Plain arithmetic on slices that the compiler makes several at a
//! time of; knows no blocks.

/// Added to a number from 0 to 255 it leaves the nearest whole one in the lowest byte: the mantissa has
/// no room for halves.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn byte(sample: f32) -> u32 {
    // Not `clamp`, whose care for what is no number costs instructions.
    let sample = if sample > 0.0 { sample } else { 0.0 };
    let sample = if sample < 255.0 { sample } else { 255.0 };
    (sample + ROUND).to_bits() & 0xff
}

/// Red in the lowest byte.
#[inline(always)]
fn rgb(luma: f32, blue: f32, red: f32) -> u32 {
    let (blue, red) = (blue - 128.0, red - 128.0);
    let green = luma - 0.344_136_3 * blue - 0.714_136_3 * red;
    byte(luma + 1.402 * red) | byte(green) << 8 | byte(luma + 1.772 * blue) << 16
}

/// A row of luma and both chromas, which are at least as long as the row of RGB.
pub(super) fn write_rgb([luma, blue, red]: [&[f32]; 3], row: &mut [u8]) {
    let (pixels, rest) = row.as_chunks_mut::<12>();
    let done = pixels.len() * 4;
    let fours =
        luma.as_chunks::<4>().0.iter().zip(blue.as_chunks::<4>().0).zip(red.as_chunks::<4>().0);
    for (out, ((luma, blue), red)) in pixels.iter_mut().zip(fours) {
        let mut four = [0; 4];
        for lane in 0..4 {
            four[lane] = rgb(luma[lane], blue[lane], red[lane]);
        }
        let [a, b, c, d] = four.map(u64::from);
        let (low, high) = (a | b << 24 | c << 48, c >> 16 | d << 8);
        out[..8].copy_from_slice(&low.to_le_bytes());
        out[8..].copy_from_slice(&(high as u32).to_le_bytes());
    }
    let tail = luma[done..].iter().zip(&blue[done..]).zip(&red[done..]);
    for (out, ((luma, blue), red)) in rest.as_chunks_mut::<3>().0.iter_mut().zip(tail) {
        let [red, green, blue, _] = rgb(*luma, *blue, *red).to_le_bytes();
        *out = [red, green, blue];
    }
}

/// A row of grey.
pub(super) fn write_grey(luma: &[f32], row: &mut [u8]) {
    for (out, sample) in row.iter_mut().zip(luma) {
        *out = byte(*sample) as u8;
    }
}
