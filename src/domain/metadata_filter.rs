//! Conditions on metadata: `meta.<path>[<operator>]=<value>` in a listing (management-api.md §2.4).

use serde_json::Value;

use super::Metadata;

/// Conditions that an image's metadata has to meet, all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetadataFilter {
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq)]
struct Condition {
    /// The names of nested objects, outermost first.
    path: Vec<String>,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// Equal to one of these.
    OneOf(Vec<Operand>),
    Compare(Comparison, f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    /// Equal as text, or as the number or truth value that the text spells.
    Untyped(String),
    Text(String),
    Number(f64),
    Truth(bool),
}

/// Why a condition can't be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    #[error("at most 5 metadata filters are allowed")]
    TooMany,
    #[error("metadata can be filtered at most 5 levels deep")]
    TooDeep,
    #[error("a metadata filter lists at most 10 values")]
    TooManyValues,
    #[error("a metadata filter looks like meta.path[operator]=value, not like {0}")]
    Malformed(String),
    #[error("{0} is no operator for metadata")]
    Operator(String),
    #[error("{0} is no value for this operator")]
    Value(String),
}

impl MetadataFilter {
    const CONDITIONS: usize = 5;
    const LEVELS: usize = 5;
    const VALUES: usize = 10;

    /// Adds the condition that a query pair states. A name that doesn't begin with `meta.` states
    /// none.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), InvalidFilter> {
        let Some(condition) = name.strip_prefix("meta.") else { return Ok(()) };
        let malformed = || InvalidFilter::Malformed(name.to_owned());
        let (path, operator) = condition.split_once('[').ok_or_else(malformed)?;
        let operator = operator.strip_suffix(']').ok_or_else(malformed)?;
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(malformed());
        }
        if path.len() > Self::LEVELS {
            return Err(InvalidFilter::TooDeep);
        }
        self.conditions.push(Condition { path, test: Test::parse(operator, value)? });
        if self.conditions.len() > Self::CONDITIONS {
            return Err(InvalidFilter::TooMany);
        }
        Ok(())
    }

    /// Whether there is no condition: every image passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether the metadata meets every condition.
    #[must_use]
    pub fn matches(&self, metadata: Option<&Metadata>) -> bool {
        self.conditions.iter().all(|condition| {
            let value = metadata.and_then(|metadata| find(metadata, &condition.path));
            value.is_some_and(|value| condition.test.passes(value))
        })
    }
}

fn find<'a>(metadata: &'a Metadata, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(metadata.get(first)?, |value, name| value.get(name))
}

impl Test {
    fn parse(operator: &str, value: &str) -> Result<Self, InvalidFilter> {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let (name, kind) = operator.split_once(':').unwrap_or((operator, ""));
        let compare = |comparison| match kind {
            "" | "number" => Ok(Self::Compare(comparison, number(value)?)),
            _ => Err(InvalidFilter::Operator(operator.to_owned())),
        };
        match name {
            "eq" => Ok(Self::OneOf(vec![Operand::parse(operator, kind, value)?])),
            "in" if kind != "boolean" => {
                let values: Vec<_> = value.split('|').collect();
                if values.len() > MetadataFilter::VALUES {
                    return Err(InvalidFilter::TooManyValues);
                }
                let values = values.iter().map(|value| Operand::parse(operator, kind, value));
                Ok(Self::OneOf(values.collect::<Result<_, _>>()?))
            }
            "gt" => compare(Greater),
            "gte" => compare(GreaterOrEqual),
            "lt" => compare(Less),
            "lte" => compare(LessOrEqual),
            _ => Err(InvalidFilter::Operator(operator.to_owned())),
        }
    }

    fn passes(&self, value: &Value) -> bool {
        match self {
            Self::OneOf(operands) => operands.iter().any(|operand| operand.equals(value)),
            Self::Compare(comparison, limit) => {
                value.as_f64().is_some_and(|number| match comparison {
                    Comparison::Greater => number > *limit,
                    Comparison::GreaterOrEqual => number >= *limit,
                    Comparison::Less => number < *limit,
                    Comparison::LessOrEqual => number <= *limit,
                })
            }
        }
    }
}

impl Operand {
    fn parse(operator: &str, kind: &str, value: &str) -> Result<Self, InvalidFilter> {
        match kind {
            "" => Ok(Self::Untyped(value.to_owned())),
            "string" => Ok(Self::Text(value.to_owned())),
            "number" => number(value).map(Self::Number),
            "boolean" => {
                value.parse().map(Self::Truth).map_err(|_| InvalidFilter::Value(value.to_owned()))
            }
            _ => Err(InvalidFilter::Operator(operator.to_owned())),
        }
    }

    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Untyped(text) | Self::Text(text), Value::String(value)) => text == value,
            (Self::Untyped(text), Value::Number(value)) => {
                text.parse::<f64>().ok() == value.as_f64()
            }
            (Self::Untyped(text), Value::Bool(value)) => text.parse() == Ok(*value),
            (Self::Number(number), Value::Number(value)) => Some(*number) == value.as_f64(),
            (Self::Truth(truth), Value::Bool(value)) => truth == value,
            _ => false,
        }
    }
}

fn number(text: &str) -> Result<f64, InvalidFilter> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| InvalidFilter::Value(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(conditions: &[(&str, &str)]) -> Result<MetadataFilter, InvalidFilter> {
        let mut filter = MetadataFilter::default();
        conditions.iter().try_for_each(|(name, value)| filter.add(name, value))?;
        Ok(filter)
    }

    #[test]
    fn every_operator_tests_what_it_says() {
        let metadata = serde_json::json!({
            "album": "pets", "n": 5, "half": 0.5, "text": "5", "yes": true, "a": {"b": {"c": "deep"}},
        });
        let metadata = metadata.as_object().unwrap();

        for (name, value, expected) in [
            ("meta.album[eq]", "pets", true),
            ("meta.album[eq]", "Pets", false),
            ("meta.album[eq:string]", "pets", true),
            ("meta.n[eq]", "5", true),
            ("meta.n[eq]", "5.0", true),
            ("meta.n[eq:string]", "5", false),
            ("meta.n[eq:number]", "5", true),
            ("meta.text[eq]", "5", true),
            ("meta.text[eq:number]", "5", false),
            ("meta.yes[eq]", "true", true),
            ("meta.yes[eq:boolean]", "true", true),
            ("meta.yes[eq:boolean]", "false", false),
            ("meta.yes[eq:string]", "true", false),
            ("meta.n[gt]", "4", true),
            ("meta.n[gt]", "5", false),
            ("meta.n[gte:number]", "5", true),
            ("meta.half[lt]", "1", true),
            ("meta.n[lte]", "4.9", false),
            ("meta.text[gt]", "1", false),
            ("meta.album[in]", "cats|pets|dogs", true),
            ("meta.album[in:string]", "cats|dogs", false),
            ("meta.n[in:number]", "1|5", true),
            ("meta.a.b.c[eq]", "deep", true),
            ("meta.a.b[eq]", "deep", false),
            ("meta.missing[eq]", "x", false),
        ] {
            let filter = filter(&[(name, value)]).unwrap();
            assert_eq!(filter.matches(Some(metadata)), expected, "{name}={value}");
            assert!(!filter.matches(None), "no metadata meets no condition");
        }
    }

    #[test]
    fn all_conditions_have_to_be_met() {
        let metadata = serde_json::json!({"n": 5});
        let between = filter(&[("meta.n[gt]", "1"), ("meta.n[lt]", "3"), ("page", "1")]).unwrap();

        assert!(!between.matches(metadata.as_object()));
        assert!(filter(&[]).unwrap().matches(None));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let eleven = ["x"; 11].join("|");
        for (name, value) in [
            ("meta.n", "1"),
            ("meta.[eq]", "1"),
            ("meta.a..b[eq]", "1"),
            ("meta.n[eq", "1"),
            ("meta.n[like]", "1"),
            ("meta.n[eq:date]", "1"),
            ("meta.n[gt:string]", "1"),
            ("meta.n[gt]", "many"),
            ("meta.n[gt]", "NaN"),
            ("meta.n[eq:number]", "x"),
            ("meta.n[eq:boolean]", "1"),
            ("meta.n[in:boolean]", "true"),
            ("meta.n[in]", &eleven),
            ("meta.a.b.c.d.e.f[eq]", "1"),
        ] {
            assert!(filter(&[(name, value)]).is_err(), "{name}={value}");
        }
        assert_eq!(filter(&[("meta.n[eq]", "1"); 6]), Err(InvalidFilter::TooMany));
    }
}
