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

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage};

    use super::{
        super::{
            decode,
            encode::{self, Encoding},
            options::Options,
            pixels,
            plan::Seen,
            values::Format,
        },
        *,
    };

    const SOURCE: Size = Size { width: 643, height: 405 };

    /// Two soft spots, off the middle, on a slope.
    fn source() -> Vec<u8> {
        let spot = |x: u32, y: u32, (left, top): (f32, f32), size: f32| {
            let square = (x as f32 - left).powi(2) + (y as f32 - top).powi(2);
            (-square / (2.0 * size * size)).exp()
        };
        let picture = RgbImage::from_fn(SOURCE.width, SOURCE.height, |x, y| {
            let red = 160.0 * spot(x, y, (150.0, 130.0), 24.0);
            let blue = 160.0 * spot(x, y, (430.0, 260.0), 24.0);
            Rgb([(30.0 + red) as u8, (x / 8) as u8, (30.0 + blue) as u8])
        });
        let encoding = Encoding { quality: Some(95), ..Format::Jpeg.into() };
        let encoding = Encoding { scan: encode::Scan::Baseline, ..encoding };
        encode::still(picture.into(), &encoding, None).unwrap()
    }

    fn plan(options: &str, orientation: Orientation) -> Plan {
        let options: Options = options.parse().unwrap();
        Plan::new(SOURCE, orientation, &options, &Seen::default()).unwrap()
    }

    /// The middle of what is bright in a channel, if that isn't cropped away.
    fn middle(frame: &DynamicImage, channel: usize) -> Option<(f64, f64)> {
        let frame = frame.to_rgb8();
        let (mut total, mut across, mut down) = (0.0, 0.0, 0.0);
        for (x, y, pixel) in frame.enumerate_pixels() {
            let weight = f64::from(pixel.0[channel].saturating_sub(60));
            total += weight;
            across += weight * f64::from(x);
            down += weight * f64::from(y);
        }
        (total > 1_000.0).then(|| (across / total, down / total))
    }

    #[test]
    fn a_part_becomes_what_the_whole_does() {
        let source = source();
        let whole = decode::still(&source, Format::Jpeg).unwrap().pixels;
        for options in [
            "w=200",
            "w=160",
            "w=100,rotate=90",
            "w=70,h=70,fit=squeeze",
            "w=40",
            "w=100,h=125,fit=cover,flip=h",
            "w=150,h=100,fit=cover,gravity=0.4x0.6,rotate=270",
            "w=120,h=100,fit=cover,gravity=left,flip=v",
            "w=200,h=200,fit=pad,rotate=180,flip=hv",
        ] {
            for orientation in (1..=8).filter_map(Orientation::from_exif) {
                let plan = plan(options, orientation);
                let shrink = Shrink::new(&plan, SOURCE).expect(options);
                let (part, left_out) =
                    decode::part(&source, Format::Jpeg, &shrink.part).expect("it is baseline");
                let rect = shrink.rect(left_out);
                let from_part =
                    pixels::apply_to_part(&plan, part.pixels, rect, shrink.size).unwrap();
                let from_whole = pixels::apply(&plan, whole.clone()).unwrap();

                let name = format!("{options} {orientation:?} {:?}", shrink.part.scale);
                let sizes = [&from_part, &from_whole].map(|one| (one.width(), one.height()));
                assert_eq!(sizes[0], sizes[1], "{name}");
                let pairs = from_part.as_bytes().iter().zip(from_whole.as_bytes());
                let most = pairs.map(|(part, whole)| part.abs_diff(*whole)).max().unwrap();
                assert!(most <= 8, "{most}: {name}");
                let spots = [0, 2].map(|channel| {
                    let (part, whole) = (middle(&from_part, channel), middle(&from_whole, channel));
                    part.zip(whole).map(|(part, whole)| (part.0 - whole.0).hypot(part.1 - whole.1))
                });
                assert!(spots.iter().any(Option::is_some), "no spot is there: {name}");
                assert!(spots.iter().flatten().all(|off| *off < 0.1), "{spots:?} pixels: {name}");
            }
        }
    }

    #[test]
    fn what_needs_the_whole_source_is_left_alone() {
        for options in [
            "w=643",
            "w=500",
            "rotate=90",
            "w=100,trim=9;9;9;9",
            "w=100,trim=border",
            "w=100,h=100,fit=cover,gravity=auto",
            "w=100,h=100,fit=cover,gravity=face,zoom=1",
        ] {
            let shrink = Shrink::new(&plan(options, Orientation::NoTransforms), SOURCE);
            assert_eq!(shrink, None, "{options}");
        }
    }

    #[test]
    fn the_scale_leaves_the_resizer_enough_pixels() {
        for (options, scale) in [
            ("w=321", Scale::ThreeQuarters),
            ("w=214", Scale::Half),
            ("w=160", Scale::ThreeEighths),
            ("w=107", Scale::Quarter),
            ("w=50", Scale::Quarter),
            ("w=44", Scale::Eighth),
            ("w=44,h=200,fit=squeeze", Scale::ThreeQuarters),
        ] {
            let shrink = Shrink::new(&plan(options, Orientation::NoTransforms), SOURCE).unwrap();
            assert_eq!(shrink.part.scale, scale, "{options}");
        }
    }

    #[test]
    fn only_what_a_crop_shows_is_wanted() {
        let plan = plan("w=50,h=50,fit=cover,gravity=right", Orientation::Rotate90);
        let shrink = Shrink::new(&plan, SOURCE).unwrap();
        // On its side the picture is 405 pixels wide: the crop is all of them, and a square.
        assert_eq!((shrink.part.across, shrink.part.down), (81..554, 0..405));
    }
}
