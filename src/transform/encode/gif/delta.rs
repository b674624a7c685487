//! What of a canvas has to be drawn, given the one that is shown before it (pure). Pixels are
//! opaque, or clear and all zero.

use image::{Rgba, RgbaImage};

const CLEAR: Rgba<u8> = Rgba([0; 4]);

/// A rectangle of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What becomes of one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It stays as it is, or clear.
    None,
    Drawn([u8; 4]),
}

impl Change {
    pub(super) fn drawn(&self) -> Option<[u8; 4]> {
        match self {
            Self::None => None,
            Self::Drawn(color) => Some(*color),
        }
    }
}

/// A canvas, and what to draw for it to be seen.
pub(super) struct Drawing {
    canvas: RgbaImage,
    /// What is seen before, where anything is.
    before: Option<RgbaImage>,
    pub(super) area: Area,
    cleared_after: bool,
}

impl Drawing {
    /// An animation's first: all of the canvas.
    pub(super) fn first(canvas: RgbaImage) -> Self {
        let (width, height) = canvas.dimensions();
        let area = Area { left: 0, top: 0, width, height };
        Self { canvas, before: None, area, cleared_after: false }
    }

    /// The drawing that makes `next` out of this one. Drawing can't make a pixel clear: if one has to
    /// become so, this drawing grows to reach it, and is cleared before the next.
    pub(super) fn followed_by(&mut self, next: RgbaImage) -> Self {
        let mut seen = self.canvas.clone();
        let erased = bounds(&seen, |x, y, pixel| *pixel != CLEAR && *next.get_pixel(x, y) == CLEAR);
        if let Some(erased) = erased {
            self.area = self.area.and(erased);
            self.cleared_after = true;
            clear(&mut seen, self.area);
        }
        // Where nothing changes, one pixel is drawn: a frame can't be empty, and its time counts.
        let nothing = Area { left: 0, top: 0, width: 1, height: 1 };
        let changed = bounds(&next, |x, y, pixel| pixel != seen.get_pixel(x, y));
        let area = changed.unwrap_or(nothing);
        Self { canvas: next, before: Some(seen), area, cleared_after: false }
    }

    /// Whether its area is cleared before the next is drawn.
    pub(super) fn is_cleared_after(&self) -> bool {
        self.cleared_after
    }

    /// All that is seen in the area, unless some of it is clear: it can be drawn whole, too.
    pub(super) fn whole(&self) -> Option<Vec<[u8; 4]>> {
        let pixels = self.area.places().map(|(x, y)| self.canvas.get_pixel(x, y));
        pixels.map(|pixel| (*pixel != CLEAR).then_some(pixel.0)).collect()
    }

    /// The pixels of the area, row by row.
    pub(super) fn changes(&self) -> Vec<Change> {
        let change = |(x, y)| {
            let pixel = self.canvas.get_pixel(x, y);
            let before = self.before.as_ref().map_or(&CLEAR, |before| before.get_pixel(x, y));
            if pixel == before { Change::None } else { Change::Drawn(pixel.0) }
        };
        self.area.places().map(change).collect()
    }

    pub(super) fn shows(&self, canvas: &RgbaImage) -> bool {
        self.canvas == *canvas
    }
}

impl Area {
    /// Row by row.
    fn places(self) -> impl Iterator<Item = (u32, u32)> {
        let Self { left, top, width, height } = self;
        (top..top + height).flat_map(move |y| (left..left + width).map(move |x| (x, y)))
    }

    /// The smallest area that holds both.
    fn and(self, other: Self) -> Self {
        let left = self.left.min(other.left);
        let top = self.top.min(other.top);
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }
}

/// The smallest area that holds every pixel for which `counts` holds.
fn bounds(canvas: &RgbaImage, counts: impl Fn(u32, u32, &Rgba<u8>) -> bool) -> Option<Area> {
    let mut area: Option<Area> = None;
    for (y, row) in (0..).zip(canvas.rows()) {
        let mut found = (0..).zip(row).filter(|(x, pixel)| counts(*x, y, pixel)).map(|(x, _)| x);
        let Some(first) = found.next() else { continue };
        let last = found.last().unwrap_or(first);
        let here = Area { left: first, top: y, width: last - first + 1, height: 1 };
        area = Some(area.map_or(here, |area| area.and(here)));
    }
    area
}

fn clear(canvas: &mut RgbaImage, area: Area) {
    for y in area.top..area.top + area.height {
        for x in area.left..area.left + area.width {
            canvas.put_pixel(x, y, CLEAR);
        }
    }
}
