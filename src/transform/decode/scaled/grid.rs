//! Which part of a picture is decoded: whole units of it, and the pixels that they become.

use std::ops::Range;

use super::{Part, header::Header};

/// Samples of a side of a block.
const BLOCK: usize = 8;

pub(super) struct Grid {
    /// Units across the whole picture.
    pub(super) across: usize,
    /// The units that are shown.
    pub(super) columns: Range<usize>,
    pub(super) rows: Range<usize>,
    /// Pixels of a unit after scaling.
    pub(super) unit: (usize, usize),
    /// How many pixels are shown, after scaling.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether the last column and the last row are less than half in the picture: the rest of them is
    /// whatever the encoder filled its blocks up with.
    pub(super) column_is_filler: bool,
    pub(super) row_is_filler: bool,
}

impl Grid {
    pub(super) fn new(header: &Header, part: &Part) -> Option<Self> {
        let most = |side: fn(&super::header::Component) -> usize| {
            header.components.iter().map(side).max().unwrap_or(1)
        };
        let eighths = part.scale.eighths();
        let across = Along::new(header.width, most(|one| one.across), eighths, &part.across)?;
        let down = Along::new(header.height, most(|one| one.down), eighths, &part.down)?;
        Some(Self {
            across: across.units,
            columns: across.shown,
            rows: down.shown,
            unit: (across.unit, down.unit),
            width: across.pixels,
            height: down.pixels,
            column_is_filler: across.ends_in_filler,
            row_is_filler: down.ends_in_filler,
        })
    }

    /// Blocks of a channel along a side of the picture, `factor` of its `most` being in a unit.
    pub(super) fn blocks(side: usize, factor: usize, most: usize) -> usize {
        (side * factor).div_ceil(most).div_ceil(BLOCK)
    }
}

/// One of the two directions.
struct Along {
    units: usize,
    shown: Range<usize>,
    unit: usize,
    pixels: usize,
    ends_in_filler: bool,
}

impl Along {
    /// `None` if nothing is wanted.
    fn new(side: usize, factor: usize, eighths: usize, wanted: &Range<u32>) -> Option<Self> {
        let units = side.div_ceil(BLOCK * factor);
        let start = wanted.start as usize / (BLOCK * factor);
        let end = (wanted.end as usize).div_ceil(BLOCK * factor).min(units);
        let unit = eighths * factor;
        let pixels =
            (end * unit).min((side * eighths).div_ceil(BLOCK)).checked_sub(start * unit)?;
        let over = side * eighths % BLOCK;
        let ends_in_filler = end == units && pixels > 1 && (1..BLOCK / 2).contains(&over);
        (start < end).then_some(Self { units, shown: start..end, unit, pixels, ends_in_filler })
    }
}
