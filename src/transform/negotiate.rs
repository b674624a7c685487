//! Which format to answer in: what is asked for, what the client accepts, what the source is (pure;
//! delivery-and-transforms.md §3).

use super::{
    TransformError,
    client::Accepts,
    css_color::Color,
    encode::{Encoding, Scan},
    options::Options,
    probe::Probe,
    values::{Compression, Format, OutputFormat, Size},
};

/// The longest side that is delivered as AVIF by itself.
const AVIF_SIDE: u32 = 1_200;
/// The longest side that is delivered as AVIF when `format=avif` asks for it.
const AVIF_SIDE_ON_REQUEST: u32 = 1_600;
/// The longest side that WebP can say.
const WEBP_SIDE: u32 = 16_383;

/// What to answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Image(Encoding),
    /// What is known of the image.
    Json,
}

/// A decision on the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) output: Output,
    /// For whoever wonders.
    pub(super) why: &'static str,
    /// What the client should know of it.
    pub(super) warning: Option<&'static str>,
}

/// Decides on the format.
pub(super) fn negotiate(
    options: &Options,
    accepts: Accepts,
    source: &Probe,
    result: Size,
) -> Result<Choice, TransformError> {
    let format = options.format.unwrap_or(OutputFormat::Auto);
    let ((format, why), warning) = match format {
        OutputFormat::Json => {
            return Ok(Choice { output: Output::Json, why: ASKED_FOR, warning: None });
        }
        OutputFormat::Svg => return Err(TransformError::NoVector),
        OutputFormat::Auto => (automatic(options, accepts, source, result), None),
        OutputFormat::Jpeg | OutputFormat::BaselineJpeg => ((Format::Jpeg, ASKED_FOR), None),
        OutputFormat::PngForce => ((Format::Png, ASKED_FOR), None),
        // The service's own words.
        OutputFormat::Png => {
            (automatic_png(options, source), Some("JPEG vs PNG selection is automatic"))
        }
        OutputFormat::Avif if source.plays(options) => (
            (Format::Webp, "animations are not AVIF"),
            Some("animations are not delivered as AVIF"),
        ),
        OutputFormat::Avif if longest(result) > AVIF_SIDE_ON_REQUEST => {
            // The service's own words.
            (webp_or_plain(options, accepts, source, result), Some("image too large for AVIF"))
        }
        OutputFormat::Avif => ((Format::Avif, ASKED_FOR), None),
        OutputFormat::Webp if longest(result) > WEBP_SIDE => {
            (plain(options, accepts, source), Some("image too large for WebP"))
        }
        OutputFormat::Webp => ((Format::Webp, ASKED_FOR), None),
    };
    let (format, why) = quickest(format, options, source).unwrap_or((format, why));
    let baseline = options.format == Some(OutputFormat::BaselineJpeg);
    let scan = if baseline { Scan::Baseline } else { Scan::Progressive };
    let quality = options.quality.map(|one| one.get());
    Ok(Choice { output: Output::Image(Encoding { format, quality, scan }), why, warning })
}

const ASKED_FOR: &str = "it is asked for";

/// A format, and why it is that one.
type Reasoned = (Format, &'static str);

fn automatic(options: &Options, accepts: Accepts, source: &Probe, result: Size) -> Reasoned {
    if source.plays(options) {
        return if accepts.webp {
            (Format::Webp, "the client accepts WebP, which can move")
        } else {
            (Format::Gif, "it moves, and the client doesn't accept WebP")
        };
    }
    if accepts.avif && longest(result) <= AVIF_SIDE {
        return (Format::Avif, "the client accepts AVIF");
    }
    webp_or_plain(options, accepts, source, result)
}

fn webp_or_plain(options: &Options, accepts: Accepts, source: &Probe, result: Size) -> Reasoned {
    if !accepts.webp || longest(result) > WEBP_SIDE {
        plain(options, accepts, source)
    } else if accepts.avif {
        (Format::Webp, "the client accepts WebP, and the result is too large for AVIF")
    } else {
        (Format::Webp, "the client accepts WebP")
    }
}

/// Whether the result may be transparent somewhere.
fn is_clear(options: &Options, source: &Probe) -> bool {
    let lets_through = |color: Option<Color>| color.is_some_and(|color| !color.is_opaque());
    let backed = options.background.is_some_and(Color::is_opaque);
    (source.has_alpha && !backed)
        || lets_through(options.background)
        || lets_through(options.border_color)
}

/// What everybody can read: the source's own format, else one that can hold the same picture.
fn plain(options: &Options, accepts: Accepts, source: &Probe) -> Reasoned {
    match source.format {
        Format::Png | Format::Gif if !accepts.jpeg_first => {
            (source.format, "it is the original's format, and no newer one is open")
        }
        _ => jpeg_or_png(options, source),
    }
}

/// What the service makes of `format=png`: JPEG where nothing is lost by it.
fn automatic_png(options: &Options, source: &Probe) -> Reasoned {
    match source.format {
        Format::Png | Format::Gif => (Format::Png, ASKED_FOR),
        _ => jpeg_or_png(options, source),
    }
}

fn jpeg_or_png(options: &Options, source: &Probe) -> Reasoned {
    if is_clear(options, source) {
        (Format::Png, "everybody can read it, and something may be transparent")
    } else {
        (Format::Jpeg, "everybody can read it, and nothing is transparent")
    }
}

/// `compression=fast` usually overrides the format: JPEG is the quickest to write.
fn quickest(format: Format, options: &Options, source: &Probe) -> Option<Reasoned> {
    let hurry = options.compression == Some(Compression::Fast) && !source.plays(options);
    let quick = match format {
        Format::Avif | Format::Webp if hurry && !is_clear(options, source) => Format::Jpeg,
        Format::Avif if hurry => Format::Webp,
        _ => return None,
    };
    Some((quick, "compression=fast asks for what is quick to write"))
}

fn longest(size: Size) -> u32 {
    size.width.max(size.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::Place;

    /// What `"jpeg 100x50 f=webp"` becomes for a client, with the warning behind a semicolon. The
    /// source may be `png+alpha`, or `gif*` for an animation.
    fn choose(case: &str, accept: &str) -> String {
        let mut words = case.split(' ');
        let (source, size) = (words.next().unwrap(), words.next().unwrap());
        let options: Options = words.next().unwrap_or_default().parse().unwrap();
        let name = source.trim_end_matches("+alpha").trim_end_matches('*');
        let frames = if source.ends_with('*') { 9 } else { 1 };
        let format = format!("image/{name}").parse().unwrap();
        let probe = Probe::sample(format, source.ends_with("+alpha"), frames);
        let (width, height) = size.split_once('x').unwrap();
        let size = Size { width: width.parse().unwrap(), height: height.parse().unwrap() };
        let accepts = Accepts::parse(accept);
        match negotiate(&options, accepts, &probe, size) {
            Err(error) => error.to_string(),
            Ok(Choice { output: Output::Json, .. }) => "json".to_owned(),
            Ok(Choice { output: Output::Image(encoding), warning, .. }) => {
                let baseline = if encoding.scan == Scan::Baseline { " baseline" } else { "" };
                let quality = encoding.quality.map_or(String::new(), |one| format!(" q{one}"));
                let warning = warning.map_or(String::new(), |text| format!("; {text}"));
                let format = encoding.format.media_type().trim_start_matches("image/");
                format!("{format}{baseline}{quality}{warning}")
            }
        }
    }

    #[test]
    fn without_a_format_the_client_and_then_the_source_decide() {
        for (case, plain, webp, avif) in [
            ("jpeg 800x600", "jpeg", "webp", "avif"),
            ("jpeg 1201x600", "jpeg", "webp", "webp"),
            ("jpeg 800x600 f=auto,q=50", "jpeg q50", "webp q50", "avif q50"),
            ("png 800x600", "png", "webp", "avif"),
            ("gif 80x60", "gif", "webp", "avif"),
            ("gif* 80x60", "gif", "webp", "webp"),
            ("gif* 80x60 anim=false", "gif", "webp", "avif"),
            ("webp 80x60", "jpeg", "webp", "avif"),
            ("webp+alpha 80x60", "png", "webp", "avif"),
            ("webp* 80x60", "gif", "webp", "webp"),
            ("avif 80x60", "jpeg", "webp", "avif"),
            ("avif+alpha 80x60", "png", "webp", "avif"),
            ("jpeg 80x60 compression=fast", "jpeg", "jpeg", "jpeg"),
            ("png+alpha 80x60 compression=fast", "png", "webp", "webp"),
            ("jpeg 17000x10", "jpeg", "jpeg", "jpeg"),
        ] {
            assert_eq!(choose(case, "*/*"), plain, "{case}");
            assert_eq!(choose(case, "image/webp"), webp, "{case}");
            assert_eq!(choose(case, "image/avif,image/webp"), avif, "{case}");
        }
    }

    #[test]
    fn zones_prefer_jpeg_where_nothing_is_transparent() {
        let choose = |alpha, frames| {
            let probe = Probe::sample(Format::Png, alpha, frames);
            let (options, size) = (Options::default(), Size { width: 80, height: 60 });
            let standard = Accepts::standard(Place::Zone);
            negotiate(&options, standard, &probe, size).unwrap().output
        };
        let is = |format, output| matches!(output, Output::Image(one) if one.format == format);

        assert!(is(Format::Jpeg, choose(false, 1)));
        assert!(is(Format::Png, choose(true, 1)));
        assert!(is(Format::Gif, choose(false, 9)));
    }

    #[test]
    fn a_format_that_is_asked_for_is_delivered_whoever_asks() {
        for (case, expected) in [
            ("jpeg 80x60 f=avif", "avif"),
            ("jpeg 1600x60 f=avif", "avif"),
            ("jpeg 1601x60 f=avif", "jpeg; image too large for AVIF"),
            ("gif* 80x60 f=avif", "webp; animations are not delivered as AVIF"),
            ("gif* 80x60 f=webp", "webp"),
            ("gif* 80x60 f=jpeg", "jpeg"),
            ("png+alpha 80x60 f=jpeg,q=70", "jpeg q70"),
            ("png 80x60 f=baseline-jpeg", "jpeg baseline"),
            ("jpeg 80x60 f=png", "jpeg; JPEG vs PNG selection is automatic"),
            ("webp+alpha 80x60 f=png", "png; JPEG vs PNG selection is automatic"),
            ("jpeg 80x60 f=png-force", "png"),
            ("webp+alpha 80x60 background=red", "jpeg"),
            ("jpeg 80x60 background=transparent", "png"),
            ("jpeg 80x60 f=json", "json"),
            ("jpeg 80x60 f=svg", "pixels can't be made into an SVG"),
            ("jpeg 80x60 f=webp,compression=fast", "jpeg"),
        ] {
            assert_eq!(choose(case, "*/*"), expected, "{case}");
        }
    }
}
