//! The values that options take: closed sets and bounded numbers, each with its text form.

use std::{fmt, str::FromStr};

use strum::{Display, EnumIter, EnumString, IntoStaticStr};

/// How the image is fitted into width × height (delivery-and-transforms.md §2.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Display, EnumIter, EnumString)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownFit, parse_err_fn = UnknownFit::new)]
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
}

/// The text names no fit mode. The wording is the service's own, which names three of the five.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'")]
pub struct UnknownFit(String);

impl UnknownFit {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
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

/// A width or height: 1 to 12,000 pixels. Fractions are rounded, as real clients send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels(u32);

/// The text is no number in the range that the option takes.
#[derive(Debug, thiserror::Error)]
#[error("must be a number from {min} to {max}")]
pub struct OutOfRange {
    min: u32,
    max: u32,
}

impl Pixels {
    /// The longest side that the service delivers.
    pub const MAX: u32 = 12_000;

    #[must_use]
    pub const fn new(pixels: u32) -> Option<Self> {
        if pixels >= 1 && pixels <= Self::MAX { Some(Self(pixels)) } else { None }
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Pixels {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        // `as` saturates, and turns the NaN that no number would ever be into zero.
        let pixels = text.parse::<f64>().map_or(0, |number| number.round() as u32);
        Self::new(pixels).ok_or(OutOfRange { min: 1, max: Self::MAX })
    }
}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A blur radius: 0 to 250. Below 1 it has no effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blur(f32);

impl Blur {
    const MAX: u32 = 250;

    /// The radius in pixels, if it is large enough to change anything.
    #[must_use]
    pub fn radius(self) -> Option<f32> {
        (self.0 >= 1.0).then_some(self.0)
    }
}

impl FromStr for Blur {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        match text.parse::<f32>() {
            Ok(radius) if (0.0..=Self::MAX as f32).contains(&radius) => Ok(Self(radius)),
            _ => Err(OutOfRange { min: 0, max: Self::MAX }),
        }
    }
}

impl fmt::Display for Blur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A format that is read. JPEG, PNG, GIF and WebP are written too.
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
    fn fractional_sizes_are_rounded() {
        assert_eq!("441.59999999999997".parse::<Pixels>().unwrap().get(), 442);
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        for bad in ["0", "-3", "12001", "abc", "", "NaN", "1e99"] {
            let error = bad.parse::<Pixels>().unwrap_err();
            assert_eq!(error.to_string(), "must be a number from 1 to 12000", "{bad}");
        }
    }

    #[test]
    fn an_unknown_fit_is_refused_in_the_services_words() {
        let error = "fill".parse::<Fit>().unwrap_err();
        insta::assert_snapshot!(error, @"'fill' is not a supported fit mode. Use 'cover', 'contain' or 'scale-down'");
    }

    #[test]
    fn blur_below_one_has_no_effect() {
        assert_eq!("0.9".parse::<Blur>().unwrap().radius(), None);
        assert_eq!("2.5".parse::<Blur>().unwrap().radius(), Some(2.5));
        assert!("250.1".parse::<Blur>().is_err());
    }
}
