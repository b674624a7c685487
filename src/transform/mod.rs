//! Bytes and options in, bytes out: what the service does to an image.
//!
//! This module imports nothing of ours: it knows no HTTP, database, clock, path or setting.
//! `transform` below is the order in which pixels are touched.

mod options;
mod values;

mod negotiate;
mod plan;
mod probe;

mod animation;
mod color;
mod decode;
mod encode;
mod metadata;
mod pixels;
mod svg;

pub use negotiate::{Accepts, negotiate};
pub use options::{InvalidOption, OptionRow, Options, TABLE};
pub use plan::{Plan, Window};
pub use probe::{Limits, Probe, probe};
pub use values::{Blur, Fit, Format, MetadataPolicy, OutOfRange, Pixels, Size, UnknownFit};

/// Part of every rendition's identity: raised when equal input gives other bytes than before.
pub const ENGINE_VERSION: u32 = 1;

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    pub bytes: Vec<u8>,
    pub format: Format,
    /// What the client should know of options that did not take effect.
    pub warnings: Vec<&'static str>,
}

/// Why bytes could not be transformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    #[error("the bytes are no image of a supported format")]
    UnsupportedFormat,
    #[error("{size}, but {limit}")]
    TooLarge { size: Size, limit: String },
    #[error("{frames} frames of {size} are over the limit of {limit} pixels in all")]
    AnimationTooLong { frames: u32, size: Size, limit: u64 },
    #[error("the image could not be decoded: {0}")]
    Undecodable(String),
    #[error("the result could not be encoded: {0}")]
    Unencodable(String),
}

/// Renders `source` as `options` ask, in a format that the client accepts.
pub fn transform(
    source: &[u8],
    options: &Options,
    accepts: Accepts,
    limits: &Limits,
) -> Result<Rendition, TransformError> {
    if probe::sniff(source) == Some(Format::Svg) {
        let ignored = *options != Options::default();
        let warnings = if ignored { vec!["SVG is delivered without changes"] } else { Vec::new() };
        return Ok(Rendition { bytes: svg::sanitize(source)?, format: Format::Svg, warnings });
    }
    let probe = probe(source, limits)?;
    if probe.is_animated() && probe.total_area() > limits.transformed_area {
        let warnings = vec!["animation too large to be transformed"];
        return Ok(Rendition { bytes: source.to_vec(), format: probe.format, warnings });
    }
    let plan = Plan::new(probe.stored, probe.orientation, options);
    let format = negotiate(accepts, &probe);
    limits.check_output(&plan, probe.frames)?;

    let bytes = if probe.is_animated() && format.can_animate() {
        animation::transform(source, &probe, &plan, format)?
    } else {
        let decoded = decode::still(source, probe.format)?;
        let frame = color::to_srgb(decoded.pixels, &decoded.space);
        let frame = pixels::apply(&plan, frame)?;
        let exif = metadata::carried(decoded.exif, options.metadata.unwrap_or_default());
        encode::still(frame, format, exif)?
    };
    Ok(Rendition { bytes, format, warnings: plan.warnings })
}

/// Decodes all of `source` and throws the pixels away: an `Ok` means that it can be delivered.
pub fn verify(source: &[u8], limits: &Limits) -> Result<Format, TransformError> {
    if probe::sniff(source) == Some(Format::Svg) {
        return svg::sanitize(source).map(|_| Format::Svg);
    }
    let probe = probe(source, limits)?;
    if probe.format == Format::Jpeg && !decode::jpeg::is_complete(source) {
        return Err(decode::undecodable("the file is cut off"));
    }
    if probe.is_animated() {
        for frame in decode::animation(source, probe.format)?.frames {
            frame?;
        }
    } else {
        decode::still(source, probe.format)?;
    }
    Ok(probe.format)
}
