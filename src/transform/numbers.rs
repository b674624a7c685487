//! The numbers that options take, each within its bounds (delivery-and-transforms.md §2.4, §2.5).

use std::{fmt, ops::RangeInclusive, str::FromStr};

use super::values::InvalidValue;

/// Reads a number and refuses one that is out of bounds.
fn number(text: &str, bounds: RangeInclusive<f64>) -> Result<f64, InvalidValue> {
    let (min, max) = (bounds.start(), bounds.end());
    match text.parse::<f64>() {
        Ok(number) if bounds.contains(&number) => Ok(number),
        Ok(number) if number.is_finite() => {
            Err(InvalidValue::Refused(format!("must be a number from {min} to {max}")))
        }
        _ => Err(InvalidValue::Unreadable(format!("'{text}' is no number"))),
    }
}

/// A whole number from `MIN` to `MAX`. Fractions are rounded, as real clients send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

/// A width or height: 1 to 12,000 pixels.
pub type Pixels = Whole<1, 12_000>;

/// A border's width in pixels.
pub type Edge = Whole<0, 12_000>;

/// How far a channel may be from a border's colour.
pub type Tolerance = Whole<0, 255>;

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// The largest number. Of `Pixels`: the longest side that the service delivers.
    pub const MAX: u32 = MAX;

    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number >= MIN && number <= MAX { Some(Self(number)) } else { None }
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> FromStr for Whole<MIN, MAX> {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let bounds = MIN.into()..=MAX.into();
        // What rounds to a number within the bounds is within them.
        let rounded = text.parse::<f64>().map_or(text.to_owned(), |one| one.round().to_string());
        number(&rounded, bounds).map(|number| Self(number as u32)).map_err(|error| match error {
            InvalidValue::Unreadable(_) => {
                InvalidValue::Unreadable(format!("'{text}' is no number"))
            }
            refused => refused,
        })
    }
}

impl<const MIN: u32, const MAX: u32> fmt::Display for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A decimal from 0 to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpTo<const MAX: u32>(f32);

/// A blur radius. Below 1 it has no effect; above 250 it was reported as an error.
pub type Blur = UpTo<250>;

/// How much to sharpen.
pub type Sharpen = UpTo<10>;

/// A multiplier of brightness, contrast, gamma or saturation; 1 changes nothing.
pub type Factor = UpTo<255>;

/// How close to go to the faces.
pub type Zoom = UpTo<1>;

impl<const MAX: u32> UpTo<MAX> {
    #[must_use]
    pub fn get(self) -> f32 {
        self.0
    }
}

impl<const MAX: u32> FromStr for UpTo<MAX> {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        number(text, 0.0..=MAX.into()).map(|number| Self(number as f32))
    }
}

impl<const MAX: u32> fmt::Display for UpTo<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many pixels of the screen make one of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dpr(f32);

impl Dpr {
    /// What larger ones are cut down to. The documents say 2; the service was seen to take 3 in
    /// earlier years (§2.3).
    const MAX: f32 = 2.0;

    /// The multiplier that is used.
    #[must_use]
    pub fn factor(self) -> f64 {
        self.0.min(Self::MAX).into()
    }

    /// What the client should know of a ratio that is not used as it was given.
    #[must_use]
    pub fn warning(self) -> Option<&'static str> {
        match self.0 {
            // The service's own words.
            ratio if ratio > 3.0 => Some("dpr > 3 should never be used"),
            ratio if ratio > Self::MAX => Some("dpr > 2 is taken as 2"),
            _ => None,
        }
    }
}

impl FromStr for Dpr {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        // Nothing is known of an upper bound beyond which it is an error.
        number(text, 0.01..=1_000.0).map(|number| Self(number as f32))
    }
}

impl fmt::Display for Dpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A measure along one side of the image: pixels, or, between 0 and 1, a part of the side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    Pixels(u32),
    Fraction(f64),
}

impl Length {
    /// The measure in pixels of a side that is `side` pixels long, its pixels times `dpr`.
    #[must_use]
    pub fn of(self, side: u32, dpr: f64) -> u32 {
        match self {
            Self::Pixels(pixels) => (f64::from(pixels) * dpr).round() as u32,
            Self::Fraction(fraction) => (f64::from(side) * fraction).round() as u32,
        }
    }
}

impl FromStr for Length {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let number = number(text, 0.0..=100_000.0)?;
        let is_part = number > 0.0 && number < 1.0;
        Ok(if is_part { Self::Fraction(number) } else { Self::Pixels(number.round() as u32) })
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(pixels) => pixels.fmt(f),
            Self::Fraction(fraction) => fraction.fmt(f),
        }
    }
}

/// How good a lossy format should look: 1 to 100, or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    Number(u8),
    Named(&'static str, u8),
}

impl Quality {
    /// The names, as the service's own local mode maps them; the real ones are perceptual.
    const NAMES: [(&'static str, u8); 4] =
        [("low", 35), ("medium-low", 50), ("medium-high", 70), ("high", 90)];

    #[must_use]
    pub fn get(self) -> u8 {
        let (Self::Number(number) | Self::Named(_, number)) = self;
        number
    }
}

impl FromStr for Quality {
    type Err = InvalidValue;

    /// Numbers are clamped, as the service's own local mode does.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if let Some((name, number)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Named(name, *number));
        }
        let number = number(text, f64::MIN..=f64::MAX)?;
        Ok(Self::Number(number.round().clamp(1.0, 100.0) as u8))
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Named(name, _) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason<T: FromStr<Err = InvalidValue>>(text: &str) -> InvalidValue {
        text.parse::<T>().err().unwrap_or_else(|| panic!("{text} was taken"))
    }

    #[test]
    fn fractional_sizes_are_rounded() {
        assert_eq!("441.59999999999997".parse::<Pixels>().unwrap().get(), 442);
        assert_eq!("0.5".parse::<Pixels>().unwrap().get(), 1);
    }

    #[test]
    fn sizes_out_of_bounds_are_refused_and_other_texts_are_no_numbers() {
        for bad in ["0", "-3", "12001", "1e99"] {
            let expected = InvalidValue::Refused("must be a number from 1 to 12000".to_owned());
            assert_eq!(reason::<Pixels>(bad), expected, "{bad}");
        }
        for bad in ["abc", "", "NaN", "inf", "1,5"] {
            let expected = InvalidValue::Unreadable(format!("'{bad}' is no number"));
            assert_eq!(reason::<Pixels>(bad), expected, "{bad}");
        }
    }

    #[test]
    fn decimals_have_bounds() {
        assert_eq!("250".parse::<Blur>().unwrap().get(), 250.0);
        assert!(matches!(reason::<Blur>("250.1"), InvalidValue::Refused(_)));
        assert!(matches!(reason::<Sharpen>("11"), InvalidValue::Refused(_)));
        assert!(matches!(reason::<Zoom>("-0.1"), InvalidValue::Refused(_)));
        assert!(matches!(reason::<Factor>("much"), InvalidValue::Unreadable(_)));
    }

    #[test]
    fn a_ratio_above_two_is_cut_down() {
        for (text, factor, warns) in [("0.5", 0.5, false), ("2", 2.0, false), ("2.5", 2.0, true)] {
            let dpr: Dpr = text.parse().unwrap();
            assert_eq!((dpr.factor(), dpr.warning().is_some()), (factor, warns), "{text}");
        }
        assert_eq!("4".parse::<Dpr>().unwrap().warning(), Some("dpr > 3 should never be used"));
    }

    #[test]
    fn a_length_between_nothing_and_one_is_a_part() {
        for (text, pixels) in [("0", 0), ("0.25", 50), ("1", 2), ("30", 60), ("30.4", 60)] {
            assert_eq!(text.parse::<Length>().unwrap().of(200, 2.0), pixels, "{text}");
        }
    }

    #[test]
    fn qualities_have_names_and_are_clamped() {
        for (text, number) in [("1", 1), ("85.5", 86), ("0", 1), ("300", 100), ("medium-low", 50)] {
            assert_eq!(text.parse::<Quality>().unwrap().get(), number, "{text}");
        }
        assert!(matches!(reason::<Quality>("best"), InvalidValue::Unreadable(_)));
    }
}
