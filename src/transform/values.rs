//! The values that options take: closed sets and bounded numbers, each with its text form.

use std::{
    fmt,
    str::{FromStr, ParseBoolError},
};

use strum::{Display, EnumIter, EnumString, IntoStaticStr};

use super::numbers::{Length, Pixels};

/// Why a text is no value of an option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// It makes no sense. The service was seen to leave such an option out (§8, 6).
    #[error("{0}")]
    Unreadable(String),
    /// It makes sense, but the service refuses it.
    #[error("{0}")]
    Refused(String),
}

impl From<strum::ParseError> for InvalidValue {
    fn from(_: strum::ParseError) -> Self {
        Self::Unreadable("there is no such value".to_owned())
    }
}

impl From<ParseBoolError> for InvalidValue {
    fn from(_: ParseBoolError) -> Self {
        Self::Unreadable("must be true or false".to_owned())
    }
}

/// How the image is fitted into width × height (delivery-and-transforms.md §2.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Display, EnumIter, EnumString)]
#[strum(serialize_all = "kebab-case", parse_err_ty = InvalidValue, parse_err_fn = Fit::unknown)]
pub enum Fit {
    /// Shrinks to fit inside; never enlarges.
    #[default]
    ScaleDown,
    /// Shrinks or enlarges to fit inside.
    Contain,
    /// Fills the box exactly and cuts off what sticks out.
    Cover,
    /// Like cover for larger images, like scale-down for smaller ones.
    Crop,
    /// Like contain, and fills the rest of the box with the background colour.
    Pad,
    /// Enlarges to fit inside; never shrinks.
    ScaleUp,
    /// Like crop, and always cut to the box's proportions.
    AspectCrop,
    /// Fills the box exactly and distorts.
    Squeeze,
}

impl Fit {
    /// The modes that a named variant takes.
    pub const OF_VARIANTS: [Self; 5] =
        [Self::ScaleDown, Self::Contain, Self::Cover, Self::Crop, Self::Pad];

    /// Says that a text is no mode. The wording is the service's own, which names three of them.
    #[must_use]
    pub fn unknown(text: &str) -> InvalidValue {
        InvalidValue::Unreadable(format!(
            "'{text}' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'"
        ))
    }
}

/// Which EXIF metadata a JPEG answer carries. Other formats carry none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum MetadataPolicy {
    /// All of it, but for the orientation and the thumbnail, which the new pixels made untrue.
    Keep,
    /// The Artist and Copyright tags.
    #[default]
    Copyright,
    None,
}

/// Where a crop keeps more of the image (§2.3).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Gravity {
    /// What stands out most.
    Auto,
    /// Where most happens.
    Entropy,
    /// The faces; the centre where there is none.
    Face,
    #[default]
    Center,
    Left,
    Right,
    Top,
    Bottom,
    /// A point, each coordinate from 0 to 1.
    At(f64, f64),
}

impl Gravity {
    const NAMES: [(&'static str, Self); 8] = [
        ("auto", Self::Auto),
        ("entropy", Self::Entropy),
        ("face", Self::Face),
        ("center", Self::Center),
        ("left", Self::Left),
        ("right", Self::Right),
        ("top", Self::Top),
        ("bottom", Self::Bottom),
    ];

    /// The point that is meant; `None` if only the pixels tell.
    #[must_use]
    pub fn point(self) -> Option<(f64, f64)> {
        match self {
            Self::Auto | Self::Entropy | Self::Face => None,
            Self::Center => Some((0.5, 0.5)),
            Self::Left => Some((0.0, 0.5)),
            Self::Right => Some((1.0, 0.5)),
            Self::Top => Some((0.5, 0.0)),
            Self::Bottom => Some((0.5, 1.0)),
            Self::At(x, y) => Some((x, y)),
        }
    }
}

impl FromStr for Gravity {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if let Some((_, gravity)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(*gravity);
        }
        let unreadable = || InvalidValue::Unreadable(format!("'{text}' is no gravity"));
        let (x, y) = text.split_once('x').ok_or_else(unreadable)?;
        let coordinate = |text: &str| {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.ok_or_else(unreadable)?;
            let within = (0.0..=1.0).contains(&number);
            within
                .then_some(number)
                .ok_or_else(|| InvalidValue::Refused("coordinates are from 0 to 1".to_owned()))
        };
        Ok(Self::At(coordinate(x)?, coordinate(y)?))
    }
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(x, y) => write!(f, "{x}x{y}"),
            named => {
                let name = Self::NAMES.iter().find(|(_, gravity)| gravity == named);
                f.write_str(name.expect("all but points have a name").0)
            }
        }
    }
}

/// What a gravity's point means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum GravityMode {
    /// What is cut off is shared out in this proportion.
    #[default]
    Remainder,
    /// The crop is centred on the point, as far as the image reaches.
    BoxCenter,
}

/// A width in pixels, or one chosen for the client's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Pixels(Pixels),
    Auto,
}

impl Width {
    /// The width, once it is known.
    #[must_use]
    pub fn pixels(self) -> Option<u32> {
        match self {
            Self::Pixels(pixels) => Some(pixels.get()),
            Self::Auto => None,
        }
    }
}

impl FromStr for Width {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Pixels) }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(pixels) => pixels.fmt(f),
            Self::Auto => f.write_str("auto"),
        }
    }
}

/// The screen widths that `width=auto` chooses from, rising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakpoints(Vec<Pixels>);

impl Default for Breakpoints {
    fn default() -> Self {
        Self([320, 768, 960, 1200].into_iter().filter_map(Pixels::new).collect())
    }
}

impl Breakpoints {
    /// The smallest one that is no smaller than the screen, else the largest.
    #[must_use]
    pub fn choose(&self, viewport: u32) -> Pixels {
        let fits = self.0.iter().find(|point| point.get() >= viewport);
        *fits.or(self.0.last()).expect("there is at least one")
    }
}

impl FromStr for Breakpoints {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let mut points: Vec<Pixels> = text.split(';').map(str::parse).collect::<Result<_, _>>()?;
        points.sort_by_key(|point| point.get());
        Ok(Self(points))
    }
}

impl fmt::Display for Breakpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"))
    }
}

/// What to cut off before anything else is done (§2.4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trim {
    /// From the top, the right, the bottom and the left.
    Sides([Length; 4]),
    /// A border of one colour.
    Border,
}

impl FromStr for Trim {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        // The service renamed the first to the second in November 2026.
        if matches!(text, "border" | "color") {
            return Ok(Self::Border);
        }
        let sides: Vec<Length> = text.split(';').map(str::parse).collect::<Result<_, _>>()?;
        let sides = sides.try_into().map(Self::Sides);
        sides.map_err(|_| InvalidValue::Unreadable("trim takes four sides: 1;2;3;4".to_owned()))
    }
}

impl fmt::Display for Trim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sides([top, right, bottom, left]) => write!(f, "{top};{right};{bottom};{left}"),
            Self::Border => f.write_str("border"),
        }
    }
}

/// A mirror image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Flip {
    /// Left and right change places.
    H,
    /// Top and bottom change places.
    V,
    /// Both.
    Hv,
}

/// A turn clockwise, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub enum Rotate {
    #[strum(serialize = "0")]
    Not,
    #[strum(serialize = "90")]
    Right,
    #[strum(serialize = "180")]
    Around,
    #[strum(serialize = "270")]
    Left,
}

impl FromStr for Rotate {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "0" | "360" => Ok(Self::Not),
            "90" => Ok(Self::Right),
            "180" => Ok(Self::Around),
            "270" => Ok(Self::Left),
            number if number.parse::<f64>().is_ok() => {
                Err(InvalidValue::Refused("must be 0, 90, 180, 270 or 360".to_owned()))
            }
            text => Err(InvalidValue::Unreadable(format!("'{text}' is no angle"))),
        }
    }
}

/// What to answer in (§3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "kebab-case", parse_err_ty = InvalidValue, parse_err_fn = unsupported_format)]
pub enum OutputFormat {
    /// The best that the client accepts.
    Auto,
    Avif,
    Webp,
    /// A progressive JPEG.
    Jpeg,
    BaselineJpeg,
    /// A hint: the service chooses between JPEG and PNG.
    Png,
    PngForce,
    Svg,
    /// What is known of the image, without the image.
    Json,
}

/// Seen on the service: unlike a bad number, this is an error.
fn unsupported_format(text: &str) -> InvalidValue {
    InvalidValue::Refused(format!("'{text}' is not a supported output format"))
}

/// What to enlarge with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Upscale {
    Interpolate,
    /// The service invents detail.
    Generate,
}

/// What to keep of the image, the rest made transparent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Segment {
    Foreground,
}

/// How to trade size for speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Compression {
    Fast,
}

/// What to do if there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum OnError {
    /// Send the client to the source.
    Redirect,
}

/// A format that pixels are read from and written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, EnumString, IntoStaticStr)]
pub enum Format {
    #[strum(serialize = "image/jpeg")]
    Jpeg,
    #[strum(serialize = "image/png")]
    Png,
    #[strum(serialize = "image/gif")]
    Gif,
    #[strum(serialize = "image/webp")]
    Webp,
    #[strum(serialize = "image/avif")]
    Avif,
    #[strum(serialize = "image/heic")]
    Heic,
    /// Never made into pixels: it goes in and out as text.
    #[strum(serialize = "image/svg+xml")]
    Svg,
}

impl Format {
    /// The media type, as in `Content-Type`; `FromStr` reads it back.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        self.into()
    }
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl From<(u32, u32)> for Size {
    fn from((width, height): (u32, u32)) -> Self {
        Self { width, height }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_fit_is_refused_in_the_services_words() {
        let error = "fill".parse::<Fit>().unwrap_err();
        insta::assert_snapshot!(error, @"'fill' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'");
    }

    #[test]
    fn an_unknown_format_is_refused_in_the_services_words() {
        let error = "mp4".parse::<OutputFormat>().unwrap_err();
        assert_eq!(
            error,
            InvalidValue::Refused("'mp4' is not a supported output format".to_owned())
        );
    }

    #[test]
    fn the_smallest_sufficient_breakpoint_is_chosen() {
        // The documents' own examples.
        for (viewport, width) in [(280, 320), (500, 768), (960, 960), (1500, 1200)] {
            assert_eq!(Breakpoints::default().choose(viewport).get(), width, "{viewport}");
        }
        assert_eq!("900;100".parse::<Breakpoints>().unwrap().to_string(), "100;900");
        assert!("100;0".parse::<Breakpoints>().is_err());
    }

    #[test]
    fn what_is_printed_parses_to_the_same() {
        for text in ["auto", "entropy", "face", "center", "left", "0.33x0.5", "0x1"] {
            assert_eq!(text.parse::<Gravity>().unwrap().to_string(), text);
        }
        for text in ["border", "1;2;3;4", "0.1;0.2;0;30"] {
            assert_eq!(text.parse::<Trim>().unwrap().to_string(), text);
        }
        for bad in ["", "x", "0.5", "0.5x", "ax0.5", "NaNx1"] {
            assert!(matches!(bad.parse::<Gravity>(), Err(InvalidValue::Unreadable(_))), "{bad}");
        }
        for bad in ["1;2;3", "1;2;3;4;5", "10,300", "true"] {
            assert!(matches!(bad.parse::<Trim>(), Err(InvalidValue::Unreadable(_))), "{bad}");
        }
        assert!(matches!("0.5x1.5".parse::<Gravity>(), Err(InvalidValue::Refused(_))));
        assert!(matches!("45".parse::<Rotate>(), Err(InvalidValue::Refused(_))));
    }
}
