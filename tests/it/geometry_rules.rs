//! The rules of geometry, said a second time and in whole numbers (delivery-and-transforms.md §2.3,
//! §2.4), and held against the plans of many random requests. The requests are the same in every run.

use image::metadata::Orientation;
use tintype::transform::{Options, Plan, Seen, Size, Window};

use crate::support::dice::Dice;

const REQUESTS: usize = 30_000;

const FITS: [&str; 8] =
    ["scale-down", "scale-up", "contain", "cover", "crop", "aspect-crop", "pad", "squeeze"];

/// A request, and what it says in numbers.
struct Request {
    stored: Size,
    orientation: Orientation,
    text: String,
    /// What is cut off: top, right, bottom, left, in pixels of the upright picture.
    trim: [u64; 4],
    on_its_side: bool,
    fit: &'static str,
    /// The sides asked for, multiplied.
    width: Option<u64>,
    height: Option<u64>,
    gravity: &'static str,
    /// A border's width, multiplied.
    border: u64,
}

/// `numerator / denominator` to the nearest whole number, halves up, and at least `least`.
fn rounded(numerator: u64, denominator: u64, least: u64) -> u64 {
    ((2 * numerator + denominator) / (2 * denominator)).max(least)
}

fn a_side(dice: &mut Dice) -> u32 {
    let most = dice.one_of(&[3, 20, 200, 2_000, 12_000]);
    dice.below(most) as u32 + 1
}

impl Request {
    fn random(dice: &mut Dice) -> Self {
        let stored = Size { width: a_side(dice), height: a_side(dice) };
        let exif = dice.below(8) as u8 + 1;
        let orientation = Orientation::from_exif(exif).unwrap();
        let upright = if exif > 4 { turned(stored) } else { stored };
        let mut parts = Vec::new();

        // The ratio in halves; 6 is cut down to 4.
        let halves = dice.one_of(&[2, 2, 2, 1, 3, 4, 6_u64]);
        if halves != 2 || dice.below(2) == 0 {
            parts.push(format!("dpr={}", halves as f64 / 2.0));
        }
        let multiplied = |side: u64, least| rounded(side * halves.min(4), 2, least);
        let trim = trim(dice, upright, &mut parts, multiplied);
        let angle = dice.one_of(&[0, 0, 90, 180, 270]);
        if angle > 0 {
            parts.push(format!("rotate={angle}"));
        }
        let fit = dice.one_of(&FITS);
        parts.push(format!("fit={fit}"));
        let sides = dice.below(6);
        let mut side = |name: &str, given: bool| {
            given.then(|| {
                let side = u64::from(a_side(dice));
                parts.push(format!("{name}={side}"));
                multiplied(side, 1)
            })
        };
        let (width, height) = (side("width", sides > 1), side("height", sides != 2 && sides != 0));
        let gravity = dice.one_of(&["center", "left", "right", "top", "bottom", "0.25x0.75"]);
        parts.push(format!("gravity={gravity}"));
        let mut border = 0;
        if dice.below(5) == 0 {
            let width = dice.below(30) as u64;
            parts.push(format!("border.color=red,border.width={width}"));
            border = multiplied(width, 0);
        }
        let (text, on_its_side) = (parts.join(","), angle % 180 == 90);
        Self { stored, orientation, text, trim, on_its_side, fit, width, height, gravity, border }
    }
}

fn turned(size: Size) -> Size {
    Size { width: size.height, height: size.width }
}

/// Adds a way to trim to the options: not at all, by pixels, by quarters, or by what is kept.
fn trim(
    dice: &mut Dice,
    upright: Size,
    parts: &mut Vec<String>,
    multiplied: impl Fn(u64, u64) -> u64,
) -> [u64; 4] {
    let (width, height) = (u64::from(upright.width), u64::from(upright.height));
    let mut some = |side: u64| dice.below(side as usize / 3 + 2) as u64;
    let pixels = [some(height), some(width), some(height), some(width)];
    let [top, right, bottom, left] = pixels;
    match dice.below(8) {
        0 => {
            parts.push(format!("trim={top};{right};{bottom};{left}"));
            pixels.map(|pixels| multiplied(pixels, 0))
        }
        1 => {
            parts.push("trim=0.25;0.25;0;0.5".to_owned());
            [rounded(height, 4, 0), rounded(width, 4, 0), 0, rounded(width, 2, 0)]
        }
        2 => {
            let (right, bottom) = (right + 1, bottom + 1);
            parts.push(format!("trim.left={left},trim.top={top}"));
            parts.push(format!("trim.width={right},trim.height={bottom}"));
            let [top, right, bottom, left] =
                [top, right, bottom, left].map(|pixels| multiplied(pixels, 0));
            let rest = |side: u64, before: u64, kept: u64| side.saturating_sub(before + kept);
            [top, rest(width, left, right), rest(height, top, bottom), left]
        }
        _ => [0; 4],
    }
}

fn pair(size: Size) -> (u64, u64) {
    (size.width.into(), size.height.into())
}

/// What came out of a plan, and what went into the fitting.
struct Fitted {
    source: (u64, u64),
    resized: (u64, u64),
    /// After the crop and before the canvas.
    inner: (u64, u64),
    output: (u64, u64),
}

impl Fitted {
    /// Follows the plan's steps from the trimmed and turned source on.
    fn follow(request: &Request, plan: &Plan) -> Self {
        let upright = pair(plan.upright);
        let trimmed = plan.trim.map_or(upright, |window| {
            assert_within(window, upright);
            pair(window.size)
        });
        let [top, right, bottom, left] = request.trim;
        assert_eq!(trimmed, (upright.0 - left - right, upright.1 - top - bottom), "trimmed");
        if let Some(window) = plan.trim {
            assert_eq!(
                (u64::from(window.left), u64::from(window.top)),
                (left, top),
                "trim's place"
            );
        }
        let source = if request.on_its_side { (trimmed.1, trimmed.0) } else { trimmed };
        let resized = plan.resize.map_or(source, pair);
        let inner = plan.crop.map_or(resized, |window| {
            assert_within(window, resized);
            pair(window.size)
        });
        let output = plan.pad.map_or(inner, |canvas| pair(canvas.size));
        Self { source, resized, inner, output }
    }

    fn keeps_proportions(&self) -> bool {
        let ((width, height), (across, down)) = (self.source, self.resized);
        // Within a pixel of one side, measured by the other.
        let off = (across * height).abs_diff(down * width);
        off <= height.max(width)
    }

    fn enlarges(&self) -> bool {
        self.resized.0 > self.source.0 || self.resized.1 > self.source.1
    }

    fn shrinks(&self) -> bool {
        self.resized.0 < self.source.0 || self.resized.1 < self.source.1
    }
}

fn is_inside(inner: (u64, u64), outer: (u64, u64)) -> bool {
    inner.0 <= outer.0 && inner.1 <= outer.1
}

/// Whether one side is as long as can be.
fn touches(inner: (u64, u64), outer: (u64, u64)) -> bool {
    inner.0 == outer.0 || inner.1 == outer.1
}

fn assert_within(window: Window, (width, height): (u64, u64)) {
    let right = u64::from(window.left) + u64::from(window.size.width);
    let bottom = u64::from(window.top) + u64::from(window.size.height);
    assert!(right <= width && bottom <= height, "{window} reaches out of {width}x{height}");
    assert!(window.size.area() > 0, "{window} is empty");
}

fn check_a_box(fit: &str, fitted: &Fitted, asked: (u64, u64)) {
    let &Fitted { source, resized, inner, output } = fitted;
    let fits = is_inside(source, asked);
    match fit {
        "scale-down" => {
            assert!(is_inside(output, asked) && !fitted.enlarges());
            assert!(if fits { output == source } else { touches(output, asked) });
        }
        "contain" => assert!(is_inside(output, asked) && touches(output, asked)),
        "scale-up" => {
            assert!(!fitted.shrinks());
            let grows = fits && !touches(source, asked);
            assert!(if grows {
                is_inside(output, asked) && touches(output, asked)
            } else {
                output == source
            });
        }
        "cover" => {
            assert_eq!(output, asked);
            assert!(is_inside(asked, resized) && touches(asked, resized));
        }
        "crop" => {
            assert!(is_inside(output, asked) && !fitted.enlarges());
            assert_eq!(output, (asked.0.min(resized.0), asked.1.min(resized.1)));
            assert!(!is_inside(asked, source) || output == asked);
            assert!(!fits || output == source);
        }
        "aspect-crop" => {
            assert!(is_inside(output, asked) && !fitted.enlarges());
            assert!(output == asked || touches(output, source));
            assert!(!is_inside(asked, source) || output == asked);
            let off = (output.0 * asked.1).abs_diff(output.1 * asked.0);
            assert!(output == asked || off <= asked.0.max(asked.1), "proportions of the box");
        }
        "pad" => {
            assert_eq!(output, asked);
            assert!(is_inside(inner, asked) && touches(inner, asked) && inner == resized);
        }
        _ => assert!(output == asked && resized == asked),
    }
    assert!(fit == "squeeze" || fitted.keeps_proportions(), "proportions of the source");
}

/// One side is met exactly and the other follows in proportion. Nothing is cropped or padded.
fn check_one_side(request: &Request, fitted: &Fitted) {
    let (width, height) = fitted.source;
    let (asked, side) = match request.width {
        Some(asked) => (asked, width),
        None => (request.height.unwrap(), height),
    };
    let stays = match request.fit {
        "scale-down" | "crop" | "aspect-crop" => asked >= side,
        "scale-up" => asked <= side,
        _ => false,
    };
    let (asked, side) = if stays { (1, 1) } else { (asked, side) };
    let expected = (rounded(width * asked, side, 1), rounded(height * asked, side, 1));
    assert_eq!(fitted.resized, expected);
    assert_eq!(fitted.output, expected);
}

fn check_place(gravity: &str, outer: (u64, u64), window: Window) {
    let (left, top) = (u64::from(window.left), u64::from(window.top));
    let free = (outer.0 - u64::from(window.size.width), outer.1 - u64::from(window.size.height));
    // In quarters of what is left over.
    let (x, y) = match gravity {
        "left" => (0, 2),
        "right" => (4, 2),
        "top" => (2, 0),
        "bottom" => (2, 4),
        "0.25x0.75" => (1, 3),
        _ => (2, 2),
    };
    // No more than half a pixel off.
    assert!((4 * left).abs_diff(free.0 * x) <= 2, "{window} of {outer:?}");
    assert!((4 * top).abs_diff(free.1 * y) <= 2, "{window} of {outer:?}");
}

fn check(request: &Request, plan: &Plan) {
    let fitted = Fitted::follow(request, plan);
    match (request.width, request.height) {
        (Some(width), Some(height)) => check_a_box(request.fit, &fitted, (width, height)),
        (None, None) => assert_eq!(fitted.output, fitted.source),
        _ => check_one_side(request, &fitted),
    }
    if let Some(window) = plan.crop {
        check_place(request.gravity, fitted.resized, window);
    }
    if let Some(canvas) = plan.pad {
        let inner = Size { width: fitted.inner.0 as u32, height: fitted.inner.1 as u32 };
        assert_within(Window { size: inner, ..canvas }, fitted.output);
        check_place("center", fitted.output, Window { size: inner, ..canvas });
    }
    let around = 2 * request.border;
    assert_eq!(pair(plan.output), (fitted.output.0 + around, fitted.output.1 + around));
    assert!(plan.output.area() > 0);
}

#[test]
fn every_plan_keeps_the_rules() {
    let mut dice = Dice(1839);
    let mut refused = 0;
    for _ in 0..REQUESTS {
        let request = Request::random(&mut dice);
        let Request { stored, orientation, text, trim: [top, right, bottom, left], .. } = &request;
        let told = format!("{stored} as {} with {text}", orientation.to_exif());
        let options: Options = text.parse().unwrap();
        let plan = Plan::new(*stored, *orientation, &options, &Seen::default());
        let printed = options.to_string().parse().unwrap();
        assert_eq!(plan, Plan::new(*stored, *orientation, &printed, &Seen::default()), "{told}");

        let upright = if orientation.to_exif() > 4 { turned(*stored) } else { *stored };
        let (width, height) = pair(upright);
        if left + right >= width || top + bottom >= height {
            assert!(plan.is_err(), "{told}");
            refused += 1;
            continue;
        }
        let plan = plan.unwrap_or_else(|error| panic!("{told}: {error}"));
        let kept = std::panic::catch_unwind(|| check(&request, &plan));
        assert!(kept.is_ok(), "{told} is planned as: {plan}, {}", plan.output);
    }
    assert!(refused < REQUESTS / 10, "{refused} were about nothing");
}
