//! Which format to answer in: what the client accepts, then what the source is (pure).

use super::{probe::Probe, values::Format};

/// The modern formats that an `Accept` header asks for by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepts {
    pub webp: bool,
}

impl Accepts {
    /// Reads an `Accept` header. Wildcards turn nothing on: curl's `*/*` gets a plain format
    /// (seen on the real service, delivery-and-transforms.md §3.2).
    #[must_use]
    pub fn parse(header: &str) -> Self {
        Self { webp: header.split(',').any(|range| is_wanted(range, "image/webp")) }
    }
}

fn is_wanted(range: &str, media_type: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type));
    let refused = |parameter: &str| {
        let weight = parameter.strip_prefix("q=").or(parameter.strip_prefix("Q="));
        weight.is_some_and(|weight| weight.trim().parse::<f32>() == Ok(0.0))
    };
    named && !parts.any(refused)
}

/// The format to answer in: WebP for whoever accepts it, else the source's own class.
#[must_use]
pub fn negotiate(accepts: Accepts, source: &Probe) -> Format {
    match source.format {
        _ if accepts.webp => Format::Webp,
        // A client that doesn't accept WebP gets what can hold the same picture.
        Format::Webp if source.is_animated() => Format::Gif,
        Format::Webp | Format::Avif | Format::Heic if source.has_alpha => Format::Png,
        Format::Webp | Format::Avif | Format::Heic => Format::Jpeg,
        own => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_explicit_name_turns_webp_on() {
        for yes in [
            "image/webp",
            "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "text/html, IMAGE/WEBP ; q=0.5",
        ] {
            assert!(Accepts::parse(yes).webp, "{yes}");
        }
        for no in ["", "*/*", "image/*", "image/webp;q=0", "image/webp; q=0.000", "image/webpx"] {
            assert!(!Accepts::parse(no).webp, "{no}");
        }
    }

    #[test]
    fn without_webp_the_source_keeps_its_class() {
        let source = |format, has_alpha, frames| Probe::sample(format, has_alpha, frames);
        for (probe, expected) in [
            (source(Format::Jpeg, false, 1), Format::Jpeg),
            (source(Format::Png, true, 1), Format::Png),
            (source(Format::Gif, true, 9), Format::Gif),
            (source(Format::Webp, false, 1), Format::Jpeg),
            (source(Format::Webp, true, 1), Format::Png),
            (source(Format::Webp, true, 9), Format::Gif),
        ] {
            assert_eq!(negotiate(Accepts::default(), &probe), expected, "{probe:?}");
            assert_eq!(negotiate(Accepts { webp: true }, &probe), Format::Webp);
        }
    }
}
