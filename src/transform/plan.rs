//! Geometry: which size, window and canvas the options ask for (delivery-and-transforms.md §2.3).
//!
//! A plan is decided from sizes alone, before any pixel is read, and prints as text:
//! `resize 750x500, crop 500x500+125+0`.

use std::fmt;

use image::metadata::Orientation;

use super::{
    options::Options,
    values::{Fit, Size},
};

/// What will be done to the pixels, in this order. `None` means the step is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub orient: Orientation,
    pub resize: Option<Size>,
    /// The window to cut out of the resized image.
    pub crop: Option<Window>,
    /// The canvas to put the image on, and where.
    pub pad: Option<Window>,
    /// Blur radius in pixels.
    pub blur: Option<f32>,
    /// What the client should know of options that could not take effect.
    pub warnings: Vec<&'static str>,
}

/// A size and a place in pixels from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub size: Size,
    pub left: u32,
    pub top: u32,
}

impl Plan {
    /// Plans for a source that is stored with `stored` size and shown with `orientation`.
    #[must_use]
    pub fn new(stored: Size, orientation: Orientation, options: &Options) -> Self {
        let mut plan = Self {
            orient: orientation,
            resize: None,
            crop: None,
            pad: None,
            blur: options.blur.and_then(|blur| blur.radius()),
            warnings: Vec::new(),
        };
        let upright = upright(stored, orientation);
        let fit = options.fit.unwrap_or_default();
        let (width, height) = (options.width.map(|w| w.get()), options.height.map(|h| h.get()));
        match (width, height) {
            (Some(width), Some(height)) => plan.fit_box(upright, fit, Size { width, height }),
            (Some(width), None) => plan.fit_side(upright, fit, ratio(width, upright.width)),
            (None, Some(height)) => plan.fit_side(upright, fit, ratio(height, upright.height)),
            (None, None) => {}
        }
        plan
    }

    fn fit_box(&mut self, source: Size, fit: Fit, target: Size) {
        let across = ratio(target.width, source.width);
        let down = ratio(target.height, source.height);
        let (inside, around) = (across.min(down), across.max(down));
        match fit {
            Fit::ScaleDown => self.resize_to(source, scaled(source, inside.min(1.0))),
            Fit::Contain => self.resize_to(source, scaled(source, inside)),
            Fit::Cover => {
                self.resize_to(source, scaled(source, around));
                self.crop_to(scaled(source, around), target);
            }
            Fit::Crop => {
                let resized = scaled(source, around.min(1.0));
                self.resize_to(source, resized);
                self.crop_to(resized, target);
            }
            Fit::Pad => {
                let resized = scaled(source, inside);
                self.resize_to(source, resized);
                self.pad = (resized != target).then(|| centred(target, resized, target));
            }
        }
    }

    /// With one side given there is nothing to crop or pad: every fit scales in proportion.
    fn fit_side(&mut self, source: Size, fit: Fit, scale: f64) {
        let warning = match fit {
            Fit::ScaleDown | Fit::Contain => None,
            // The first is the service's own text; the others follow it.
            Fit::Cover => Some("cover fit mode needs both width and height"),
            Fit::Crop => Some("crop fit mode needs both width and height"),
            Fit::Pad => Some("pad fit mode needs both width and height"),
        };
        self.warnings.extend(warning);
        let enlarges = matches!(fit, Fit::Contain | Fit::Cover | Fit::Pad);
        let scale = if enlarges { scale } else { scale.min(1.0) };
        self.resize_to(source, scaled(source, scale));
    }

    fn resize_to(&mut self, source: Size, target: Size) {
        self.resize = (target != source).then_some(target);
    }

    fn crop_to(&mut self, resized: Size, target: Size) {
        let size = Size {
            width: target.width.min(resized.width),
            height: target.height.min(resized.height),
        };
        self.crop = (size != resized).then(|| centred(resized, size, size));
    }
}

/// The size as shown: orientations 5 to 8 lay the image on its side.
fn upright(stored: Size, orientation: Orientation) -> Size {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    match orientation {
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => {
            Size { width: stored.height, height: stored.width }
        }
        _ => stored,
    }
}

fn ratio(target: u32, source: u32) -> f64 {
    f64::from(target) / f64::from(source)
}

/// Rounds half up and never to nothing. The service's own rounding is known from few examples.
fn scaled(source: Size, scale: f64) -> Size {
    let side = |pixels: u32| ((f64::from(pixels) * scale + 0.5).floor() as u32).max(1);
    Size { width: side(source.width), height: side(source.height) }
}

/// `size` at the place where `inner` is in the middle of `outer`.
fn centred(outer: Size, inner: Size, size: Size) -> Window {
    Window { size, left: (outer.width - inner.width) / 2, top: (outer.height - inner.height) / 2 }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turned = self.orient != Orientation::NoTransforms;
        let steps = [
            turned.then(|| format!("orient {}", self.orient.to_exif())),
            self.resize.map(|size| format!("resize {size}")),
            self.crop.map(|window| format!("crop {window}")),
            self.pad.map(|window| format!("pad {window}")),
            self.blur.map(|radius| format!("blur {radius}")),
        ];
        let steps: Vec<_> = steps.into_iter().flatten().collect();
        f.write_str(if steps.is_empty() { "keep" } else { "" })?;
        f.write_str(&steps.join(", "))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.size, self.left, self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plan for `"1080x720 w=500,h=500,fit=cover"`, with warnings behind a semicolon.
    fn plan(case: &str) -> String {
        let (size, options) = case.split_once(' ').unwrap();
        let (width, height) = size.split_once('x').unwrap();
        let size = Size { width: width.parse().unwrap(), height: height.parse().unwrap() };
        let plan = Plan::new(size, Orientation::NoTransforms, &options.parse().unwrap());
        let warnings = plan.warnings.iter().map(|warning| format!("; {warning}"));
        format!("{plan}{}", warnings.collect::<String>())
    }

    #[test]
    fn every_fit_with_both_sides_given() {
        for (case, expected) in [
            ("1080x720 w=500,h=500,fit=scale-down", "resize 500x333"),
            ("1080x720 w=2000,h=2000,fit=scale-down", "keep"),
            ("1080x720 w=500,h=500,fit=contain", "resize 500x333"),
            ("1080x720 w=2160,h=2000,fit=contain", "resize 2160x1440"),
            ("1080x720 w=500,h=500,fit=cover", "resize 750x500, crop 500x500+125+0"),
            ("100x100 w=300,h=200,fit=cover", "resize 300x300, crop 300x200+0+50"),
            ("1080x720 w=1080,h=720,fit=cover", "keep"),
            ("1080x720 w=1296,h=1296,fit=crop", "keep"),
            ("1080x720 w=500,h=500,fit=crop", "resize 750x500, crop 500x500+125+0"),
            ("1080x720 w=500,h=2000,fit=crop", "crop 500x720+290+0"),
            ("1080x720 w=1080,h=1080,fit=pad", "pad 1080x1080+0+180"),
            ("1080x720 w=540,h=540,fit=pad", "resize 540x360, pad 540x540+0+90"),
            ("100x50 w=400,h=400,fit=pad", "resize 400x200, pad 400x400+0+100"),
        ] {
            assert_eq!(plan(case), expected, "{case}");
        }
    }

    #[test]
    fn one_side_scales_in_proportion() {
        for (case, expected) in [
            ("1080x720 w=540", "resize 540x360"),
            ("1080x720 w=2000", "keep"),
            ("1080x720 h=360,fit=contain", "resize 540x360"),
            ("1080x720 w=2160,fit=contain", "resize 2160x1440"),
            (
                "1080x720 w=2160,fit=cover",
                "resize 2160x1440; cover fit mode needs both width and height",
            ),
            ("1080x720 w=2160,fit=crop", "keep; crop fit mode needs both width and height"),
            ("1080x720 h=360,fit=pad", "resize 540x360; pad fit mode needs both width and height"),
        ] {
            assert_eq!(plan(case), expected, "{case}");
        }
    }

    #[test]
    fn no_side_keeps_the_size_whatever_the_fit() {
        assert_eq!(plan("1080x720 fit=cover"), "keep");
        assert_eq!(plan("1080x720 blur=20"), "blur 20");
    }

    #[test]
    fn a_side_never_vanishes() {
        assert_eq!(plan("10000x3 w=100"), "resize 100x1");
    }

    #[test]
    fn sizes_are_those_of_the_upright_image() {
        let size = Size { width: 400, height: 300 };
        let plan = Plan::new(size, Orientation::Rotate90, &"w=150".parse().unwrap());

        assert_eq!(plan.to_string(), "orient 6, resize 150x200");
    }
}
