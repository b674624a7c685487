//! The `metadata` of an upload, in every encoding that clients use (clients.md §1).
//!
//! JSON text in one part, or a part for each value: `metadata[a][b]` from TypeScript,
//! `metadata.a.b` from Python and Go. The expanded forms keep their values as strings.

use serde_json::{Map, Value};

use super::error::{ApiError, Result};
use crate::domain::{Metadata, check_metadata};

/// How deep the expanded form may nest. JSON text has the parser's own limit, 128.
const MAX_DEPTH: usize = 32;

/// Whether a part of this name is metadata.
pub(super) fn is_part(name: &str) -> bool {
    name.strip_prefix("metadata")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Reads the metadata from a form's text parts. None, or an empty object, is `None`.
pub(super) fn from_parts(parts: &[(String, String)]) -> Result<Option<Metadata>> {
    let mut metadata = Map::new();
    for (name, text) in parts {
        match name.strip_prefix("metadata").filter(|_| is_part(name)) {
            None => {}
            // Seen from a client that had none: the word `undefined`.
            Some("") if matches!(text.trim(), "" | "undefined") => {}
            Some("") => metadata.extend(from_json(text)?),
            Some(rest) => insert(&mut metadata, &path(rest)?, text)?,
        }
    }
    check_metadata(metadata).map_err(ApiError::bad_request)
}

fn from_json(text: &str) -> Result<Metadata> {
    match serde_json::from_str(text) {
        Ok(Value::Object(metadata)) => Ok(metadata),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(ApiError::bad_request("metadata must be a JSON object")),
        Err(error) => Err(ApiError::bad_request(format!("metadata is no valid JSON: {error}"))),
    }
}

/// `[a][b]` or `.a.b` as `a`, `b`; an empty step means one more element of a list.
fn path(rest: &str) -> Result<Vec<&str>> {
    let brackets = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let path: Vec<_> = match (brackets, rest.trim_start_matches('.')) {
        (Some(brackets), _) => brackets.split("][").collect(),
        (None, dots) => match dots.strip_suffix("[]") {
            Some(list) => list.split('.').chain([""]).collect(),
            None => dots.split('.').collect(),
        },
    };
    if path.len() > MAX_DEPTH {
        return Err(ApiError::bad_request(format!(
            "metadata nests deeper than {MAX_DEPTH} levels"
        )));
    }
    Ok(path)
}

fn insert(metadata: &mut Metadata, path: &[&str], text: &str) -> Result<()> {
    match path {
        [] | ["", ..] => Err(ApiError::bad_request("metadata must be an object, not a list")),
        [first, rest @ ..] => {
            set(metadata.entry(*first).or_insert(Value::Null), rest, text);
            Ok(())
        }
    }
}

/// Go's SDK numbers the elements of a list, from 0 on and without a gap.
fn is_next_index(place: &Value, step: &str) -> bool {
    let index = step.parse::<usize>().ok().filter(|index| index.to_string() == step);
    match place {
        Value::Null => index == Some(0),
        Value::Array(list) => index.is_some_and(|index| index <= list.len()),
        _ => false,
    }
}

fn set(place: &mut Value, path: &[&str], text: &str) {
    match path {
        [] => *place = Value::String(text.to_owned()),
        ["", rest @ ..] => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut().expect("it was just made one");
            list.push(Value::Null);
            set(list.last_mut().expect("one was just added"), rest, text);
        }
        [step, rest @ ..] if is_next_index(place, step) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut().expect("it was just made one");
            let index = step.parse().unwrap_or(list.len());
            list.resize(list.len().max(index + 1), Value::Null);
            set(&mut list[index], rest, text);
        }
        [step, rest @ ..] => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let object = place.as_object_mut().expect("it was just made one");
            set(object.entry(*step).or_insert(Value::Null), rest, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[(&str, &str)]) -> String {
        let parts: Vec<_> =
            parts.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        match from_parts(&parts) {
            Ok(None) => "none".to_owned(),
            Ok(Some(metadata)) => Value::Object(metadata).to_string(),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn every_encoding_of_real_clients_is_read() {
        for (parts, expected) in [
            (&[("metadata", r#"{"a":{"b":1}}"#)][..], r#"{"a":{"b":1}}"#),
            (&[("metadata[a][b]", "1"), ("metadata[k]", "v")], r#"{"a":{"b":"1"},"k":"v"}"#),
            (&[("metadata[list][]", "x"), ("metadata[list][]", "y")], r#"{"list":["x","y"]}"#),
            (&[("metadata.a.b", "1"), ("metadata.k", "v")], r#"{"a":{"b":"1"},"k":"v"}"#),
            (&[("metadata.list[]", "x"), ("metadata.list[]", "y")], r#"{"list":["x","y"]}"#),
            (&[("metadata.list.0", "x"), ("metadata.list.1", "y")], r#"{"list":["x","y"]}"#),
            (&[("metadata.l.0.a", "x"), ("metadata.l.0.b", "y")], r#"{"l":[{"a":"x","b":"y"}]}"#),
            (&[("metadata.years.1856", "x")], r#"{"years":{"1856":"x"}}"#),
        ] {
            assert_eq!(read(parts), expected, "{parts:?}");
        }
    }

    #[test]
    fn the_forms_add_up() {
        let parts = [("metadata[b]", "2"), ("metadata", r#"{"a":1}"#), ("metadata.c", "3")];
        assert_eq!(read(&parts), r#"{"b":"2","a":1,"c":"3"}"#);
    }

    #[test]
    fn no_metadata_is_said_in_many_ways() {
        for text in ["", "undefined", "{}", "null"] {
            assert_eq!(read(&[("metadata", text)]), "none", "{text}");
        }
        assert_eq!(read(&[("metadatum", "{\"a\":1}")]), "none");
    }

    #[test]
    fn what_is_no_object_or_too_long_is_refused() {
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(1024));
        for text in ["[1]", "7", "{", "text", &long] {
            assert_eq!(read(&[("metadata", text)]), "refused", "{text}");
        }
        assert_eq!(read(&[("metadata[]", "1")]), "refused");
        for deep in ["[a]".repeat(33), ".a".repeat(33), "[a]".repeat(20_000)] {
            assert_eq!(read(&[(&format!("metadata{deep}"), "1")]), "refused");
        }
        let fits = format!(r#"{{"a":"{}"}}"#, "x".repeat(1024 - 8));
        assert_eq!(read(&[("metadata", &fits)]), fits);
    }
}
