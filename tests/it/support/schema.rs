//! Holds answers of the API against the service's published schema, in the copy of
//! `tests/conformance` with its explained list of known disagreements.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{Response, fixtures};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let text = fixtures::read("../tests/conformance/openapi-images.json");
    let mut schema: Value = serde_json::from_slice(&text).unwrap();
    replace_nullable(&mut schema);
    schema
});

/// Asserts that an answer to `method path` has the published shape. Paths that the schema doesn't
/// list, and answers that are no JSON, have none.
#[track_caller]
pub(super) fn assert_published(method: &str, path: &str, response: &Response) {
    let Some(schema) = schema(method, path, response.status) else { return };
    if !response.header("content-type").starts_with("application/json") {
        return;
    }
    let mut document = SCHEMA.clone();
    document["$ref"] = schema["$ref"].clone();
    if schema.get("$ref").is_none() {
        document = json!({ "components": SCHEMA["components"], "allOf": [schema] });
    }
    let validator: Validator = jsonschema::draft4::new(&document).unwrap();
    let body = response.json();
    let errors: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{method} {path}: {errors:#?} in {body}");
}

/// The schema of an operation's answer with this status.
fn schema(method: &str, path: &str, status: u16) -> Option<&'static Value> {
    let path = path.split('?').next()?.strip_prefix("/client/v4")?;
    let segments: Vec<_> = path.split('/').collect();
    // Operations that the schema doesn't know look like images to it.
    if segments.last().is_some_and(|last| ["config", "batch_token"].contains(last)) {
        return None;
    }
    let fits = |template: &str| {
        let template: Vec<_> = template.split('/').collect();
        template.len() == segments.len()
            && template
                .iter()
                .zip(&segments)
                .all(|(one, other)| one.starts_with('{') || one == other)
    };
    let paths = SCHEMA["paths"].as_object()?;
    // A path in letters goes before one with a placeholder at the same place.
    let mut fitting: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    let operation = fitting.first()?.1.get(method.to_lowercase())?;
    let responses = &operation["responses"];
    let response = responses.get(status.to_string()).or_else(|| match status {
        400..500 => responses.get("4XX"),
        _ => None,
    })?;
    response["content"]["application/json"].get("schema")
}

/// OpenAPI 3.0 says `nullable` where JSON Schema says "or null".
fn replace_nullable(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(replace_nullable);
            if object.remove("nullable") == Some(Value::Bool(true)) {
                let rest = std::mem::take(object);
                *object = Map::from_iter([("anyOf".to_owned(), json!([{"type": "null"}, rest]))]);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(replace_nullable),
        _ => {}
    }
}
