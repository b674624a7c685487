//! Looks at pixels where a plan depends on them: where a border ends, where a crop shows most.

use image::{DynamicImage, math::Rect};

use super::{
    TransformError, color, decode, faces,
    options::Options,
    pixels,
    plan::{Focus, Plan, Seen, Wanted, Window},
    probe::Probe,
    saliency,
    values::{Gravity, GravityMode, Size},
};

/// Looks for the border that is to be trimmed, if one is. For that the first frame is decoded by
/// itself: what the border leaves decides on the format of the answer.
pub(super) fn border(
    source: &[u8],
    probe: &Probe,
    options: &Options,
) -> Result<Seen, TransformError> {
    let plan = Plan::new(probe.stored, probe.orientation, options, &Seen::default())?;
    let Some(rule) = plan.find_border else { return Ok(Seen::default()) };
    let decoded = decode::still(source, probe.format)?;
    let mut upright = color::to_srgb(decoded.pixels, &decoded.space);
    upright.apply_orientation(plan.orient);
    // A picture that is nothing but border stays as it is.
    let whole = Window { size: plan.upright, left: 0, top: 0 };
    let inside = rule.inside(&upright).unwrap_or(whole);
    Ok(Seen { inside_border: Some(inside), focus: None })
}

/// The plan for a source of which `frame` is the first frame, as stored. Nothing is left in it to
/// be looked for. Its result has the size that was planned before.
pub(super) fn plan(
    probe: &Probe,
    options: &Options,
    seen: &Seen,
    frame: &DynamicImage,
) -> Result<Plan, TransformError> {
    let plan = Plan::new(probe.stored, probe.orientation, options, seen)?;
    let Some(wanted) = plan.find_focus else { return Ok(plan) };
    let focus = Some(focus(&pixels::reframe(&plan, frame.clone()), wanted));
    Plan::new(probe.stored, probe.orientation, options, &Seen { focus, ..*seen })
}

fn focus(frame: &DynamicImage, wanted: Wanted) -> Focus {
    let relative = |(x, y)| Focus::Point(x, y, GravityMode::Remainder);
    match wanted.gravity {
        Gravity::Auto => relative(saliency::most_salient(frame, wanted.part)),
        Gravity::Entropy => relative(saliency::highest_entropy(frame, wanted.part)),
        _ => match faces::bounding_box(frame) {
            None => relative((0.5, 0.5)),
            Some(faces) => around_faces(frame, faces, wanted),
        },
    }
}

fn around_faces(frame: &DynamicImage, faces: Rect, wanted: Wanted) -> Focus {
    let (across, down) = (frame.width(), frame.height());
    if wanted.zoom == 0.0 {
        let middle = |start: u32, length: u32, side: u32| {
            (f64::from(start) + f64::from(length) / 2.0) / f64::from(side)
        };
        let x = middle(faces.x, faces.width, across);
        let y = middle(faces.y, faces.height, down);
        return Focus::Point(x, y, GravityMode::BoxCenter);
    }
    let ratio = f64::from(wanted.size.width) / f64::from(wanted.size.height);
    let view = faces::window((across, down), ratio, faces, wanted.zoom.into());
    let left = (view.left.round() as u32).min(across - 1);
    let top = (view.top.round() as u32).min(down - 1);
    let width = (view.width.round() as u32).clamp(1, across - left);
    let height = (view.height.round() as u32).clamp(1, down - top);
    Focus::Window(Window { size: Size { width, height }, left, top })
}
