//! The file around the entropy-coded bytes: markers and what comes with them (T.81, B; JFIF 1.02). Knows no
//! pixels.

use super::{
    super::Scan,
    huffman::Codes,
    quantiser::Quantiser,
    section::Section,
    symbols::{Class, Table},
    units::Grid,
};

/// Bytes of a segment at most, without the two that say how many.
const MOST: usize = 65_533;

const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];
const JFIF: u8 = 0xe0;
const EXIF: u8 = 0xe1;
const QUANTISERS: u8 = 0xdb;
const BASELINE: u8 = 0xc0;
const PROGRESSIVE: u8 = 0xc2;
const CODES: u8 = 0xc4;
const SCAN: u8 = 0xda;

/// Version 1.2, square pixels of no particular size, no thumbnail.
const SQUARE: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// What stands before the first scan. `None` if EXIF is more than a segment holds.
pub(super) fn head(exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut bytes = START.to_vec();
    segment(&mut bytes, JFIF, &[SQUARE]);
    if let Some(exif) = exif {
        let name = b"Exif\0\0";
        if name.len() + exif.len() > MOST {
            return None;
        }
        segment(&mut bytes, EXIF, &[name, exif]);
    }
    Some(bytes)
}

/// Tables of quantisation and the frame's header.
pub(super) fn frame(bytes: &mut Vec<u8>, grid: &Grid, quantisers: &[Quantiser], scan: Scan) {
    let channels = grid.sampling.channels();
    for (number, quantiser) in (0..).zip(quantisers).take(channels) {
        segment(bytes, QUANTISERS, &[&[number], &quantiser.table]);
    }
    let [height, width] = [grid.height, grid.width].map(|side| (side as u16).to_be_bytes());
    let mut frame = vec![8, height[0], height[1], width[0], width[1], channels as u8];
    for component in 0..channels {
        let blocks = grid.blocks(component).0 as u8;
        frame.extend([name(component), blocks << 4 | blocks, component.min(1) as u8]);
    }
    let marker = match scan {
        Scan::Progressive => PROGRESSIVE,
        Scan::Baseline => BASELINE,
    };
    segment(bytes, marker, &[&frame]);
}

/// A scan: its codes, its header and its symbols.
pub(super) fn scan(bytes: &mut Vec<u8>, section: &Section) {
    let codes = Table::ALL.map(|table| {
        let counts = section.symbols.counts(table);
        counts.iter().any(|count| *count > 0).then(|| Codes::new(counts))
    });
    for (table, codes) in Table::ALL.iter().zip(&codes) {
        let class = if table.class == Class::Dc { 0 } else { 0x10 };
        if let Some(codes) = codes {
            segment(bytes, CODES, &[&[class | table.number as u8], &codes.counts, &codes.values]);
        }
    }
    let mut scan = vec![section.components.clone().count() as u8];
    for component in section.components.clone() {
        let table = component.min(1) as u8;
        scan.extend([name(component), table << 4 | table]);
    }
    scan.extend([*section.band.start(), *section.band.end(), 0]);
    segment(bytes, SCAN, &[&scan]);
    section.symbols.write(&codes, bytes);
}

pub(super) fn end(bytes: &mut Vec<u8>) {
    bytes.extend(END);
}

/// What a component is called: 1 to 3, as JFIF wants it.
fn name(component: usize) -> u8 {
    component as u8 + 1
}

fn segment(bytes: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    bytes.extend([0xff, marker]);
    bytes.extend((length as u16 + 2).to_be_bytes());
    for part in parts {
        bytes.extend_from_slice(part);
    }
}
