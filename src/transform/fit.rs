//! The eight fit modes as arithmetic: a source and a box to sizes (delivery-and-transforms.md
//! §2.3). Pure.

use super::values::{Fit, Size};

/// What becomes of a source, in this order. Where a step changes nothing its size is the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fitted {
    pub(super) resized: Size,
    pub(super) cropped: Size,
    pub(super) padded: Size,
}

impl Fitted {
    fn resized(resized: Size) -> Self {
        Self { resized, cropped: resized, padded: resized }
    }
}

/// Target pixels for each source pixel, as a fraction: rounding is exact where a float would miss a
/// half by a hair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    target: u64,
    source: u64,
}

impl Scale {
    pub(super) const ONE: Self = Self { target: 1, source: 1 };

    pub(super) fn new(target: u32, source: u32) -> Self {
        Self { target: target.into(), source: source.into() }
    }

    fn is_below(self, other: Self) -> bool {
        self.target * other.source < other.target * self.source
    }

    fn min(self, other: Self) -> Self {
        if other.is_below(self) { other } else { self }
    }

    fn max(self, other: Self) -> Self {
        if self.is_below(other) { other } else { self }
    }

    /// Rounds half up and never to nothing. The service's own rounding is known from few examples.
    fn of(self, side: u32) -> u32 {
        let doubled = 2 * u64::from(side) * self.target + self.source;
        u32::try_from(doubled / (2 * self.source)).unwrap_or(u32::MAX).max(1)
    }
}

/// Fits `source` into a box of which both sides are given.
pub(super) fn into_box(source: Size, target: Size, fit: Fit) -> Fitted {
    let across = Scale::new(target.width, source.width);
    let down = Scale::new(target.height, source.height);
    let (inside, around) = (across.min(down), across.max(down));
    match fit {
        Fit::ScaleDown => Fitted::resized(scaled(source, inside.min(Scale::ONE))),
        Fit::ScaleUp => Fitted::resized(scaled(source, inside.max(Scale::ONE))),
        Fit::Contain => Fitted::resized(scaled(source, inside)),
        Fit::Squeeze => Fitted::resized(target),
        Fit::Pad => Fitted { padded: target, ..Fitted::resized(scaled(source, inside)) },
        Fit::Cover => cut(scaled(source, around), target),
        Fit::Crop => cut(scaled(source, around.min(Scale::ONE)), target),
        Fit::AspectCrop => {
            let resized = scaled(source, around.min(Scale::ONE));
            cut(resized, largest_inside(resized, target))
        }
    }
}

/// Fits `source` to one side of which the scale is given. There is nothing to crop, pad or distort;
/// the modes that enlarge do.
pub(super) fn to_scale(source: Size, scale: Scale, fit: Fit) -> Fitted {
    let scale = match fit {
        Fit::ScaleDown | Fit::Crop | Fit::AspectCrop => scale.min(Scale::ONE),
        Fit::ScaleUp => scale.max(Scale::ONE),
        Fit::Contain | Fit::Cover | Fit::Pad | Fit::Squeeze => scale,
    };
    Fitted::resized(scaled(source, scale))
}

/// What the client should know if it gave one side only. The first is the service's own text; the
/// others follow it.
pub(super) fn needs_both_sides(fit: Fit) -> Option<&'static str> {
    match fit {
        Fit::ScaleDown | Fit::ScaleUp | Fit::Contain => None,
        Fit::Cover => Some("cover fit mode needs both width and height"),
        Fit::Crop => Some("crop fit mode needs both width and height"),
        Fit::AspectCrop => Some("aspect-crop fit mode needs both width and height"),
        Fit::Pad => Some("pad fit mode needs both width and height"),
        Fit::Squeeze => Some("squeeze fit mode needs both width and height"),
    }
}

fn cut(resized: Size, target: Size) -> Fitted {
    let cropped =
        Size { width: target.width.min(resized.width), height: target.height.min(resized.height) };
    Fitted { resized, cropped, padded: cropped }
}

/// `target` if it fits, else the largest window of its proportions.
fn largest_inside(outer: Size, target: Size) -> Size {
    let across = Scale::new(outer.width, target.width);
    let down = Scale::new(outer.height, target.height);
    scaled(target, across.min(down).min(Scale::ONE))
}

fn scaled(source: Size, scale: Scale) -> Size {
    Size { width: scale.of(source.width), height: scale.of(source.height) }
}
