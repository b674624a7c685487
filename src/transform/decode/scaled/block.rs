//! One block of a component: its coefficients are decoded as far as they are wanted. Knows neither
//! where the block is in the picture nor what becomes of it.

use super::{
    bits::Stream,
    huffman::{Skipper, Table, is_end},
    idct::{self, Block},
};
use crate::transform::jpeg::{COEFFICIENTS, ZIGZAG};

/// Makes the middle of the range of samples 0.
const LEVEL_SHIFT: f32 = 128.0;

/// The tables that a component's blocks are coded by.
pub(super) struct Tables {
    pub(super) dc: Table,
    pub(super) ac: Table,
    pub(super) skipper: Skipper,
}

/// Which coefficients are wanted and what they are worth.
pub(super) struct Kept {
    /// Behind the last one.
    end: usize,
    /// Where in a block to put each coefficient: unwanted ones, and what no block has, to where nobody
    /// looks.
    places: [u8; 256],
    worth: [f32; COEFFICIENTS],
    /// Rows of a block that they are in.
    height: usize,
}

impl Kept {
    /// For blocks of which so many frequencies across and down are computed.
    pub(super) fn new(quantiser: &[u16; COEFFICIENTS], width: usize, height: usize) -> Self {
        const NOWHERE: u8 = 64;
        let (places, worth) = ([NOWHERE; 256], [0.0; COEFFICIENTS]);
        let mut kept = Self { end: 1, places, worth, height: height.min(8) };
        for (at, place) in ZIGZAG.into_iter().enumerate() {
            let (across, down) = (usize::from(place % 8), usize::from(place / 8));
            if across < width && down < height {
                kept.end = at + 1;
                kept.places[at] = place;
                kept.worth[at] = f32::from(quantiser[at]) * idct::scale(across) * idct::scale(down);
            }
        }
        kept
    }
}

/// Decodes a block. Returns where its last coefficient is in the zigzag, as far as they are kept.
#[inline]
pub(super) fn decode(
    stream: &mut Stream,
    tables: &Tables,
    kept: &Kept,
    dc: &mut i32,
    block: &mut Block,
) -> Option<usize> {
    stream.prepare()?;
    let (bytes, mut bits) = (&*stream.clean, stream.bits);
    let symbol = tables.dc.next(bits)?;
    bits.refill(bytes);
    *dc = dc.wrapping_add(bits.signed(symbol.code(), symbol.size()));
    bits.consume(symbol.bits());

    for row in &mut block[..kept.height] {
        *row = [0.0; 8];
    }
    let places = block.as_flattened_mut();
    places[0] = *dc as f32 * kept.worth[0] + LEVEL_SHIFT;
    let (mut at, mut last) = (1, 0);
    while at < kept.end {
        let symbol = tables.ac.next(bits)?;
        bits.refill(bytes);
        let value = bits.signed(symbol.code(), symbol.size());
        bits.consume(symbol.bits());
        at += symbol.advance();
        let here = at - 1;
        places[usize::from(kept.places[here & 255])] = value as f32 * kept.worth[here & 63];
        if at <= kept.end {
            last = here;
        }
    }
    if at < COEFFICIENTS {
        tables.skipper.skip(&tables.ac, &mut bits, bytes, at)?;
    } else if !is_end(at) {
        return None;
    }
    stream.bits = bits;
    Some(last)
}

/// Reads a block of which nothing is wanted; those that follow build on its mean.
#[inline]
pub(super) fn skip(stream: &mut Stream, tables: &Tables, dc: &mut i32) -> Option<()> {
    stream.prepare()?;
    let (bytes, mut bits) = (&*stream.clean, stream.bits);
    let symbol = tables.dc.next(bits)?;
    bits.refill(bytes);
    *dc = dc.wrapping_add(bits.signed(symbol.code(), symbol.size()));
    bits.consume(symbol.bits());
    tables.skipper.skip(&tables.ac, &mut bits, bytes, 1)?;
    stream.bits = bits;
    Some(())
}
