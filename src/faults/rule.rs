//! A rule: which calls a fault meets (pure).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Fault, InvalidFault};
use crate::{
    call::{Call, Operations},
    domain::{Account, AccountId},
    glob::Glob,
    surface::Surface,
};

/// The fields of a rule and what they mean. Others are refused.
pub const FIELDS: &[(&str, &str)] = &[
    (
        "surface",
        "which door is knocked on: `api`, `batch`, `upload`, `delivery`, `zone` or `nowhere`",
    ),
    ("operation", "the name of an operation, as `GET /_tintype/operations` lists it"),
    ("method", "the HTTP method"),
    (
        "path",
        "a pattern for the path, without query: `*` is anything within a segment, `**` anything, `?` one character",
    ),
    (
        "account",
        "whose calls: by id in the API, by token on the batch host, by hash in delivery and upload URLs. Others' calls are neither met nor counted",
    ),
    ("from", "the first call that is met, counted from 1, which is the default"),
    ("to", "the last call that is met; without it there is none"),
    (
        "status",
        "the request is refused with this HTTP status, 400 to 599, in the surface's own manner; nothing is done",
    ),
    (
        "code",
        "the request is refused with this code of the catalogue, and its status if none is given",
    ),
    (
        "retry_after",
        "seconds in `Retry-After`: the request is refused with 429, unless `status` or `code` say otherwise",
    ),
    (
        "latency",
        "how much later everything happens: `200ms`, or `100ms..2s` for something between; with seeded ids always the same for the same call",
    ),
    ("reset", "`true`: the connection is reset, and nothing is done"),
    (
        "cut",
        "everything is done, but the answer's body ends after so many bytes, short of its `Content-Length`, and the connection with it",
    ),
    ("type", "everything is done, but this is the answer's `Content-Type`"),
];

/// Which calls are met, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<Surface>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Glob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// A fault, and which calls it meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    #[serde(flatten)]
    pub when: When,
    #[serde(flatten)]
    pub fault: Fault,
    /// Whose calls are met, once that is looked up.
    #[serde(skip)]
    pub account: Option<Account>,
}

impl Rule {
    /// Reads a rule; `operations` are those that there are.
    pub fn read(json: Value, operations: &Operations) -> Result<Self, InvalidFault> {
        let Value::Object(fields) = &json else { return Err(InvalidFault::NoObject) };
        let known = |name: &&String| FIELDS.iter().any(|(field, _)| field == name);
        if let Some(name) = fields.keys().find(|name| !known(name)) {
            let names = FIELDS.iter().map(|(field, _)| *field);
            let nearest = names.min_by_key(|one| strsim::damerau_levenshtein(one, name));
            return Err(InvalidFault::UnknownField(name.clone(), nearest.unwrap_or_default()));
        }
        for (name, value) in fields {
            // One by one, for an error doesn't say which field it is about.
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            let read = serde_json::from_value::<Self>(alone.into());
            read.map_err(|why| InvalidFault::Field(name.clone(), why))?;
        }
        let rule: Self = serde_json::from_value(json).expect("each field can be read");
        rule.check(operations)?;
        Ok(rule)
    }

    fn check(&self, operations: &Operations) -> Result<(), InvalidFault> {
        let When { surface, operation, from, to, .. } = &self.when;
        if *surface == Some(Surface::Control) {
            return Err(InvalidFault::Control);
        }
        if let Some(name) = operation {
            operations.check(name)?;
        }
        let from = from.unwrap_or(1);
        if from == 0 || to.is_some_and(|to| to < from) {
            return Err(InvalidFault::Window);
        }
        self.owner()?;
        self.fault.check()
    }

    /// Makes it a rule of this account, if it isn't one of everybody's; the account whose calls are met.
    pub fn claim(&mut self, whose: Option<&AccountId>) -> Result<Option<AccountId>, InvalidFault> {
        match (self.owner()?, whose) {
            (Some(owner), Some(whose)) if owner != *whose => Err(InvalidFault::Foreign),
            (None, Some(whose)) => {
                self.when.account = Some(whose.to_string());
                Ok(Some(whose.clone()))
            }
            (owner, _) => Ok(owner),
        }
    }

    /// The id of the account whose calls are met, as it is written.
    pub fn owner(&self) -> Result<Option<AccountId>, InvalidFault> {
        let id = self.when.account.as_deref().map(str::parse);
        id.transpose().map_err(InvalidFault::Account)
    }

    /// Whether a call counts.
    pub(super) fn concerns(&self, call: &Call) -> bool {
        let When { surface, operation, method, path, .. } = &self.when;
        let owned = |account| call.owner.as_ref().is_some_and(|owner| owner.is(account));
        surface.is_none_or(|surface| surface == call.surface)
            && operation.as_deref().is_none_or(|name| call.operation == Some(name))
            && method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(&call.method))
            && path.as_ref().is_none_or(|path| path.fits(call.path()))
            && self.account.as_ref().is_none_or(owned)
    }

    /// Whether the so many-th of the calls that count is met.
    pub(super) fn meets(&self, number: u64) -> bool {
        let When { from, to, .. } = &self.when;
        (from.unwrap_or(1)..=to.unwrap_or(u64::MAX)).contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{call::Operation, error::Evidence};

    fn read(json: Value) -> Result<Rule, InvalidFault> {
        let operation =
            |name| Operation { method: "get", path: "/", evidence: Evidence::Assumed, name };
        let table = ["List images", "Delete image"].map(|name| (Surface::Api, operation(name)));
        Rule::read(json, &Operations(table.into()))
    }

    #[test]
    fn every_field_is_read_and_printed() {
        let json = json!({
            "surface": "api", "operation": "List images", "method": "get", "path": "/a/**",
            "account": "me", "from": 2, "to": 4, "status": 503, "code": 5503, "retry_after": 3,
            "latency": "100ms..200ms", "cut": 10, "type": "text/plain",
        });

        let rule = read(json.clone()).unwrap();

        assert_eq!(serde_json::to_value(&rule).unwrap(), json);
        let named = FIELDS.iter().filter(|(name, _)| *name != "reset");
        assert!(named.clone().all(|(name, _)| json.get(name).is_some()));
        assert!(read(json!({ "reset": true })).unwrap().fault.reset);
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused_with_a_reason() {
        let why = |json| read(json).unwrap_err().to_string();

        let rules = [
            json!([]),
            json!({}),
            json!({ "statuss": 503 }),
            json!({ "status": "503" }),
            json!({ "surface": "door", "status": 503 }),
            json!({ "surface": "control", "status": 503 }),
            json!({ "operation": "List image", "status": 503 }),
            json!({ "account": "a/b", "status": 503 }),
            json!({ "from": 0, "status": 503 }),
            json!({ "from": 3, "to": 2, "status": 503 }),
            json!({ "latency": "soon" }),
            json!({ "type": "a\nb" }),
        ];
        insta::assert_snapshot!(rules.map(why).join("\n"), @r#"
        a rule is a JSON object, like {"surface":"api","status":503}
        what is to go wrong? status, code, retry_after, latency, reset, cut or type
        there is no field statuss; did you mean status?
        status: invalid type: string "503", expected u16
        surface: unknown variant `door`, expected one of `api`, `batch`, `upload`, `delivery`, `zone`, `control`, `nowhere`
        what is under /_tintype never fails on purpose
        there is no operation "List image"; did you mean "List images"?
        an account id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -
        from counts from 1, and to is no less than from
        from counts from 1, and to is no less than from
        latency: latency is a time up to 10m like 200ms, or two like 100ms..2s
        type is plain ASCII on one line
        "#);
    }
}
