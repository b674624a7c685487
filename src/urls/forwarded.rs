//! Reads the header `Forwarded` (RFC 7239 §4): elements divided by commas, one for each proxy, the
//! client's first; in each, pairs divided by semicolons. Both may be empty, and are passed over (pure).

/// What the proxy that is nearest to the client says. Values are as sent: nothing is checked yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    pub(super) host: Option<String>,
    pub(super) proto: Option<String>,
}

impl Forwarded {
    /// The first element of a header. One that can't be read says nothing.
    pub(super) fn first(header: &str) -> Self {
        Self::read(header).unwrap_or_default()
    }

    fn read(header: &str) -> Option<Self> {
        let (mut element, mut is_empty) = (Self::default(), true);
        let mut rest = header.trim_start();
        loop {
            rest = match rest.chars().next() {
                None => return Some(element),
                Some(',') if !is_empty => return Some(element),
                Some(',' | ';') => rest[1..].trim_start(),
                Some(_) => {
                    is_empty = false;
                    element.take_pair(rest)?
                }
            };
        }
    }

    /// Takes in the pair that the text begins with, and gives what is behind it.
    fn take_pair<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (name, behind) = text.split_at(text.find(['=', ',', ';'])?);
        let (value, behind) = value(behind.strip_prefix('=')?)?;
        let place = match name.trim_end().to_ascii_lowercase().as_str() {
            "host" => Some(&mut self.host),
            "proto" => Some(&mut self.proto),
            _ => None,
        };
        // No name may come twice.
        if let Some(place) = place
            && place.replace(value).is_some()
        {
            return None;
        }
        let behind = behind.trim_start();
        (behind.is_empty() || behind.starts_with([',', ';'])).then_some(behind)
    }
}

/// A token or a quoted string, and what is behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';']).unwrap_or(text.len());
        return Some((text[..end].trim_end().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_is_read() {
        let read = |header: &str| {
            let Forwarded { host, proto } = Forwarded::first(header);
            [host, proto].map(Option::unwrap_or_default).join("|")
        };

        for (header, expected) in [
            ("host=a.test;proto=https", "a.test|https"),
            ("For=\"[2001:db8::1]:4711\"; Host=\"a.test:81\" ; PROTO=http", "a.test:81|http"),
            ("for=unknown;host=a.test, for=b;host=b.test;proto=https", "a.test|"),
            ("for=\"a,b;host=no.test\";host=\"a\\.te\\\"st\"", "a.te\"st|"),
            ("for=_gazonk", "|"),
            ("host=\"a.test:81\";proto=https;", "a.test:81|https"),
            (";host=a.test", "a.test|"),
            (" , ;, host=a.test ;; proto=http, host=b.test", "a.test|http"),
            ("for=a, host=b.test", "|"),
            ("for;host=a.test", "|"),
            ("host=a.test;proto", "|"),
            ("host=\"a.test", "|"),
            ("host=\"a.test\"b", "|"),
            ("host=a.test;host=b.test", "|"),
            ("", "|"),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }
}
