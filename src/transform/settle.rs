//! Looks at pixels where a plan depends on them: where a border ends, where a crop shows most.

use image::DynamicImage;

use super::{
    TransformError, faces,
    options::Options,
    pixels,
    plan::{Focus, Plan, Seen, Wanted, Window},
    probe::{Limits, Probe},
    saliency,
    values::{Gravity, GravityMode},
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
            Some(_faces) => relative((0.5, 0.5)),
        },
    }
}
