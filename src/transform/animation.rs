//! Animations: every frame through the same plan, one at a time, timing and loop count kept.

use super::{
    Job, TransformError, color,
    decode::{self, AnimationFrame},
    encode::{self, AnimationEncoder},
    pixels,
    plan::Plan,
    settle,
};

/// Renders an animation. One source frame is in memory at a time.
pub(super) fn transform(job: &Job) -> Result<Vec<u8>, TransformError> {
    let animation = decode::animation(job.source, job.probe.format)?;
    let mut encoder: Option<Box<dyn AnimationEncoder>> = None;
    let mut plan: Option<Plan> = None;
    for frame in animation.frames {
        let AnimationFrame { canvas, milliseconds } = frame?;
        let canvas = color::to_srgb(canvas.into(), &animation.space);
        // What the first frame shows decides for all: a window that jumped about would shake.
        let plan = match &mut plan {
            Some(plan) => plan,
            none => none.insert(settle::plan(&job.probe, job.options, &job.seen, &canvas)?),
        };
        let canvas = pixels::apply(plan, canvas)?.into_rgba8();
        let encoder = match &mut encoder {
            Some(encoder) => encoder,
            none => {
                let (size, plays) = (canvas.dimensions(), animation.plays);
                none.insert(encode::animation(&job.encoding, size, plays, &animation.palette)?)
            }
        };
        encoder.add(canvas, milliseconds)?;
    }
    encoder.ok_or_else(|| decode::undecodable("there is no frame"))?.finish()
}
