//! `format=json`: what is known of an image instead of the image (delivery-and-transforms.md §3.5).

use serde::Serialize;

use super::{
    TransformError, color, decode,
    options::Options,
    plan::{Plan, Seen},
    probe::{Limits, Probe},
    settle,
    values::Size,
};

#[derive(Serialize)]
struct Description {
    /// Of the result.
    width: u32,
    height: u32,
    original: Original,
}

#[derive(Serialize)]
struct Original {
    /// In bytes.
    file_size: usize,
    /// As shown: turned upright.
    width: u32,
    height: u32,
    format: &'static str,
}

/// The sizes before and after. Pixels are decoded only where they have a say in them.
pub(super) fn describe(
    source: &[u8],
    probe: &Probe,
    options: &Options,
    limits: &Limits,
) -> Result<Vec<u8>, TransformError> {
    let plan = Plan::new(probe.stored, probe.orientation, options, &Seen::default())?;
    let Size { width, height } = match plan.find_border {
        None => plan.output,
        Some(_) => {
            let decoded = decode::still(source, probe.format)?;
            let frame = color::to_srgb(decoded.pixels, &decoded.space);
            settle::plan(probe, options, limits, &frame)?.output
        }
    };
    let upright = plan.upright;
    let original = Original {
        file_size: source.len(),
        width: upright.width,
        height: upright.height,
        format: probe.format.media_type(),
    };
    let description = Description { width, height, original };
    Ok(serde_json::to_vec(&description).expect("numbers and names are always JSON"))
}
