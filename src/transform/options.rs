//! The table of options and the grammar of `width=200,fit=cover`.
//!
//! One row is one option. Whoever needs to know which options there are (the parser, variants in
//! the API, FIDELITY.md) walks the table.

use std::{fmt, str::FromStr};

use super::{
    css_color::Color,
    numbers::{Blur, Dpr, Edge, Factor, Length, Pixels, Quality, Sharpen, Tolerance, Zoom},
    values::{
        Breakpoints, Compression, Fit, Flip, Gravity, GravityMode, InvalidValue, MetadataPolicy,
        OnError, OutputFormat, Rotate, Segment, Trim, Upscale, Width,
    },
};

/// Where an option can be given (delivery-and-transforms.md §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The API object of a named variant.
    Variant,
    /// A flexible variant's URL.
    Flexible,
    /// `/cdn-cgi/image`.
    Zone,
}

use Place::{Flexible, Variant, Zone};

const ALL: &[Place] = &[Variant, Flexible, Zone];
const URLS: &[Place] = &[Flexible, Zone];

/// How close an option comes to the service's.
pub enum Support {
    /// As documented.
    Full,
    /// Something near it, for the values that `concerns` picks out.
    Approximate { how: &'static str, concerns: fn(&Options) -> bool },
    /// Read and left undone.
    Missing { why: &'static str },
}

/// An option: how it is called, where it is valid, and how its value is read and printed.
pub struct OptionRow {
    pub name: &'static str,
    /// The short name that URLs may use; empty if there is none.
    pub alias: &'static str,
    pub places: &'static [Place],
    pub support: Support,
    /// What it does, for people.
    pub summary: &'static str,
    set: fn(&mut Options, &str) -> Result<(), InvalidValue>,
    get: fn(&Options) -> Option<String>,
}

/// A value that its option doesn't take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {reason}")]
pub struct InvalidOption {
    pub option: &'static str,
    pub reason: InvalidValue,
}

/// Makes the struct and the table from the same rows.
macro_rules! options {
    ($($field:ident: $type:ty, $name:literal, $alias:literal, $places:expr, $support:expr, $summary:literal;)*) => {
        /// What is asked of an image. `None` means that the option was not given.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Options {
            $(#[doc = $summary] pub $field: Option<$type>,)*
        }

        /// Every option, in the order in which the service prints those of a variant.
        pub const TABLE: &[OptionRow] = &[$(OptionRow {
            name: $name,
            alias: $alias,
            places: $places,
            support: $support,
            summary: $summary,
            set: |options, text| {
                options.$field = Some(text.parse().map_err(InvalidValue::from)?);
                Ok(())
            },
            get: |options| options.$field.as_ref().map(ToString::to_string),
        }),*];
    };
}

options! {
    fit: Fit, "fit", "", ALL, Support::Full, "How the image is fitted into width × height";
    width: Width, "width", "w", ALL, Support::Full, "Width in pixels, or `auto` for the client's screen (URLs only)";
    height: Pixels, "height", "h", ALL, Support::Full, "Height in pixels";
    metadata: MetadataPolicy, "metadata", "", ALL, Support::Full, "Which EXIF metadata a JPEG keeps: `keep`, `copyright`, `none`";
    blur: Blur, "blur", "", ALL, Support::Full, "Blur radius, 1 to 250";
    gravity: Gravity, "gravity", "g", URLS, OWN_EYES, "What a crop keeps: a side, `center`, `XxY`, `auto`, `entropy`, `face`";
    gravity_mode: GravityMode, "gravity.mode", "", URLS, Support::Full, "What `XxY` means: `remainder` or `box-center`";
    zoom: Zoom, "zoom", "face-zoom", URLS, OWN_ZOOM, "How close `gravity=face` goes, 0 to 1";
    dpr: Dpr, "dpr", "", URLS, Support::Full, "Multiplies sizes, at most 2";
    trim: Trim, "trim", "", URLS, Support::Full, "What to cut off first: `top;right;bottom;left`, or `border`";
    trim_top: Length, "trim.top", "", URLS, Support::Full, "How much to cut off at the top; between 0 and 1, a part";
    trim_right: Length, "trim.right", "", URLS, Support::Full, "How much to cut off at the right";
    trim_bottom: Length, "trim.bottom", "", URLS, Support::Full, "How much to cut off at the bottom";
    trim_left: Length, "trim.left", "", URLS, Support::Full, "How much to cut off at the left";
    trim_width: Length, "trim.width", "", URLS, Support::Full, "How much of the width to keep";
    trim_height: Length, "trim.height", "", URLS, Support::Full, "How much of the height to keep";
    trim_border_color: Color, "trim.border.color", "", URLS, Support::Full, "The colour of the border that `trim=border` removes";
    trim_border_tolerance: Tolerance, "trim.border.tolerance", "", URLS, Support::Full, "How far from that colour a border may be, 0 to 255";
    trim_border_keep: Edge, "trim.border.keep", "", URLS, Support::Full, "How many pixels of the border stay";
    flip: Flip, "flip", "", URLS, Support::Full, "Mirrors: `h`, `v`, `hv`";
    rotate: Rotate, "rotate", "", URLS, Support::Full, "Turns clockwise: 90, 180, 270";
    background: Color, "background", "", URLS, Support::Full, "A CSS colour behind transparent pixels and around padded ones";
    border_color: Color, "border.color", "", URLS, Support::Full, "The colour of a border around the result";
    border_width: Edge, "border.width", "", URLS, Support::Full, "The border's width on every side";
    border_top: Edge, "border.top", "", URLS, Support::Full, "The border's width at the top";
    border_right: Edge, "border.right", "", URLS, Support::Full, "The border's width at the right";
    border_bottom: Edge, "border.bottom", "", URLS, Support::Full, "The border's width at the bottom";
    border_left: Edge, "border.left", "", URLS, Support::Full, "The border's width at the left";
    sharpen: Sharpen, "sharpen", "", URLS, Support::Full, "How much to sharpen, 0 to 10";
    brightness: Factor, "brightness", "", URLS, Support::Full, "Multiplies the brightness";
    contrast: Factor, "contrast", "", URLS, Support::Full, "Multiplies the contrast";
    gamma: Factor, "gamma", "", URLS, Support::Full, "Exposure: 0.5 darkens, 2 lightens";
    saturation: Factor, "saturation", "", URLS, Support::Full, "Multiplies the saturation; 0 is grey";
    quality: Quality, "quality", "q", URLS, NAMED_QUALITY, "1 to 100, or `low`, `medium-low`, `medium-high`, `high`";
    slow_quality: Quality, "slow-connection-quality", "scq", URLS, NAMED_SLOW_QUALITY, "The quality for clients on slow connections";
    format: OutputFormat, "format", "f", URLS, Support::Full, "`auto`, `avif`, `webp`, `jpeg`, `baseline-jpeg`, `png`, `json`";
    anim: bool, "anim", "", URLS, Support::Full, "`false` shows an animation's first frame";
    compression: Compression, "compression", "", URLS, Support::Full, "`fast`: a format that is quick to write";
    upscale: Upscale, "upscale", "", URLS, Support::Approximate { how: "enlarged by a resampler", concerns: |options| options.upscale == Some(Upscale::Generate) }, "What to enlarge with: `interpolate`, `generate`";
    segment: Segment, "segment", "", URLS, Support::Missing { why: "segmentation is not available" }, "`foreground`: makes the background transparent";
    onerror: OnError, "onerror", "", &[Zone], Support::Full, "`redirect`: to the source, if it can't be transformed";
    breakpoints: Breakpoints, "wbreakpoints", "", URLS, Support::Full, "The widths that `width=auto` chooses from";
    mobile_width: Pixels, "wmobile", "", URLS, Support::Full, "The width that `width=auto` takes for phones";
    desktop_width: Pixels, "wdesktop", "", URLS, Support::Full, "The width that `width=auto` takes for others";
    draw: NotInUrls, "draw", "", URLS, Support::Missing { why: "overlays are refused: their grammar in URLs is not published" }, "Overlays";
}

const OWN_EYES: Support = Support::Approximate {
    how: "`auto`, `entropy` and `face` look with other eyes than the service's",
    concerns: |options| {
        let crops = matches!(options.fit, Some(Fit::Cover | Fit::Crop | Fit::AspectCrop));
        crops && options.gravity.is_some_and(|gravity| gravity.point().is_none())
    },
};

const OWN_ZOOM: Support = Support::Approximate {
    how: "how close 1 goes is not published",
    concerns: |options| options.gravity == Some(Gravity::Face),
};

const FIXED_NAMES: &str = "the names stand for fixed numbers; the service's are perceptual";

const NAMED_QUALITY: Support = Support::Approximate {
    how: FIXED_NAMES,
    concerns: |options| matches!(options.quality, Some(Quality::Named(..))),
};

const NAMED_SLOW_QUALITY: Support = Support::Approximate {
    how: FIXED_NAMES,
    concerns: |options| matches!(options.slow_quality, Some(Quality::Named(..))),
};

/// An option that says more about others, and does nothing alone.
struct Refinement {
    name: &'static str,
    /// What it does nothing without.
    of: &'static str,
    is_there: fn(&Options) -> bool,
}

const REFINEMENTS: [Refinement; 6] = [
    Refinement { name: "gravity.mode", of: "a gravity that is a point", is_there: has_point },
    Refinement {
        name: "zoom",
        of: "gravity=face",
        is_there: |options| options.gravity == Some(Gravity::Face),
    },
    Refinement { name: "border.color", of: "a border width", is_there: has_border_width },
    Refinement { name: "wbreakpoints", of: WIDTH_AUTO, is_there: is_automatic },
    Refinement { name: "wmobile", of: WIDTH_AUTO, is_there: is_automatic },
    Refinement { name: "wdesktop", of: WIDTH_AUTO, is_there: is_automatic },
];

const WIDTH_AUTO: &str = "width=auto";

fn has_point(options: &Options) -> bool {
    options.gravity.is_some_and(|gravity| gravity.point().is_some())
}

fn has_border_width(options: &Options) -> bool {
    let Options { border_width, border_top, border_right, border_bottom, border_left, .. } =
        options;
    let widths = [border_width, border_top, border_right, border_bottom, border_left];
    widths.into_iter().any(Option::is_some)
}

fn is_automatic(options: &Options) -> bool {
    options.width == Some(Width::Auto)
}

/// A value that is never taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NotInUrls {}

impl FromStr for NotInUrls {
    type Err = InvalidValue;

    fn from_str(_: &str) -> Result<Self, InvalidValue> {
        Err(InvalidValue::Refused("is not available in URLs".to_owned()))
    }
}

impl fmt::Display for NotInUrls {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl OptionRow {
    /// The option with this name or short name.
    fn named(name: &str) -> Option<&'static Self> {
        let is_alias = |row: &Self| row.alias == name && !name.is_empty();
        TABLE.iter().find(|row| row.name == name || is_alias(row))
    }
}

/// What was made of a text: options, and remarks for the client on what was left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub options: Options,
    pub remarks: Vec<String>,
}

impl Options {
    /// Sets the option called `name`. A name that is unknown at this place changes nothing and
    /// gives `Ok(false)`.
    pub fn set(&mut self, place: Place, name: &str, text: &str) -> Result<bool, InvalidOption> {
        // The API object of a variant has the long names only.
        let is_valid = |row: &&OptionRow| {
            row.places.contains(&place) && (place != Variant || row.name == name)
        };
        let row = OptionRow::named(name).filter(is_valid);
        let Some(row) = row else { return Ok(false) };
        (row.set)(self, text).map_err(|reason| InvalidOption { option: row.name, reason })?;
        Ok(true)
    }

    /// The options that were given, by name, with their values as text.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, String)> {
        TABLE.iter().filter_map(|row| Some((row.name, (row.get)(self)?)))
    }

    /// Reads a decoded segment `width=200,fit=cover`. Commas inside parentheses belong to a value,
    /// empty parts are skipped, and the last of equal names wins. What makes no sense is left out
    /// with a remark, as the service was seen to do; what the service refuses is an error.
    pub fn read(place: Place, text: &str) -> Result<Reading, InvalidOption> {
        let mut reading = Reading::default();
        for part in parts(text).filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim(), value.trim());
            match reading.options.set(place, name, value) {
                Ok(true) => {}
                Ok(false) => {
                    reading.remarks.push(format!("{name} is no option that is known here"))
                }
                Err(InvalidOption { option, reason: InvalidValue::Unreadable(reason) }) => {
                    reading.remarks.push(format!("{option} is left out: {reason}"));
                }
                Err(refused) => return Err(refused),
            }
        }
        Ok(reading)
    }

    /// What the client should know of options that make no sense alone, or are not done as the service
    /// does them.
    pub fn caveats(&self) -> impl Iterator<Item = String> {
        self.lone_refinements().chain(self.approximations())
    }

    fn lone_refinements(&self) -> impl Iterator<Item = String> {
        let given: Vec<_> = self.given().map(|(name, _)| name).collect();
        let lone = move |it: &&Refinement| given.contains(&it.name) && !(it.is_there)(self);
        let lone = REFINEMENTS.iter().filter(lone);
        lone.map(|Refinement { name, of, .. }| format!("{name} has no effect without {of}"))
    }

    fn approximations(&self) -> impl Iterator<Item = String> {
        TABLE.iter().filter(|row| (row.get)(self).is_some()).filter_map(|row| match row.support {
            Support::Approximate { how, concerns } if concerns(self) => {
                Some(format!("{} is approximated: {how}", row.name))
            }
            Support::Missing { why } => Some(format!("{} has no effect: {why}", row.name)),
            _ => None,
        })
    }
}

/// The parts between commas that stand outside of parentheses: `background=rgb(1,2,3)` is one.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

impl FromStr for Options {
    type Err = InvalidOption;

    /// Reads what `Display` prints, whatever place it came from.
    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        let mut options = Self::default();
        for part in parts(text).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if let Some(row) = OptionRow::named(name) {
                let set = (row.set)(&mut options, value);
                set.map_err(|reason| InvalidOption { option: row.name, reason })?;
            }
        }
        Ok(options)
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.given().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        Options::read(Flexible, text).unwrap()
    }

    #[test]
    fn every_option_prints_what_parses_to_the_same() {
        let text = "fit=cover,width=200,height=100,metadata=keep,blur=2.5,gravity=0.3x1,\
                    gravity.mode=box-center,zoom=0.5,dpr=2,trim=1;0.5;0;4,trim.top=1,trim.right=2,\
                    trim.bottom=3,trim.left=0.25,trim.width=5,trim.height=6,\
                    trim.border.color=#ff0000,trim.border.tolerance=9,trim.border.keep=2,flip=hv,\
                    rotate=90,background=#00000080,border.color=#010203,border.width=1,\
                    border.top=2,border.right=3,border.bottom=4,border.left=5,sharpen=3,\
                    brightness=1.5,contrast=0.5,gamma=2,saturation=0,quality=high,\
                    slow-connection-quality=50,format=baseline-jpeg,anim=false,compression=fast,\
                    upscale=generate,segment=foreground,onerror=redirect,wbreakpoints=100;200,\
                    wmobile=300,wdesktop=400";
        let options: Options = text.parse().unwrap();

        assert_eq!(options.to_string(), text);
        // All but `draw`, which takes no value.
        assert_eq!(options.given().count(), TABLE.len() - 1);
    }

    #[test]
    fn short_names_mean_the_long_ones() {
        let Reading { options, remarks } = read("w=1,h=2,q=3,f=webp,g=left,scq=4,face-zoom=1");

        let expected = "width=1,height=2,gravity=left,zoom=1,quality=3,\
                        slow-connection-quality=4,format=webp";
        assert_eq!(options.to_string(), expected);
        assert!(remarks.is_empty(), "{remarks:?}");
    }

    #[test]
    fn the_last_of_equal_names_wins_and_unknown_ones_are_skipped() {
        let Reading { options, remarks } =
            read("w=1,,public=undefined, width = 300 ,h=2,bare,onerror=redirect");

        assert_eq!(options.to_string(), "width=300,height=2");
        let unknown = ["public", "bare", "onerror"];
        assert_eq!(remarks, unknown.map(|name| format!("{name} is no option that is known here")));
    }

    #[test]
    fn nonsense_is_left_out_and_what_is_refused_is_an_error() {
        let Reading { options, remarks } = read("width=abc,height=5,fit=fill,rotate=up");
        assert_eq!(options.to_string(), "height=5");
        assert_eq!(remarks.len(), 3, "{remarks:?}");
        assert_eq!(remarks[0], "width is left out: 'abc' is no number");

        for (text, message) in [
            ("w=0", "width: must be a number from 1 to 12000"),
            ("blur=251", "blur: must be a number from 0 to 250"),
            ("format=mp4", "format: 'mp4' is not a supported output format"),
            ("draw=x", "draw: is not available in URLs"),
        ] {
            assert_eq!(Options::read(Zone, text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn commas_in_parentheses_belong_to_the_value() {
        let Reading { options, remarks } = read("background=rgb(240,40,145),w=5");
        assert_eq!(options.to_string(), "width=5,background=#f02891");
        assert!(remarks.is_empty());
        assert_eq!(read("background=rgb(1,2,3,w=5").options.to_string(), "");
        assert_eq!(read("a=1),w=5").options.to_string(), "width=5");
    }

    #[test]
    fn what_refines_an_option_that_is_missing_is_said() {
        for (text, expected) in [
            ("border.color=red", "border.color has no effect without a border width"),
            ("border.color=red,border.left=1", ""),
            ("border.color=red,border.width=1", ""),
            (
                "gravity.mode=box-center",
                "gravity.mode has no effect without a gravity that is a point",
            ),
            ("gravity.mode=box-center,g=0x1", ""),
            ("gravity.mode=box-center,g=left", ""),
            (
                "gravity.mode=box-center,g=auto",
                "gravity.mode has no effect without a gravity that is a point",
            ),
            ("zoom=1", "zoom has no effect without gravity=face"),
            ("face-zoom=1,g=left", "zoom has no effect without gravity=face"),
            ("zoom=1,g=face", ""),
            ("wbreakpoints=100;200", "wbreakpoints has no effect without width=auto"),
            ("wmobile=300,w=5", "wmobile has no effect without width=auto"),
            ("wdesktop=400", "wdesktop has no effect without width=auto"),
            ("w=auto,wbreakpoints=100;200,wmobile=300,wdesktop=400", ""),
            // These do something alone, or are documented to do nothing without a word.
            ("trim.border.color=red", ""),
            ("fit=cover,gravity=left,dpr=2,background=red,anim=false", ""),
        ] {
            let said: Vec<_> = read(text).options.lone_refinements().collect();
            assert_eq!(said.join("; "), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_done_as_the_service_does_it_is_said() {
        for (text, said) in [
            ("w=100,quality=85,gravity=left", 0),
            ("gravity=auto", 0),
            ("gravity=auto,fit=cover", 1),
            ("scq=high", 1),
            ("quality=high,segment=foreground", 2),
            ("upscale=interpolate", 0),
            ("upscale=generate", 1),
        ] {
            assert_eq!(read(text).options.approximations().count(), said, "{text}");
        }
    }
}
