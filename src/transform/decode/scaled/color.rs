//! Rows of samples to pixels (JFIF 1.02). Plain arithmetic on arrays that the compiler makes several at
//! a time of; knows no blocks.

/// Added to a number from 0 to 255 it leaves the nearest whole one in the lowest byte: the mantissa has
/// no room for halves.
const ROUND: f32 = 12_582_912.0;

/// Pixels at a time.
const STEP: usize = 64;

#[inline(always)]
#[expect(clippy::manual_clamp, reason = "`clamp` cares for what is no number, with branches")]
fn byte(sample: f32) -> u32 {
    (sample.max(0.0).min(255.0) + ROUND).to_bits() & 0xff
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
    let (steps, rest) = row.as_chunks_mut::<{ STEP * 3 }>();
    let done = steps.len() * STEP;
    let chunks = luma.as_chunks().0.iter().zip(blue.as_chunks().0).zip(red.as_chunks().0);
    for (step, ((luma, blue), red)) in steps.iter_mut().zip(chunks) {
        write_step(luma, blue, red, step);
    }
    let tail = luma[done..].iter().zip(&blue[done..]).zip(&red[done..]);
    for (out, ((luma, blue), red)) in rest.as_chunks_mut::<3>().0.iter_mut().zip(tail) {
        let [red, green, blue, _] = rgb(*luma, *blue, *red).to_le_bytes();
        *out = [red, green, blue];
    }
}

fn write_step(luma: &[f32; STEP], blue: &[f32; STEP], red: &[f32; STEP], out: &mut [u8; STEP * 3]) {
    let mut pixels = [0; STEP];
    for at in 0..STEP {
        pixels[at] = rgb(luma[at], blue[at], red[at]);
    }
    // Four pixels without their empty bytes.
    for (four, out) in pixels.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<12>().0) {
        let [a, b, c, d] = four.map(u64::from);
        let low = a | b << 24 | c << 48;
        let high = (c >> 16 | d << 8) as u32;
        out[..8].copy_from_slice(&low.to_le_bytes());
        out[8..].copy_from_slice(&high.to_le_bytes());
    }
}

/// A row of grey.
pub(super) fn write_grey(luma: &[f32], row: &mut [u8]) {
    for (out, sample) in row.iter_mut().zip(luma) {
        *out = byte(*sample) as u8;
    }
}
