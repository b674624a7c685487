//! `format=json`: what is known of an image instead of the image (delivery-and-transforms.md §3.5).

use serde::Serialize;

use super::{plan::Plan, probe::Probe, values::Size};

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

/// The sizes before and after.
pub(super) fn describe(file_size: usize, probe: &Probe, plan: &Plan) -> Vec<u8> {
    let Size { width, height } = plan.upright;
    let original = Original { file_size, width, height, format: probe.format.media_type() };
    let Size { width, height } = plan.output;
    let description = Description { width, height, original };
    serde_json::to_vec(&description).expect("numbers and names are always JSON")
}
