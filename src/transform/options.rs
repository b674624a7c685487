//! The table of options and the grammar of `width=200,fit=cover`.
//!
//! One row is one option. Whoever needs to know which options there are (the parser, variants in
//! the API, FIDELITY.md) walks the table.

use std::{fmt, str::FromStr};

use super::values::{Blur, Fit, MetadataPolicy, Pixels};

/// What is asked of an image. `None` means that the option was not given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    pub fit: Option<Fit>,
    pub width: Option<Pixels>,
    pub height: Option<Pixels>,
    pub metadata: Option<MetadataPolicy>,
    pub blur: Option<Blur>,
}

/// An option: how it is called, and how its value is read and printed.
pub struct OptionRow {
    pub name: &'static str,
    /// The short name that URLs may use; empty if there is none.
    pub alias: &'static str,
    /// What it does, for people.
    pub summary: &'static str,
    set: fn(&mut Options, &str) -> Result<(), String>,
    get: fn(&Options) -> Option<String>,
}

/// A value that its option doesn't take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {reason}")]
pub struct InvalidOption {
    pub option: &'static str,
    pub reason: String,
}

macro_rules! row {
    ($field:ident, $alias:literal, $summary:literal) => {
        OptionRow {
            name: stringify!($field),
            alias: $alias,
            summary: $summary,
            set: |options, text| {
                options.$field = Some(text.parse().map_err(reason)?);
                Ok(())
            },
            get: |options| options.$field.map(|value| value.to_string()),
        }
    };
}

/// Every option, in the order in which the service prints them.
pub const TABLE: &[OptionRow] = &[
    row!(fit, "", "How the image is fitted into width × height"),
    row!(width, "w", "Width in pixels"),
    row!(height, "h", "Height in pixels"),
    row!(metadata, "", "Which EXIF metadata a JPEG keeps"),
    row!(blur, "", "Blur radius in pixels"),
];

fn reason(error: impl fmt::Display) -> String {
    error.to_string()
}

impl Options {
    /// Sets the option called `name`. An unknown name changes nothing and gives `Ok(false)`.
    pub fn set(&mut self, name: &str, text: &str) -> Result<bool, InvalidOption> {
        let is_named =
            |row: &&OptionRow| row.name == name || (row.alias == name && !name.is_empty());
        let Some(row) = TABLE.iter().find(is_named) else { return Ok(false) };
        (row.set)(self, text).map_err(|reason| InvalidOption { option: row.name, reason })?;
        Ok(true)
    }

    /// The options that were given, by name, with their values as text.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, String)> {
        TABLE.iter().filter_map(|row| Some((row.name, (row.get)(self)?)))
    }
}

impl Options {
    /// Reads `width=200,fit=cover`, and gives the names that no option has. Empty parts are skipped;
    /// the last of equal names wins.
    pub fn read(text: &str) -> Result<(Self, Vec<&str>), InvalidOption> {
        let mut options = Self::default();
        let mut unknown = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if !options.set(name.trim(), value.trim())? {
                unknown.push(name.trim());
            }
        }
        Ok((options, unknown))
    }
}

impl FromStr for Options {
    type Err = InvalidOption;

    /// Like `read`, for those who don't mind unknown names.
    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        Self::read(text).map(|(options, _)| options)
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

    #[test]
    fn what_is_printed_parses_to_the_same() {
        let text = "fit=cover,width=200,height=100,metadata=keep,blur=2.5";
        let options: Options = text.parse().unwrap();

        assert_eq!(options.to_string(), text);
        assert_eq!(options, options.to_string().parse().unwrap());
    }

    #[test]
    fn the_last_of_equal_names_wins_and_unknown_ones_are_skipped() {
        let (options, unknown) =
            Options::read("w=1,,public=undefined, width = 300 ,h=2,bare").unwrap();

        assert_eq!(options.to_string(), "width=300,height=2");
        assert_eq!(unknown, ["public", "bare"]);
    }

    #[test]
    fn a_bad_value_names_its_option() {
        let error = "w=0".parse::<Options>().unwrap_err();

        assert_eq!(error.to_string(), "width: must be a number from 1 to 12000");
    }
}
