//! SVG: never made into pixels. It leaves as it came, without scripts, links and outside resources,
//! cleaned by the service's own filter (delivery-and-transforms.md §3.4).

use std::io::{self, Write};

use svg_hush::{Filter, data_url_filter};

use super::{TransformError, decode::undecodable};

/// How far into a text the root element is looked for. Editors put a licence or a document type
/// before it, never a book.
const PROLOGUE: usize = 64 << 10;

/// Whether the text's root element is `svg`, whatever its prefix. What comes after is not looked at.
pub(super) fn is_svg(source: &[u8]) -> bool {
    let head = &source[..source.len().min(PROLOGUE)];
    let text = text(head);
    let Some(root) = root_element(&text) else { return false };
    let name = root.split(|c: char| c.is_whitespace() || c == '/' || c == '>').next();
    name.is_some_and(|name| name == "svg" || name.ends_with(":svg"))
}

/// The text in the encoding that its byte order mark tells; UTF-8 without one.
fn text(head: &[u8]) -> String {
    let utf16 = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks().0.iter().map(|pair| read(*pair));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match head {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(head).into_owned(),
    }
}

/// What follows the first element's `<`. Declarations, comments and the document type come before it.
fn root_element(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start().strip_prefix('<')?;
        let end = match rest {
            _ if rest.starts_with('?') => "?>",
            _ if rest.starts_with("!--") => "-->",
            // A document type may declare entities, between brackets.
            _ if rest.starts_with("!DOCTYPE") => match (rest.find('['), rest.find('>')) {
                (Some(subset), Some(end)) if subset < end => "]>",
                _ => ">",
            },
            _ => return Some(rest),
        };
        rest = rest.split_once(end)?.1;
    }
}

/// The same picture without anything that could harm whoever opens it.
pub(super) fn sanitize(source: &[u8]) -> Result<Vec<u8>, TransformError> {
    let mut filter = Filter::new();
    filter.set_data_url_filter(data_url_filter::allow_standard_images);
    let mut clean = Capped { bytes: Vec::new(), room: source.len() * 16 + PROLOGUE };
    filter.filter(source, &mut clean).map_err(|error| match std::error::Error::source(&error) {
        Some(cause) => undecodable(cause),
        None => undecodable(error),
    })?;
    Ok(clean.bytes)
}

/// The filter indents and expands entities: nested deep enough, a small file would become a huge one.
struct Capped {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.room = self.room.checked_sub(more.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIRCLE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"><circle r="5"/></svg>"#;

    fn utf16(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(write).collect()
    }

    #[test]
    fn the_root_element_tells_an_svg() {
        for yes in [
            CIRCLE,
            "<svg/>",
            "\u{feff}<svg>",
            "<?xml version='1.0'?>\n<!-- <html> -->\n<svg:svg xmlns:svg='…'>",
            "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd'><svg width='1'>",
            "<!DOCTYPE svg [ <!ENTITY red '#f00'> ]>\n<svg>",
        ] {
            assert!(is_svg(yes.as_bytes()), "{yes}");
        }
        for no in
            ["", "svg", "<html><svg/></html>", "<svgs>", "<!-- <svg> -->", "<?xml version='1.0'?>"]
        {
            assert!(!is_svg(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn utf_16_is_read() {
        for encoded in [utf16(CIRCLE, u16::to_le_bytes), utf16(CIRCLE, u16::to_be_bytes)] {
            assert!(is_svg(&encoded));
            let clean = String::from_utf8(sanitize(&encoded).unwrap()).unwrap();
            assert!(clean.contains("<circle r=\"5\""), "{clean}");
        }
    }

    #[test]
    fn scripts_and_outside_links_go_and_the_picture_stays() {
        let hostile = r#"<svg xmlns="http://www.w3.org/2000/svg" onload="steal()">
            <script>steal()</script><a href="https://evil.example/"><circle r="5"/></a></svg>"#;

        let clean = String::from_utf8(sanitize(hostile.as_bytes()).unwrap()).unwrap();

        assert!(clean.contains("circle"), "{clean}");
        assert!(!clean.contains("steal") && !clean.contains("evil"), "{clean}");
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for broken in ["<svg>", "<svg xmlns='http://www.w3.org/2000/svg'><g></svg>", "<svg/>"] {
            assert!(sanitize(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_small_file_does_not_become_a_huge_one() {
        let deep = "<g>".repeat(30_000);
        let bomb = format!("<svg xmlns='http://www.w3.org/2000/svg'>{deep}</svg>");
        assert!(sanitize(bomb.as_bytes()).is_err());
    }
}
