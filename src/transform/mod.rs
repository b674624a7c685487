//! Bytes and options in, bytes out: what the service does to an image.
//!
//! This module imports nothing of ours: it knows no HTTP, database, clock, path or setting.
//! `transform` below is the order in which pixels are touched.

mod options;

mod css_color;
mod numbers;
mod values;

mod client;
mod fit;
mod negotiate;
mod plan;
mod probe;
mod settle;

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
mod json;
mod metadata;
mod pixels;
mod svg;

pub use client::{Accepts, Client};
pub use css_color::Color;
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

use encode::Encoding;
use negotiate::{Choice, Output, negotiate};

/// Part of every rendition's identity: raised when equal input gives other bytes than before.
pub const ENGINE_VERSION: u32 = 4;

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

/// What would be made of a source, without making it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// `None` for an SVG, which is not looked into.
    pub source: Option<Probe>,
    /// As printed by `Plan`; empty if nothing is done to the pixels.
    pub plan: String,
    /// As in `Content-Type`.
    pub media_type: &'static str,
    /// Why it is that format.
    pub why: &'static str,
    pub warnings: Vec<&'static str>,
}

/// What is decided before pixels are touched.
struct Decision {
    probe: Probe,
    seen: Seen,
    plan: Plan,
    choice: Choice,
}

/// Renders `source` as `options` ask, in a format that the client accepts.
pub fn transform(
    source: &[u8],
    options: &Options,
    accepts: Accepts,
    limits: &Limits,
) -> Result<Rendition, TransformError> {
    if sniff(source) == Some(Format::Svg) {
        let Prospect { media_type, warnings, .. } = prospect_of_svg(options);
        return Ok(Rendition { bytes: svg::sanitize(source)?, media_type, warnings });
    }
    let decision = decide(source, options, accepts, limits)?;
    let (media_type, warnings) =
        (decision.media_type(options, limits), decision.warnings(options, limits));
    let Decision { probe, seen, plan, choice } = &decision;
    let Output::Image(encoding) = &choice.output else {
        let bytes = json::describe(source.len(), probe, plan);
        return Ok(Rendition { bytes, media_type, warnings });
    };
    if decision.leaves_it(options, limits) {
        return Ok(Rendition { bytes: source.to_vec(), media_type, warnings });
    }
    let moves = decision.moves(options);
    limits.check_output(plan, if moves { probe.frames } else { 1 })?;

    let render = if moves { animation::transform } else { still };
    let bytes = render(source, probe, options, seen, encoding)?;
    Ok(Rendition { bytes, media_type, warnings })
}

/// Says what `transform` would do.
pub fn explain(
    source: &[u8],
    options: &Options,
    accepts: Accepts,
    limits: &Limits,
) -> Result<Prospect, TransformError> {
    if sniff(source) == Some(Format::Svg) {
        return Ok(prospect_of_svg(options));
    }
    let decision = decide(source, options, accepts, limits)?;
    let leaves_it = decision.leaves_it(options, limits);
    Ok(Prospect {
        plan: if leaves_it { String::new() } else { decision.plan.to_string() },
        media_type: decision.media_type(options, limits),
        why: if leaves_it { "it is the original" } else { decision.choice.why },
        warnings: decision.warnings(options, limits),
        source: Some(decision.probe),
    })
}

fn prospect_of_svg(options: &Options) -> Prospect {
    let ignored = *options != Options::default();
    let warning = ignored.then_some("SVG is cleaned and not changed otherwise");
    Prospect {
        source: None,
        plan: String::new(),
        media_type: Format::Svg.media_type(),
        why: "an SVG stays one",
        warnings: warning.into_iter().collect(),
    }
}

fn decide(
    source: &[u8],
    options: &Options,
    accepts: Accepts,
    limits: &Limits,
) -> Result<Decision, TransformError> {
    let probe = probe(source, limits)?;
    let seen = settle::border(source, &probe, options)?;
    let plan = Plan::new(probe.stored, probe.orientation, options, &seen)?;
    let choice = negotiate(options, accepts, &probe, plan.output)?;
    Ok(Decision { probe, seen, plan, choice })
}

impl Decision {
    /// Whether the answer moves.
    fn moves(&self, options: &Options) -> bool {
        let Output::Image(encoding) = self.choice.output else { return false };
        self.probe.plays(options) && encoding.format.can_animate()
    }

    /// Whether it is an animation so large that the original is delivered.
    fn leaves_it(&self, options: &Options, limits: &Limits) -> bool {
        self.moves(options) && self.probe.total_area() > limits.transformed_area
    }

    fn media_type(&self, options: &Options, limits: &Limits) -> &'static str {
        match self.choice.output {
            Output::Json => "application/json",
            Output::Image(_) if self.leaves_it(options, limits) => self.probe.format.media_type(),
            Output::Image(encoding) => encoding.format.media_type(),
        }
    }

    fn warnings(&self, options: &Options, limits: &Limits) -> Vec<&'static str> {
        if self.leaves_it(options, limits) {
            return vec!["animation too large to be transformed"];
        }
        self.plan.warnings.iter().copied().chain(self.choice.warning).collect()
    }
}

fn still(
    source: &[u8],
    probe: &Probe,
    options: &Options,
    seen: &Seen,
    encoding: &Encoding,
) -> Result<Vec<u8>, TransformError> {
    let decoded = decode::still(source, probe.format)?;
    let frame = color::to_srgb(decoded.pixels, &decoded.space);
    let plan = settle::plan(probe, options, seen, &frame)?;
    let frame = pixels::apply(&plan, frame)?;
    let exif = metadata::carried(decoded.exif, options.metadata.unwrap_or_default());
    encode::still(frame, encoding, exif)
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
