//! A fault: what goes wrong, as JSON and as the header `x-tintype-fault` say it (pure).

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::InvalidFault;
use crate::{error::ErrorCode, surface::Surface};

/// What goes wrong. What isn't given stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fault {
    /// The request is refused with this HTTP status, 400 to 599.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The request is refused with this code of the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The request is refused with 429, or the given status, and so many seconds in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The answer, or the reset, comes so much later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// The connection is reset, and nothing is done.
    #[serde(skip_serializing_if = "is_false")]
    pub reset: bool,
    /// The answer's body ends after so many bytes, and the connection with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<u64>,
    /// The answer's `Content-Type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// A time to wait, or the bounds of one: `200ms`, `100ms..2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Latency {
    from: Duration,
    to: Duration,
}

/// A refusal that was asked for. The surface words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub status: u16,
    /// `None` where the surface has no code for the status.
    pub code: Option<ErrorCode>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Fault {
    /// Refuses what makes no sense.
    pub(super) fn check(&self) -> Result<(), InvalidFault> {
        if *self == Self::default() {
            return Err(InvalidFault::NothingAsked);
        }
        if let Some(status) = self.status.filter(|status| !(400..600).contains(status)) {
            return Err(InvalidFault::Status(status));
        }
        if let Some(code) = self.code.filter(|code| rows(*code).next().is_none()) {
            return Err(InvalidFault::Code(code));
        }
        let rest = Self { reset: false, latency: None, ..self.clone() };
        if self.reset && rest != Self::default() {
            return Err(InvalidFault::ResetAlone);
        }
        let is_header = |letter: char| letter == ' ' || letter.is_ascii_graphic();
        match &self.content_type {
            Some(label) if !label.chars().all(is_header) => Err(InvalidFault::ContentType),
            _ => Ok(()),
        }
    }

    /// How a request to this surface is refused, if it is.
    #[must_use]
    pub fn refusal(&self, surface: Surface) -> Option<Refused> {
        let limited = self.retry_after.map(|_| 429);
        let status = self.status.or_else(|| limited.filter(|_| self.code.is_none()));
        match (self.code, status) {
            (None, None) => None,
            (None, Some(status)) => Some(Refused { status, code: usual(surface, status) }),
            (Some(code), status) => {
                let row = named(surface, code, status);
                Some(Refused { status: status.unwrap_or(row.row().status), code: Some(row) })
            }
        }
    }
}

/// The rows of the catalogue with this number.
fn rows(code: u16) -> impl Iterator<Item = ErrorCode> {
    ErrorCode::ALL.iter().copied().filter(move |row| row.row().code == code)
}

/// The row that a number stands for on this surface: a few stand for several.
fn named(surface: Surface, code: u16, status: Option<u16>) -> ErrorCode {
    let exact = rows(code).find(|row| Some(row.row().status) == status);
    let of_uploads =
        |row: &ErrorCode| matches!(row, ErrorCode::UploadDimensions | ErrorCode::UploadUndecodable);
    let delivers = matches!(surface, Surface::Delivery | Surface::Zone);
    let near = || rows(code).find(|row| !delivers || !of_uploads(row));
    exact.or_else(near).or_else(|| rows(code).next()).expect("codes are checked when they are read")
}

/// The code that a surface's status usually comes with.
fn usual(surface: Surface, status: u16) -> Option<ErrorCode> {
    use ErrorCode as E;
    match surface {
        Surface::Api | Surface::Batch | Surface::Upload => Some(match status {
            401 => E::InvalidToken,
            403 => E::NotAuthorized,
            404 => E::ImageNotFound,
            405 => E::MethodNotAllowed,
            408 => E::TooSlow,
            409 => E::AlreadyExists,
            413 => E::FileTooLarge,
            415 => E::UnsupportedFormat,
            422 => E::UploadUndecodable,
            429 => E::RateLimited,
            503 => E::Unavailable,
            400..500 => E::BadRequest,
            _ => E::Internal,
        }),
        Surface::Delivery | Surface::Zone => match (status, surface) {
            (400, _) => Some(E::BadOptions),
            (403, _) => Some(E::AccessDenied),
            (404, _) => Some(E::ImageMissing),
            (415, _) => Some(E::NotConvertible),
            (422, _) => Some(E::Undecodable),
            (500, _) => Some(E::RenderFailed),
            (503, _) => Some(E::Busy),
            (502, Surface::Zone) => Some(E::OriginFailed),
            (508, Surface::Zone) => Some(E::Loop),
            (522, Surface::Zone) => Some(E::NoAnswer),
            (523, Surface::Zone) => Some(E::Unreachable),
            (524, Surface::Zone) => Some(E::SlowDownload),
            _ => None,
        },
        Surface::Control | Surface::Nowhere => None,
    }
}

impl Latency {
    /// The longest that may be asked for.
    const MOST: Duration = Duration::from_secs(600);

    /// The time between the bounds that `draw` stands for, out of all that it could be.
    #[must_use]
    pub fn pick(self, draw: impl FnOnce() -> u32) -> Duration {
        let span = self.to - self.from;
        if span.is_zero() {
            return self.from;
        }
        self.from + span.mul_f64(f64::from(draw()) / f64::from(u32::MAX))
    }
}

impl FromStr for Latency {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let time = |text: &str| {
            let time = humantime::parse_duration(text.trim()).ok();
            time.filter(|time| *time <= Self::MOST).ok_or(InvalidFault::Latency)
        };
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let latency = Self { from: time(from)?, to: time(to)? };
        if latency.from <= latency.to { Ok(latency) } else { Err(InvalidFault::Latency) }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, to] = [self.from, self.to].map(humantime::format_duration);
        // Times of several units are printed with spaces, which nobody needs.
        let [from, to] = [from, to].map(|time| time.to_string().replace(' ', ""));
        if from == to { f.write_str(&from) } else { write!(f, "{from}..{to}") }
    }
}

impl TryFrom<String> for Latency {
    type Error = InvalidFault;

    fn try_from(text: String) -> Result<Self, InvalidFault> {
        text.parse()
    }
}

impl From<Latency> for String {
    fn from(latency: Latency) -> Self {
        latency.to_string()
    }
}

/// As in the header: `status=503, latency=200ms`.
impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let mut fault = Self::default();
        for part in text.split(',').map(str::trim) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let number = || InvalidFault::Number(name.to_owned());
            match name {
                "status" => fault.status = Some(value.parse().map_err(|_| number())?),
                "code" => fault.code = Some(value.parse().map_err(|_| number())?),
                "retry-after" => fault.retry_after = Some(value.parse().map_err(|_| number())?),
                "cut" => fault.cut = Some(value.parse().map_err(|_| number())?),
                "latency" => fault.latency = Some(value.parse()?),
                "type" => fault.content_type = Some(value.to_owned()),
                "reset" if value.is_empty() => fault.reset = true,
                _ => return Err(InvalidFault::UnknownPart(part.to_owned())),
            }
        }
        fault.check()?;
        Ok(fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |name: &str, value: Option<&dyn fmt::Display>| {
            value.map(|value| format!("{name}={value}"))
        };
        let parts = [
            part("status", self.status.as_ref().map(|value| value as _)),
            part("code", self.code.as_ref().map(|value| value as _)),
            part("retry-after", self.retry_after.as_ref().map(|value| value as _)),
            part("latency", self.latency.as_ref().map(|value| value as _)),
            self.reset.then(|| "reset".to_owned()),
            part("cut", self.cut.as_ref().map(|value| value as _)),
            part("type", self.content_type.as_ref().map(|value| value as _)),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_comes_back_as_it_was_read() {
        for text in [
            "status=503",
            "code=5550,latency=200ms",
            "reset",
            "latency=1s..1m30s,reset",
            "retry-after=3,cut=100,type=text/plain; charset=x",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_header_that_makes_no_sense_is_refused_with_a_reason() {
        let why = |text: &str| text.parse::<Fault>().unwrap_err().to_string();

        let texts =
            ["", "stat=503", "status=200", "status=x", "code=1", "reset,cut=1", "latency=2s..1s"];
        insta::assert_snapshot!(texts.map(why).join("\n"), @r#"
        "" is none of status=, code=, retry-after=, latency=, reset, cut= and type=
        "stat=503" is none of status=, code=, retry-after=, latency=, reset, cut= and type=
        the status 200 is no failure: 400 to 599
        status is a number
        the catalogue has no code 1
        reset goes with latency only: there is no answer
        latency is a time up to 10m like 200ms, or two like 100ms..2s
        "#);
    }

    #[test]
    fn a_refusal_is_the_surfaces_own() {
        let refused = |text: &str, surface| {
            let refused = text.parse::<Fault>().unwrap().refusal(surface);
            refused.map(|Refused { status, code }| (status, code))
        };

        use ErrorCode as E;
        for (text, surface, expected) in [
            ("latency=1s", Surface::Api, None),
            ("status=503", Surface::Api, Some((503, Some(E::Unavailable)))),
            ("status=503", Surface::Zone, Some((503, Some(E::Busy)))),
            ("status=418", Surface::Api, Some((418, Some(E::BadRequest)))),
            ("status=418", Surface::Delivery, Some((418, None))),
            ("code=9413", Surface::Api, Some((413, Some(E::UploadDimensions)))),
            ("code=9413", Surface::Delivery, Some((403, Some(E::DeliveredTooLarge)))),
            ("code=9504,status=524", Surface::Zone, Some((524, Some(E::SlowDownload)))),
            ("code=10000,status=500", Surface::Api, Some((500, Some(E::InvalidToken)))),
            ("retry-after=3", Surface::Api, Some((429, Some(E::RateLimited)))),
            ("retry-after=3,code=5503", Surface::Api, Some((503, Some(E::Unavailable)))),
        ] {
            assert_eq!(refused(text, surface), expected, "{text}");
        }
    }

    #[test]
    fn a_latency_stays_between_its_bounds() {
        let latency: Latency = "100ms..300ms".parse().unwrap();

        assert_eq!(latency.pick(|| 0), Duration::from_millis(100));
        assert_eq!(latency.pick(|| u32::MAX), Duration::from_millis(300));
    }
}
