//! What is to be done to a source, decided before pixels are touched.

use super::{
    TransformError,
    client::Accepts,
    encode::Encoding,
    negotiate::{Choice, Output, negotiate},
    options::Options,
    plan::{Plan, Seen},
    probe::{Limits, Probe, probe, sniff},
    settle,
    values::Format,
};

/// What `transform` would do, without doing it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// `None` for an SVG, which is not looked into.
    pub source: Option<Probe>,
    /// As printed by `Plan`; empty if nothing is done to pixels.
    pub plan: String,
    /// As in `Content-Type`.
    pub media_type: &'static str,
    /// Why it is that format.
    pub why: &'static str,
    /// What the client should know of options that did not take effect.
    pub warnings: Vec<&'static str>,
}

/// A decision, and what the client is told of it.
pub(super) struct Decision {
    pub(super) act: Act,
    pub(super) media_type: &'static str,
    why: &'static str,
    pub(super) warnings: Vec<&'static str>,
}

/// What to do.
pub(super) enum Act {
    /// It is an SVG.
    Clean,
    /// It is an animation that is too large to be transformed.
    Leave,
    /// What is known of the image is all that is wanted.
    Describe {
        probe: Probe,
        plan: Plan,
    },
    Render {
        probe: Probe,
        seen: Seen,
        plan: Plan,
        encoding: Encoding,
        moves: bool,
    },
}

/// Says what `transform` would do. It decodes only to look for a border that is to be trimmed.
pub fn explain(
    source: &[u8],
    options: &Options,
    accepts: Accepts,
    limits: &Limits,
) -> Result<Prospect, TransformError> {
    let Decision { act, media_type, why, warnings } = decide(source, options, accepts, limits)?;
    let (source, plan) = match act {
        Act::Clean => (None, String::new()),
        Act::Leave => (Some(probe(source, limits)?), String::new()),
        Act::Describe { probe, plan } | Act::Render { probe, plan, .. } => {
            (Some(probe), plan.to_string())
        }
    };
    Ok(Prospect { source, plan, media_type, why, warnings })
}

/// About how many pixels `transform` has in memory: the source's and the answer's. Only headers are
/// read for it; 0 for what can't be transformed.
#[must_use]
pub fn estimate(source: &[u8], options: &Options, limits: &Limits) -> u64 {
    let Ok(probe) = probe(source, limits) else { return 0 };
    let plan = Plan::new(probe.stored, probe.orientation, options, &Seen::default());
    probe.stored.area() + plan.map_or(0, |plan| plan.output.area())
}

pub(super) fn decide(
    source: &[u8],
    options: &Options,
    accepts: Accepts,
    limits: &Limits,
) -> Result<Decision, TransformError> {
    if sniff(source) == Some(Format::Svg) {
        return Ok(Decision::clean(options));
    }
    let probe = probe(source, limits)?;
    let seen = settle::border(source, &probe, options)?;
    let plan = Plan::new(probe.stored, probe.orientation, options, &seen)?;
    let Choice { output, why, warning } = negotiate(options, accepts, &probe, plan.output)?;
    let warnings = plan.warnings.iter().copied().chain(warning).collect();
    let Output::Image(encoding) = output else {
        let act = Act::Describe { probe, plan };
        return Ok(Decision { act, media_type: "application/json", why, warnings });
    };
    let moves = probe.plays(options) && encoding.format.can_animate();
    if moves && probe.total_area() > limits.transformed_area {
        return Ok(Decision::leave(&probe));
    }
    limits.check_output(&plan, if moves { probe.frames } else { 1 })?;
    let act = Act::Render { probe, seen, plan, encoding, moves };
    Ok(Decision { act, media_type: encoding.format.media_type(), why, warnings })
}

impl Decision {
    fn clean(options: &Options) -> Self {
        let ignored = *options != Options::default();
        let warning = ignored.then_some("SVG is cleaned and not changed otherwise");
        Self {
            act: Act::Clean,
            media_type: Format::Svg.media_type(),
            why: "an SVG stays one",
            warnings: warning.into_iter().collect(),
        }
    }

    fn leave(probe: &Probe) -> Self {
        Self {
            act: Act::Leave,
            media_type: probe.format.media_type(),
            why: "it is the original",
            warnings: vec!["animation too large to be transformed"],
        }
    }
}
