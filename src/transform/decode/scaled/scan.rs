//! One scan of a picture, row by row of units: a unit is the smallest part that all its channels are
//! whole in. Decodes what is shown, reads over what isn't.

use super::{
    bits::Stream,
    block::{self, Tables},
    grid::Grid,
    header::Scan,
    plane::Plane,
};

/// A scan that is being read.
pub(super) struct Reader<'a> {
    stream: Stream<'a>,
    parts: Vec<Part>,
    restart_interval: usize,
    /// Units until the next restart.
    left: usize,
    restarts: u8,
}

/// A channel of a scan.
struct Part {
    /// Of its plane.
    index: usize,
    tables: Tables,
    /// The mean of the block before, which the next one's is said as a difference to.
    dc: i32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(scan: Scan<'a>) -> Self {
        let parts = scan.parts.into_iter();
        Self {
            stream: Stream::new(scan.bytes),
            parts: parts.map(|(index, tables)| Part { index, tables, dc: 0 }).collect(),
            restart_interval: scan.restart_interval,
            left: scan.restart_interval,
            restarts: 0,
        }
    }

    /// Reads a row of units of the grid. `None` if it is broken.
    pub(super) fn read_row(&mut self, row: usize, grid: &Grid, planes: &mut [Plane]) -> Option<()> {
        match self.parts.len() {
            1 => self.read_blocks(row, grid, planes),
            _ => self.read_units(row, grid, planes),
        }
    }

    /// Whether not more was read than there is.
    pub(super) fn is_whole(&self) -> bool {
        self.stream.left().is_some()
    }

    fn read_units(&mut self, row: usize, grid: &Grid, planes: &mut [Plane]) -> Option<()> {
        let row_is_shown = grid.rows.contains(&row);
        for column in 0..grid.across {
            self.restart_if_due()?;
            let is_shown = row_is_shown && grid.columns.contains(&column);
            for part in &mut self.parts {
                let plane = &mut planes[part.index];
                for at in 0..plane.across * plane.down {
                    if !is_shown {
                        block::skip(&mut self.stream, &part.tables, &mut part.dc)?;
                        continue;
                    }
                    let (x, y) = (at % plane.across, at / plane.across);
                    let x = (column - grid.columns.start) * plane.across + x;
                    part.decode(&mut self.stream, plane, (x, y))?;
                }
            }
        }
        Some(())
    }

    /// A channel alone is coded block by block, and only as far as the picture goes (T.81, A.2.2).
    fn read_blocks(&mut self, row: usize, grid: &Grid, planes: &mut [Plane]) -> Option<()> {
        let row_is_shown = grid.rows.contains(&row);
        let index = self.parts[0].index;
        let (across, down) = (planes[index].across, planes[index].down);
        let shown = grid.columns.start * across..grid.columns.end * across;
        let lines = planes[index].blocks_down.saturating_sub(row * down).min(down);
        for y in 0..lines {
            for column in 0..planes[index].blocks_across {
                self.restart_if_due()?;
                let part = &mut self.parts[0];
                if row_is_shown && shown.contains(&column) {
                    let place = (column - shown.start, y);
                    part.decode(&mut self.stream, &mut planes[index], place)?;
                } else {
                    block::skip(&mut self.stream, &part.tables, &mut part.dc)?;
                }
            }
        }
        Some(())
    }

    #[inline]
    fn restart_if_due(&mut self) -> Option<()> {
        if self.restart_interval == 0 {
            return Some(());
        }
        if self.left == 0 {
            self.stream.restart(self.restarts)?;
            self.restarts = self.restarts.wrapping_add(1);
            self.left = self.restart_interval;
            self.parts.iter_mut().for_each(|part| part.dc = 0);
        }
        self.left -= 1;
        Some(())
    }
}

impl Part {
    /// Decodes a block to its place in the plane, in blocks.
    #[inline]
    fn decode(
        &mut self,
        stream: &mut Stream,
        plane: &mut Plane,
        place: (usize, usize),
    ) -> Option<()> {
        let block = &mut plane.block;
        let last = block::decode(stream, &self.tables, &plane.kept, &mut self.dc, block)?;
        plane.place(last, place);
        Some(())
    }
}
