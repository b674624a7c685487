//! Geometry and filters: what the options ask for (delivery-and-transforms.md §2).
//!
//! A plan is decided from sizes alone, before any pixel is read, and prints as text:
//! `resize 750x500, crop 500x500+125+0`. What only the pixels can tell (where a border ends, where
//! faces are) is named in it, and comes back as `Seen` for a plan that is settled.

use std::fmt;

use image::metadata::Orientation;

use super::{
    TransformError,
    css_color::Color,
    fit::{self, Fitted, Scale},
    numbers::{Edge, Factor, Length},
    options::Options,
    values::{Fit, Flip, Gravity, GravityMode, Rotate, Size, Trim},
};

/// What will be done to the pixels, in this order. `None` means the step is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub orient: Orientation,
    pub trim: Option<Window>,
    /// The border to look for and cut off; `trim` has it once it was found.
    pub find_border: Option<BorderRule>,
    pub flip: Option<Flip>,
    pub rotate: Rotate,
    /// The part around the faces that is gone close to.
    pub zoom: Option<Window>,
    pub resize: Option<Size>,
    /// The window to cut out of the resized image.
    pub crop: Option<Window>,
    /// What the window should show; until it was looked for, the window is in the middle.
    pub find_focus: Option<Wanted>,
    /// What is put behind transparent pixels, and around padded ones.
    pub background: Option<Color>,
    /// The canvas to put the image on, and where.
    pub pad: Option<Window>,
    pub tone: Tone,
    pub sharpen: Option<f32>,
    /// Blur radius in pixels.
    pub blur: Option<f32>,
    pub border: Option<Border>,
    /// The size of the source as shown.
    pub upright: Size,
    /// The size of the result.
    pub output: Size,
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

/// What counts as border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BorderRule {
    /// `None` takes the colour that most corners have; if there is none, the top left one's.
    pub color: Option<Color>,
    /// How far any channel may be off. The documentation has it the other way round (255 must match
    /// exactly); the published types, and every other program with such an option, count like this.
    pub tolerance: u8,
    /// How many pixels of border stay on each side, where there are as many.
    pub keep: u32,
}

impl BorderRule {
    /// The tolerance where none is given; the service's own is not published.
    const TOLERANCE: u8 = 10;
}

/// What a crop should show, for the pixels to tell where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    pub gravity: Gravity,
    /// How close to go to faces, 0 to 1.
    pub zoom: f32,
    /// The size that the crop ends up with.
    pub size: Size,
    /// The part of the image's width and height that the crop covers.
    pub part: (f64, f64),
}

/// What was found in the pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// What a border leaves; `None` if it was not looked for or nothing would be left.
    pub inside_border: Option<Window>,
    pub focus: Option<Focus>,
}

/// Where the pixels say a crop should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Focus {
    Point(f64, f64, GravityMode),
    /// A part of the image to go close to.
    Window(Window),
}

/// Multipliers of what the pixels look like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tone {
    pub brightness: Option<f32>,
    pub contrast: Option<f32>,
    pub gamma: Option<f32>,
    pub saturation: Option<f32>,
}

/// A border around the result, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Border {
    pub color: Color,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
    pub left: u32,
}

impl Plan {
    /// Plans for a source that is stored with `stored` size and shown with `orientation`.
    pub fn new(
        stored: Size,
        orientation: Orientation,
        options: &Options,
        seen: &Seen,
    ) -> Result<Self, TransformError> {
        let upright = upright(stored, orientation);
        let mut plan = Self::without_geometry(orientation, upright, options);
        plan.find_border = border_rule(options).filter(|_| seen.inside_border.is_none());
        plan.trim = match (border_rule(options), seen.inside_border) {
            (None, _) => trimmed_sides(upright, options)?,
            (Some(_), None) => None,
            (Some(_), Some(window)) => (window.size != upright).then_some(window),
        };
        plan.warnings.extend(unheeded_trim(options));
        let trimmed = plan.trim.map_or(upright, |window| window.size);
        let turned = turned(trimmed, plan.rotate);
        let fitted = plan.fit(turned, options);
        if let Some(Focus::Window(window)) = seen.focus {
            // It has the crop's proportions, so it becomes the crop as a whole.
            plan.zoom = Some(window);
            plan.resize = (fitted.cropped != window.size).then_some(fitted.cropped);
        } else {
            plan.resize = (fitted.resized != turned).then_some(fitted.resized);
            plan.place_crop(fitted, options, seen.focus);
        }
        plan.pad = (fitted.padded != fitted.cropped)
            .then(|| centred(fitted.padded, fitted.cropped, fitted.padded));
        plan.output = fitted.padded;
        plan.surround(options);
        Ok(plan)
    }

    /// What does not depend on any size.
    fn without_geometry(orient: Orientation, upright: Size, options: &Options) -> Self {
        let multiplier =
            |factor: Option<Factor>| factor.map(|one| one.get()).filter(|one| *one != 1.0);
        // Documented: 0 is ignored, but for the saturation, which it takes away.
        let above_zero = |factor| multiplier(factor).filter(|one| *one > 0.0);
        Self {
            orient,
            trim: None,
            find_border: None,
            flip: options.flip,
            rotate: options.rotate.unwrap_or(Rotate::Not),
            zoom: None,
            resize: None,
            crop: None,
            find_focus: None,
            pad: None,
            tone: Tone {
                brightness: above_zero(options.brightness),
                contrast: above_zero(options.contrast),
                gamma: above_zero(options.gamma),
                saturation: multiplier(options.saturation),
            },
            sharpen: options.sharpen.map(|amount| amount.get()).filter(|amount| *amount > 0.0),
            // Observed: below 1 it has no effect.
            blur: options.blur.map(|radius| radius.get()).filter(|radius| *radius >= 1.0),
            border: None,
            background: options.background,
            upright,
            output: upright,
            warnings: Vec::new(),
        }
    }

    fn fit(&mut self, source: Size, options: &Options) -> Fitted {
        let fit = options.fit.unwrap_or_default();
        let target = |side: u32| ((f64::from(side) * dpr(options)).round() as u32).max(1);
        let width = options.width.and_then(|width| width.pixels()).map(target);
        let height = options.height.map(|height| target(height.get()));
        self.warnings.extend(options.dpr.and_then(|dpr| dpr.warning()));
        match (width, height) {
            (Some(width), Some(height)) => fit::into_box(source, Size { width, height }, fit),
            (None, None) => fit::to_scale(source, Scale::ONE, fit),
            (width, height) => {
                self.warnings.extend(fit::needs_both_sides(fit));
                let across = width.map(|width| Scale::new(width, source.width));
                let down = height.map(|height| Scale::new(height, source.height));
                fit::to_scale(source, across.or(down).unwrap_or(Scale::ONE), fit)
            }
        }
    }

    fn place_crop(&mut self, fitted: Fitted, options: &Options, focus: Option<Focus>) {
        let (outer, size) = (fitted.resized, fitted.cropped);
        let gravity = options.gravity.unwrap_or_default();
        let zoom = options.zoom.map_or(0.0, |zoom| zoom.get());
        let (x, y, mode) = match focus {
            Some(Focus::Point(x, y, mode)) => (x, y, mode),
            _ => {
                let (x, y) = gravity.point().unwrap_or((0.5, 0.5));
                (x, y, options.gravity_mode.unwrap_or_default())
            }
        };
        self.crop = (size != outer).then(|| Window {
            size,
            left: offset(outer.width, size.width, x, mode),
            top: offset(outer.height, size.height, y, mode),
        });
        let crops = matches!(options.fit, Some(Fit::Cover | Fit::Crop | Fit::AspectCrop))
            && options.width.is_some()
            && options.height.is_some();
        let goes_close = gravity == Gravity::Face && zoom > 0.0;
        let looks = focus.is_none() && gravity.point().is_none() && crops;
        let part = |inner: u32, outer: u32| f64::from(inner) / f64::from(outer);
        self.find_focus = (looks && (self.crop.is_some() || goes_close)).then(|| Wanted {
            gravity,
            zoom,
            size,
            part: (part(size.width, outer.width), part(size.height, outer.height)),
        });
    }

    fn surround(&mut self, options: &Options) {
        let all = options.border_width;
        let edge = |side: Option<Edge>| {
            let pixels = side.or(all).map_or(0, |edge| edge.get());
            (f64::from(pixels) * dpr(options)).round() as u32
        };
        let Options { border_top, border_right, border_bottom, border_left, .. } = options;
        let [top, right, bottom, left] =
            [*border_top, *border_right, *border_bottom, *border_left].map(edge);
        if top + right + bottom + left == 0 {
            return;
        }
        let Some(color) = options.border_color else {
            self.warnings.push("a border needs a color");
            return;
        };
        self.border = Some(Border { color, top, right, bottom, left });
        self.output.width += left + right;
        self.output.height += top + bottom;
    }
}

fn dpr(options: &Options) -> f64 {
    options.dpr.map_or(1.0, |dpr| dpr.factor())
}

/// The border to look for, if one is asked for: by `trim=border` or by one of its own options.
fn border_rule(options: &Options) -> Option<BorderRule> {
    let Options { trim_border_color, trim_border_tolerance, trim_border_keep, .. } = options;
    let detailed = trim_border_color.is_some()
        || trim_border_tolerance.is_some()
        || trim_border_keep.is_some();
    (detailed || options.trim == Some(Trim::Border)).then(|| BorderRule {
        color: *trim_border_color,
        tolerance: trim_border_tolerance.map_or(BorderRule::TOLERANCE, |one| one.get() as u8),
        keep: trim_border_keep
            .map_or(0, |keep| (f64::from(keep.get()) * dpr(options)).round() as u32),
    })
}

/// What is left when the sides are cut off. Nothing left is an error.
fn trimmed_sides(source: Size, options: &Options) -> Result<Option<Window>, TransformError> {
    let [top, right, bottom, left] = match options.trim {
        Some(Trim::Sides(sides)) => sides.map(Some),
        _ => [None; 4],
    };
    let along = |side: u32, before: Option<Length>, after: Option<Length>, kept: Option<Length>| {
        let pixels = |length: Option<Length>| length.map(|one| one.of(side, dpr(options)));
        let start = pixels(before).unwrap_or(0).min(side);
        let end = match pixels(kept) {
            Some(kept) => start.saturating_add(kept).min(side),
            None => side.saturating_sub(pixels(after).unwrap_or(0)),
        };
        (start, end.saturating_sub(start))
    };
    let Options { trim_width, trim_height, .. } = *options;
    let (left, right) = (options.trim_left.or(left), options.trim_right.or(right));
    let (top, bottom) = (options.trim_top.or(top), options.trim_bottom.or(bottom));
    let (left, width) = along(source.width, left, right, trim_width);
    let (top, height) = along(source.height, top, bottom, trim_height);
    let size = Size { width, height };
    if size.area() == 0 {
        let limit = "an image has at least one pixel".to_owned();
        return Err(TransformError::TooLarge { size, limit });
    }
    Ok((size != source).then_some(Window { size, left, top }))
}

/// What the client should know of ways to trim that exclude each other.
fn unheeded_trim(options: &Options) -> Option<&'static str> {
    let Options { trim_top, trim_right, trim_bottom, trim_left, trim_width, trim_height, .. } =
        options;
    let lengths = [trim_top, trim_right, trim_bottom, trim_left, trim_width, trim_height];
    let sides =
        matches!(options.trim, Some(Trim::Sides(_))) || lengths.iter().any(|one| one.is_some());
    if border_rule(options).is_some() && sides {
        return Some("trim takes a border off or sides, not both: the sides stay");
    }
    let both = |kept: &Option<Length>, end: &Option<Length>| kept.is_some() && end.is_some();
    (both(trim_width, trim_right) || both(trim_height, trim_bottom))
        .then_some("trim.width and trim.height go before trim.right and trim.bottom")
}

/// How far from the start a crop of `inner` pixels begins on a side of `outer`.
fn offset(outer: u32, inner: u32, coordinate: f64, mode: GravityMode) -> u32 {
    let free = f64::from(outer - inner);
    let offset = match mode {
        GravityMode::Remainder => free * coordinate,
        GravityMode::BoxCenter => f64::from(outer) * coordinate - f64::from(inner) / 2.0,
    };
    // Half a pixel goes to the left and to the top.
    (offset.clamp(0.0, free) - 0.5).ceil() as u32
}

/// The size as shown: orientations 5 to 8 lay the image on its side.
fn upright(stored: Size, orientation: Orientation) -> Size {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    match orientation {
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => sideways(stored),
        _ => stored,
    }
}

/// The size of a picture of `size` after it was rotated.
pub(super) fn turned(size: Size, rotate: Rotate) -> Size {
    match rotate {
        Rotate::Not | Rotate::Around => size,
        Rotate::Right | Rotate::Left => sideways(size),
    }
}

fn sideways(size: Size) -> Size {
    Size { width: size.height, height: size.width }
}

/// `size` at the place where `inner` is in the middle of `outer`.
fn centred(outer: Size, inner: Size, size: Size) -> Window {
    Window { size, left: (outer.width - inner.width) / 2, top: (outer.height - inner.height) / 2 }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turned = self.orient != Orientation::NoTransforms;
        let rotated = self.rotate != Rotate::Not;
        let crop = self.crop.map(|window| match self.find_focus {
            Some(wanted) => format!("crop {} by {}", window.size, wanted.gravity),
            None => format!("crop {window}"),
        });
        let steps = [
            turned.then(|| format!("orient {}", self.orient.to_exif())),
            self.trim.map(|window| format!("trim {window}")),
            self.find_border.map(|rule| format!("trim border ± {}", rule.tolerance)),
            self.flip.map(|flip| format!("flip {flip}")),
            rotated.then(|| format!("rotate {}", self.rotate)),
            self.zoom.map(|window| format!("zoom {window}")),
            self.resize.map(|size| format!("resize {size}")),
            crop,
            self.background.map(|color| format!("background {color}")),
            self.pad.map(|window| format!("pad {window}")),
            self.tone.brightness.map(|factor| format!("brightness {factor}")),
            self.tone.contrast.map(|factor| format!("contrast {factor}")),
            self.tone.gamma.map(|factor| format!("gamma {factor}")),
            self.tone.saturation.map(|factor| format!("saturation {factor}")),
            self.sharpen.map(|amount| format!("sharpen {amount}")),
            self.blur.map(|radius| format!("blur {radius}")),
            self.border.map(|border| format!("border {border}")),
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

impl fmt::Display for Border {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { color, top, right, bottom, left } = self;
        write!(f, "{top} {right} {bottom} {left} {color}")
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
        let (upright, options) = (Orientation::NoTransforms, options.parse().unwrap());
        let plan = match Plan::new(size, upright, &options, &Seen::default()) {
            Ok(plan) => plan,
            Err(error) => return error.to_string(),
        };
        let warnings = plan.warnings.iter().map(|warning| format!("; {warning}"));
        format!("{plan}{}", warnings.collect::<String>())
    }

    #[test]
    fn the_documented_examples_come_out_as_documented() {
        for (case, expected) in [
            ("1080x720 w=2000,h=2000,fit=scale-down", "keep"),
            ("1080x720 w=500,h=500,fit=scale-down", "resize 500x333"),
            ("1080x720 w=500,h=500,fit=cover", "resize 750x500, crop 500x500+125+0"),
            ("1080x720 w=1296,h=1296,fit=crop", "keep"),
            ("612x613 w=1920,h=1120,fit=aspect-crop", "crop 612x357+0+128"),
            ("1080x720 w=1080,h=1080,fit=pad", "pad 1080x1080+0+180"),
            ("1080x1080 w=1080,h=540,fit=squeeze", "resize 1080x540"),
            ("900x900 w=300,h=900,fit=cover,g=0.33x0.5", "crop 300x900+198+0"),
        ] {
            assert_eq!(plan(case), expected, "{case}");
        }
    }

    /// Every fit on a source of 400x300 meets a box that is larger, smaller, wider, taller, and a
    /// width alone.
    const FITS: [(&str, [&str; 5]); 8] = [
        ("scale-down", ["keep", "resize 100x75", "resize 133x100", "resize 100x75", "keep"]),
        ("scale-up", ["resize 800x600", "keep", "keep", "keep", "resize 800x600"]),
        (
            "contain",
            [
                "resize 800x600",
                "resize 100x75",
                "resize 133x100",
                "resize 100x75",
                "resize 800x600",
            ],
        ),
        (
            "cover",
            [
                "resize 800x600",
                "resize 133x100, crop 100x100+16+0",
                "resize 800x600, crop 800x100+0+250",
                "resize 800x600, crop 100x600+350+0",
                "resize 800x600; cover fit mode needs both width and height",
            ],
        ),
        (
            "crop",
            [
                "keep",
                "resize 133x100, crop 100x100+16+0",
                "crop 400x100+0+100",
                "crop 100x300+150+0",
                "keep; crop fit mode needs both width and height",
            ],
        ),
        (
            "aspect-crop",
            [
                "keep",
                "resize 133x100, crop 100x100+16+0",
                "crop 400x50+0+125",
                "crop 50x300+175+0",
                "keep; aspect-crop fit mode needs both width and height",
            ],
        ),
        (
            "pad",
            [
                "resize 800x600",
                "resize 100x75, pad 100x100+0+12",
                "resize 133x100, pad 800x100+333+0",
                "resize 100x75, pad 100x600+0+262",
                "resize 800x600; pad fit mode needs both width and height",
            ],
        ),
        (
            "squeeze",
            [
                "resize 800x600",
                "resize 100x100",
                "resize 800x100",
                "resize 100x600",
                "resize 800x600; squeeze fit mode needs both width and height",
            ],
        ),
    ];

    #[test]
    fn every_fit_meets_every_kind_of_box() {
        let boxes = ["w=800,h=600", "w=100,h=100", "w=800,h=100", "w=100,h=600", "w=800"];
        for (fit, plans) in FITS {
            for (sides, expected) in boxes.iter().zip(plans) {
                assert_eq!(plan(&format!("400x300 {sides},fit={fit}")), expected, "{fit} {sides}");
            }
        }
    }

    #[test]
    fn gravity_says_what_a_crop_keeps() {
        for (gravity, expected) in [
            ("left", "crop 100x100+0+0"),
            ("right", "crop 100x100+300+0"),
            ("center", "crop 100x100+150+0"),
            ("0.25x0", "crop 100x100+75+0"),
            ("0.25x0,gravity.mode=box-center", "crop 100x100+50+0"),
            ("0x0,gravity.mode=box-center", "crop 100x100+0+0"),
            ("1x1,gravity.mode=box-center", "crop 100x100+300+0"),
            ("auto", "crop 100x100 by auto"),
            ("face", "crop 100x100 by face"),
        ] {
            assert_eq!(plan(&format!("400x100 w=100,h=100,fit=cover,g={gravity}")), expected);
        }
        for (gravity, expected) in [("top", "crop 100x100+0+0"), ("bottom", "crop 100x100+0+300")] {
            assert_eq!(plan(&format!("100x400 w=100,h=100,fit=crop,g={gravity}")), expected);
        }
        // Where nothing is cut off there is nothing to choose.
        assert_eq!(plan("400x100 w=100,h=100,g=left"), "resize 100x25");
        assert_eq!(plan("400x400 w=100,h=100,fit=cover,g=auto"), "resize 100x100");
    }

    #[test]
    fn the_device_ratio_multiplies_what_is_given_in_pixels() {
        for (case, expected) in [
            ("1080x720 w=270,dpr=2", "resize 540x360"),
            ("1080x720 w=270,dpr=1.5", "resize 405x270"),
            ("1080x720 w=270,dpr=4", "resize 540x360; dpr > 3 should never be used"),
            ("1080x720 dpr=4", "keep; dpr > 3 should never be used"),
            ("1080x720 trim=10;0;0;20,dpr=2", "trim 1040x700+40+20"),
            ("1080x720 trim=0.5;0;0;0,dpr=2", "trim 1080x360+0+360"),
            ("10x10 border.width=2,border.color=red,dpr=2", "border 4 4 4 4 #ff0000"),
        ] {
            assert_eq!(plan(case), expected, "{case}");
        }
    }

    #[test]
    fn trimming_comes_first_and_turning_before_resizing() {
        for (case, expected) in [
            ("400x300 trim=10;20;30;40", "trim 340x260+40+10"),
            ("400x300 trim=0.1;0.2;0.1;0.2,w=120", "trim 240x240+80+30, resize 120x120"),
            ("400x300 trim.left=100,trim.width=200,w=100", "trim 200x300+100+0, resize 100x150"),
            ("400x300 trim.top=0.25,trim.height=0.5", "trim 400x150+0+75"),
            ("400x300 trim.left=390,trim.width=200", "trim 10x300+390+0"),
            ("400x300 trim=10;0;0;0,trim.top=20", "trim 400x280+0+20"),
            ("400x300 trim=border", "trim border ± 10"),
            ("400x300 trim.border.tolerance=3", "trim border ± 3"),
            (
                "400x300 trim=border,trim.top=900",
                "trim border ± 10; trim takes a border off or sides, not both: the sides stay",
            ),
            (
                "400x300 trim.width=50,trim.right=3",
                "trim 50x300+0+0; trim.width and trim.height go before trim.right and trim.bottom",
            ),
            ("400x300 trim=150;0;150;0", "400x0, but an image has at least one pixel"),
            ("400x300 rotate=90,w=150", "rotate 90, resize 150x200"),
            ("400x300 rotate=180,w=200", "rotate 180, resize 200x150"),
            ("400x300 rotate=360", "keep"),
            ("400x300 flip=h,rotate=270,h=100", "flip h, rotate 270, resize 75x100"),
        ] {
            assert_eq!(plan(case), expected, "{case}");
        }
    }

    #[test]
    fn what_was_seen_settles_a_plan() {
        let source = Size { width: 400, height: 300 };
        let plan = |options: &str, seen| {
            let options = options.parse().unwrap();
            Plan::new(source, Orientation::NoTransforms, &options, &seen).unwrap().to_string()
        };
        let window = Window { size: Size { width: 200, height: 100 }, left: 50, top: 60 };

        let seen = Seen { inside_border: Some(window), focus: None };
        assert_eq!(plan("trim=border,w=100", seen), "trim 200x100+50+60, resize 100x50");
        let whole = Window { size: source, left: 0, top: 0 };
        let seen = Seen { inside_border: Some(whole), focus: None };
        assert_eq!(plan("trim=border", seen), "keep");

        let cover = "w=300,h=300,fit=cover,g=face";
        let point = Focus::Point(1.0, 0.5, GravityMode::Remainder);
        let seen = Seen { inside_border: None, focus: Some(point) };
        assert_eq!(plan(cover, seen), "crop 300x300+100+0");
        let square = Window { size: Size { width: 150, height: 150 }, left: 10, top: 20 };
        let seen = Seen { inside_border: None, focus: Some(Focus::Window(square)) };
        assert_eq!(plan(cover, seen), "zoom 150x150+10+20, resize 300x300");
    }

    #[test]
    fn filters_that_change_nothing_are_left_out() {
        for (case, expected) in [
            ("9x9 blur=0.9,sharpen=0,brightness=1,contrast=0,gamma=0,saturation=1", "keep"),
            (
                "9x9 brightness=2,contrast=0.5,gamma=2,saturation=0,sharpen=1,blur=3",
                "brightness 2, contrast 0.5, gamma 2, saturation 0, sharpen 1, blur 3",
            ),
            ("9x9 border.width=3", "keep; a border needs a color"),
            ("9x9 border.color=red", "keep"),
            (
                "9x9 border.color=red,border.width=3,border.left=0,background=tan",
                "background #d2b48c, border 3 3 3 0 #ff0000",
            ),
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
    fn halves_are_rounded_up() {
        // 0.7 of 45 is 31.5, and 45 times the nearest float a little less.
        assert_eq!(plan("10x45 w=7"), "resize 7x32");
    }

    #[test]
    fn a_side_never_vanishes() {
        assert_eq!(plan("10000x3 w=100"), "resize 100x1");
    }

    #[test]
    fn sizes_are_those_of_the_upright_image() {
        let size = Size { width: 400, height: 300 };
        let options = "w=150".parse().unwrap();
        let plan = Plan::new(size, Orientation::Rotate90, &options, &Seen::default());

        assert_eq!(plan.unwrap().to_string(), "orient 6, resize 150x200");
    }
}
