//! Colours as CSS writes them: `#f60`, `rebeccapurple`, `rgb(240,40,145)`, `hsl(30 100% 50%)`.

use std::{fmt, str::FromStr};

use super::values::InvalidValue;

/// Red, green, blue and alpha, alpha not multiplied in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub [u8; 4]);

impl Color {
    pub const WHITE: Self = Self([255; 4]);

    #[must_use]
    pub fn is_opaque(self) -> bool {
        self.0[3] == 255
    }
}

impl FromStr for Color {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let color = csscolorparser::parse(text).map(|color| Self(color.to_rgba8()));
        color.map_err(|_| InvalidValue::Unreadable(format!("'{text}' is no CSS colour")))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = if self.is_opaque() { 3 } else { 4 };
        f.write_str("#")?;
        self.0[..channels].iter().try_for_each(|channel| write!(f, "{channel:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_writes_colours_in_many_ways() {
        for (text, printed) in [
            ("#f60", "#ff6600"),
            ("#FF6600", "#ff6600"),
            ("#ff660080", "#ff660080"),
            ("tomato", "#ff6347"),
            ("rgb(240,40,145)", "#f02891"),
            ("rgb(255 255 0)", "#ffff00"),
            ("rgba(0,0,0,0.5)", "#00000080"),
            ("hsl(120, 100%, 25%)", "#008000"),
            ("transparent", "#00000000"),
        ] {
            let color: Color = text.parse().unwrap();
            assert_eq!(color.to_string(), printed, "{text}");
            assert_eq!(printed.parse::<Color>().unwrap(), color);
        }
        let error = "#12".parse::<Color>().unwrap_err();
        assert_eq!(error, InvalidValue::Unreadable("'#12' is no CSS colour".to_owned()));
    }
}
