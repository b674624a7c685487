//! A colour as CSS writes it, for `background`, `border.color` and `trim.border.color`.

use std::{fmt, str::FromStr};

/// Red, green, blue and alpha. Anything that CSS Color 4 calls a colour is read; what is printed is
/// always `#rrggbb` or, if it isn't opaque, `#rrggbbaa`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color([u8; 4]);

/// The text is no colour.
#[derive(Debug, thiserror::Error)]
#[error("must be a CSS colour such as #ff8800, tomato, rgb(255 136 0) or hsl(32 100% 50%)")]
pub struct UnknownColor;

impl Color {
    #[must_use]
    pub const fn rgba(self) -> [u8; 4] {
        self.0
    }
}

impl FromStr for Color {
    type Err = UnknownColor;

    fn from_str(text: &str) -> Result<Self, UnknownColor> {
        let color = csscolorparser::parse(text).map_err(|_| UnknownColor)?;
        Ok(Self(color.to_rgba8()))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue, alpha] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")?;
        if alpha == u8::MAX { Ok(()) } else { write!(f, "{alpha:02x}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_colours_are_read_in_every_spelling() {
        for (text, printed) in [
            ("#f80", "#ff8800"),
            ("#F80C", "#ff8800cc"),
            ("#ff8800", "#ff8800"),
            ("#ff880080", "#ff880080"),
            ("red", "#ff0000"),
            ("RebeccaPurple", "#663399"),
            ("transparent", "#00000000"),
            ("rgb(240,40,145)", "#f02891"),
            ("rgb( 240 , 40 , 145 )", "#f02891"),
            ("rgb(255 255 0)", "#ffff00"),
            ("rgb(100% 0% 50%)", "#ff0080"),
            ("rgba(0, 0, 0, 0.5)", "#00000080"),
            ("rgb(0 0 0 / 50%)", "#00000080"),
            ("hsl(120, 100%, 25%)", "#008000"),
            ("hsla(120deg 100% 25% / 1)", "#008000"),
            ("rgb(300, -20, 0)", "#ff0000"),
        ] {
            let color: Color = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(color.to_string(), printed, "{text}");
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same() {
        for rgba in [[0, 0, 0, 0], [1, 2, 3, 4], [255, 254, 0, 255], [0, 0, 0, 255]] {
            let color = Color(rgba);
            assert_eq!(color.to_string().parse::<Color>().unwrap(), color);
        }
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "#", "#12", "#gggggg", "bluish", "rgb(1,2)", "rgb(1,2,3", "url(x)", "#é1"]
        {
            let error = text.parse::<Color>().unwrap_err();
            assert!(error.to_string().starts_with("must be a CSS colour"), "{text}");
        }
    }
}
