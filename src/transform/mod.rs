//! Bytes and options in, bytes out: what the service does to an image.
//!
//! This module imports nothing of ours: it knows no HTTP, database, clock, path or setting.
//! `transform` below is the order in which pixels are touched.

mod options;

mod css_color;
mod numbers;
mod values;

mod client;
mod decide;
mod fit;
mod negotiate;
mod plan;
mod probe;
mod settle;
mod shrink;

mod border;
mod faces;
mod saliency;
mod small_copy;

mod adjust;
mod animation;
mod color;
mod decode;
mod encode;
mod gaussian;
mod jpeg;
mod json;
mod metadata;
mod pixels;
mod svg;

pub use client::{Accepts, Client};
pub use css_color::Color;
pub use decide::{Prospect, estimate, explain};
pub use numbers::{
    Blur, Dpr, Edge, Factor, Length, Pixels, Quality, Sharpen, Tolerance, UpTo, Whole, Zoom,
};
pub use options::{InvalidOption, OptionRow, Options, Place, Reading, Support, TABLE};
pub use plan::{Border, BorderRule, Focus, Plan, Seen, Tone, Wanted, Window};
pub use probe::{Limits, Probe, probe, sniff};
pub use values::{
    Breakpoints, Compression, Fit, Flip, Format, Gravity, GravityMode, InvalidValue,
    MetadataPolicy, OnError, OutputFormat, Rotate, Segment, Size, Trim, Upscale, Width,
};

use image::DynamicImage;

use decide::{Act, Decision, decide};
use encode::Encoding;
use shrink::Shrink;

/// Part of every rendition's identity: raised when equal input gives other bytes than before.
pub const ENGINE_VERSION: u32 = 8;

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    pub bytes: Vec<u8>,
    /// As in `Content-Type`.
    pub media_type: &'static str,
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
    #[error("pixels can't be made into an SVG")]
    NoVector,
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
    let Decision { act, media_type, warnings, .. } = decide(source, options, accepts, limits)?;
    let bytes = match act {
        Act::Clean => svg::sanitize(source)?,
        Act::Leave => source.to_vec(),
        Act::Describe { probe, plan } => json::describe(source.len(), &probe, &plan),
        Act::Render { probe, seen, encoding, moves, .. } => {
            let job = Job { source, probe, options, seen, encoding };
            if moves { animation::transform(&job)? } else { still(&job)? }
        }
    };
    Ok(Rendition { bytes, media_type, warnings })
}

/// What is known when the decoding begins.
struct Job<'a> {
    source: &'a [u8],
    probe: Probe,
    options: &'a Options,
    seen: Seen,
    encoding: Encoding,
}

fn still(job: &Job) -> Result<Vec<u8>, TransformError> {
    let (frame, exif) = match from_part(job)? {
        Some(made) => made,
        None => from_whole(job)?,
    };
    let exif = metadata::carried(exif, job.options.metadata.unwrap_or_default());
    encode::still(frame, &job.encoding, exif.as_deref())
}

/// Pixels that are finished, and the EXIF block of their source.
type Made = (DynamicImage, Option<Vec<u8>>);

fn from_whole(job: &Job) -> Result<Made, TransformError> {
    let decoded = decode::still(job.source, job.probe.format)?;
    let frame = color::to_srgb(decoded.pixels, &decoded.space);
    let plan = settle::plan(&job.probe, job.options, &job.seen, &frame)?;
    Ok((pixels::apply(&plan, frame)?, decoded.exif))
}

/// Decodes no more than the result needs. `None` where plan or source call for all of it.
fn from_part(job: &Job) -> Result<Option<Made>, TransformError> {
    let Job { source, probe, options, seen, .. } = job;
    let plan = Plan::new(probe.stored, probe.orientation, options, seen)?;
    let Some(shrink) = Shrink::new(&plan, probe.stored) else { return Ok(None) };
    let decoded = decode::part(source, probe.format, &shrink.part);
    let Some((decoded, left_out)) = decoded else { return Ok(None) };
    let part = color::to_srgb(decoded.pixels, &decoded.space);
    let frame = pixels::apply_to_part(&plan, part, shrink.rect(left_out), shrink.size)?;
    Ok(Some((frame, decoded.exif)))
}

/// Decodes all of `source` and throws the pixels away: an `Ok` means that it can be delivered.
pub fn verify(source: &[u8], limits: &Limits) -> Result<Format, TransformError> {
    if sniff(source) == Some(Format::Svg) {
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
