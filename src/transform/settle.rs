//! Looks at pixels where a plan depends on them: where a border ends, where a crop shows most.

use image::{DynamicImage, math::Rect};

use super::{
    TransformError, faces,
    options::Options,
    pixels,
    plan::{Focus, Plan, Seen, Wanted, Window},
    probe::{Limits, Probe},
    saliency,
    values::{Gravity, GravityMode, Size},
};

/// The plan for a source of which `frame` is the first frame, as stored. Nothing is left in it to
/// be looked for, and its result is within the limits.
pub(super) fn plan(
    probe: &Probe,
    options: &Options,
    limits: &Limits,
    frame: &DynamicImage,
) -> Result<Plan, TransformError> {
    let mut seen = Seen::default();
    let new = |seen: &Seen| Plan::new(probe.stored, probe.orientation, options, seen);
    let mut plan = new(&seen)?;
    if let Some(rule) = plan.find_border {
        let mut upright = frame.clone();
        upright.apply_orientation(plan.orient);
        // A picture that is nothing but border stays as it is.
        let whole = Window { size: plan.upright, left: 0, top: 0 };
        seen.inside_border = Some(rule.inside(&upright).unwrap_or(whole));
        plan = new(&seen)?;
    }
    if let Some(wanted) = plan.find_focus {
        seen.focus = Some(focus(&pixels::reframe(&plan, frame.clone()), wanted));
        plan = new(&seen)?;
    }
    limits.check_output(&plan, probe.played_frames(options))?;
    Ok(plan)
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
