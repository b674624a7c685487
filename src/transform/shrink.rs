//! Which part of a source a plan needs, and how much smaller it may be decoded for that. For plans that
//! resize and don't look at pixels; the resizing then comes before the turning, on fewer pixels.

use std::ops::Range;

use image::metadata::Orientation;

use super::{
    decode::{Part, Scale},
    plan::{Plan, Window, turned},
    values::{Flip, Rotate, Size},
};

/// A decoded side has at least so many pixels for one of the result, so that what the resizer does shows
/// and not what the decoder did: then no result is more than 0.1 dB further from the original than one
/// of the whole picture. At an eighth nothing but means is left, which is why there it is more.
const PIXELS_FOR_ONE: f64 = 1.5;
const MEANS_FOR_ONE: f64 = 1.8;

/// How many pixels of the result the resizer's filter (Lanczos3) sees to each side.
const FILTER_RADIUS: f64 = 3.0;

/// A part of a picture, in pixels that need not be whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What a plan takes from its source, as stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shrink {
    /// What becomes the result.
    taken: Rect,
    /// The size of the result before it is turned.
    pub(super) size: Size,
    /// What is to be decoded: that, and what the filter sees around it.
    pub(super) part: Part,
}

impl Shrink {
    /// `None` if the whole source has to be decoded.
    pub(super) fn new(plan: &Plan, stored: Size) -> Option<Self> {
        let looks = plan.find_border.is_some() || plan.find_focus.is_some();
        if looks || plan.trim.is_some() || plan.zoom.is_some() {
            return None;
        }
        let resized = plan.resize?;
        let window = plan.crop.unwrap_or(Window { size: resized, left: 0, top: 0 });
        let (rotate, flip) = steps(plan.orient);
        let taken = Rect::of(window, resized, turned(plan.upright, plan.rotate))
            .unrotated(plan.rotate, plan.upright)
            .unflipped(plan.flip, plan.upright)
            .unflipped(flip, plan.upright)
            .unrotated(rotate, stored);
        let size = turned(turned(window.size, plan.rotate), rotate);
        let per_pixel =
            (taken.width / f64::from(size.width), taken.height / f64::from(size.height));
        let scale = Scale::ALL.into_iter().find(|scale| {
            let least = if *scale == Scale::Eighth { MEANS_FOR_ONE } else { PIXELS_FOR_ONE };
            per_pixel.0.min(per_pixel.1) * scale.factor() >= least
        })?;
        let part = Part {
            scale,
            across: seen(taken.left, taken.width, per_pixel.0, stored.width),
            down: seen(taken.top, taken.height, per_pixel.1, stored.height),
        };
        Some(Self { taken, size, part })
    }

    /// What to resize of the decoded pixels, before which so many were left out.
    pub(super) fn rect(&self, (left, top): (u32, u32)) -> Rect {
        let factor = self.part.scale.factor();
        Rect {
            left: (self.taken.left * factor - f64::from(left)).max(0.0),
            top: (self.taken.top * factor - f64::from(top)).max(0.0),
            width: self.taken.width * factor,
            height: self.taken.height * factor,
        }
    }
}

/// What the filter sees along a side of the picture.
fn seen(start: f64, length: f64, per_pixel: f64, side: u32) -> Range<u32> {
    // Pixels at the edges of the filter are seen in part.
    let around = per_pixel * (FILTER_RADIUS + 1.0);
    // `as` saturates.
    (start - around).floor() as u32..((start + length + around).ceil() as u32).min(side)
}

impl Rect {
    /// A window of the resized picture, in the picture before that.
    pub(super) fn of(window: Window, resized: Size, full: Size) -> Self {
        let across = f64::from(full.width) / f64::from(resized.width);
        let down = f64::from(full.height) / f64::from(resized.height);
        Self {
            left: f64::from(window.left) * across,
            top: f64::from(window.top) * down,
            width: f64::from(window.size.width) * across,
            height: f64::from(window.size.height) * down,
        }
    }

    /// Where it was in a picture of `size` before that was mirrored.
    fn unflipped(self, flip: Option<Flip>, size: Size) -> Self {
        let Self { mut left, mut top, width, height } = self;
        if matches!(flip, Some(Flip::H | Flip::Hv)) {
            left = f64::from(size.width) - left - width;
        }
        if matches!(flip, Some(Flip::V | Flip::Hv)) {
            top = f64::from(size.height) - top - height;
        }
        Self { left, top, width, height }
    }

    /// Where it was in a picture of `size` before that was rotated.
    fn unrotated(self, rotate: Rotate, size: Size) -> Self {
        let Self { left, top, width, height } = self;
        match rotate {
            Rotate::Not => self,
            Rotate::Around => self.unflipped(Some(Flip::Hv), size),
            Rotate::Right => Self {
                left: top,
                top: f64::from(size.height) - left - width,
                width: height,
                height: width,
            },
            Rotate::Left => Self {
                left: f64::from(size.width) - top - height,
                top: left,
                width: height,
                height: width,
            },
        }
    }
}

/// An orientation as a rotation and what is mirrored after it.
fn steps(orientation: Orientation) -> (Rotate, Option<Flip>) {
    match orientation {
        Orientation::NoTransforms => (Rotate::Not, None),
        Orientation::Rotate90 => (Rotate::Right, None),
        Orientation::Rotate180 => (Rotate::Around, None),
        Orientation::Rotate270 => (Rotate::Left, None),
        Orientation::FlipHorizontal => (Rotate::Not, Some(Flip::H)),
        Orientation::FlipVertical => (Rotate::Not, Some(Flip::V)),
        Orientation::Rotate90FlipH => (Rotate::Right, Some(Flip::H)),
        Orientation::Rotate270FlipH => (Rotate::Left, Some(Flip::H)),
    }
}
