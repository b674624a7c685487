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

/// Fits `source` into a box of which both sides are given.
pub(super) fn into_box(source: Size, target: Size, fit: Fit) -> Fitted {
    let across = ratio(target.width, source.width);
    let down = ratio(target.height, source.height);
    let (inside, around) = (across.min(down), across.max(down));
    match fit {
        Fit::ScaleDown => Fitted::resized(scaled(source, inside.min(1.0))),
        Fit::ScaleUp => Fitted::resized(scaled(source, inside.max(1.0))),
        Fit::Contain => Fitted::resized(scaled(source, inside)),
        Fit::Squeeze => Fitted::resized(target),
        Fit::Pad => Fitted { padded: target, ..Fitted::resized(scaled(source, inside)) },
        Fit::Cover => cut(scaled(source, around), target),
        Fit::Crop => cut(scaled(source, around.min(1.0)), target),
        Fit::AspectCrop => {
            let resized = scaled(source, around.min(1.0));
            cut(resized, largest_inside(resized, target))
        }
    }
}

/// Fits `source` to one side of which the scale is given. There is nothing to crop, pad or distort;
/// the modes that enlarge do.
pub(super) fn to_scale(source: Size, scale: f64, fit: Fit) -> Fitted {
    let scale = match fit {
        Fit::ScaleDown | Fit::Crop | Fit::AspectCrop => scale.min(1.0),
        Fit::ScaleUp => scale.max(1.0),
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

pub(super) fn ratio(target: u32, source: u32) -> f64 {
    f64::from(target) / f64::from(source)
}

fn cut(resized: Size, target: Size) -> Fitted {
    let cropped =
        Size { width: target.width.min(resized.width), height: target.height.min(resized.height) };
    Fitted { resized, cropped, padded: cropped }
}

/// `target` if it fits, else the largest window of its proportions.
fn largest_inside(outer: Size, target: Size) -> Size {
    let shrink = ratio(outer.width, target.width).min(ratio(outer.height, target.height));
    scaled(target, shrink.min(1.0))
}

/// Rounds half up and never to nothing. The service's own rounding is known from few examples.
fn scaled(source: Size, scale: f64) -> Size {
    let side = |pixels: u32| ((f64::from(pixels) * scale + 0.5).floor() as u32).max(1);
    Size { width: side(source.width), height: side(source.height) }
}
