//! `/_tintype/faults`: rules by which calls fail.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fields,
    extract::{self, Query, Refusal, Result, account},
};
use crate::{
    app::App,
    call::Operations,
    faults::{InvalidFault, Rule},
};

pub(super) const OF_ACCOUNT: Fields = &[("account", "an account's id; without it, all accounts")];

/// Whose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfAccount {
    pub(super) account: Option<String>,
}

/// All of the rules, or none.
pub(super) async fn add(
    State(app): State<App>,
    Extension(operations): Extension<Operations>,
    extract::Json(body): extract::Json,
) -> Result<Json<Value>> {
    let rules = match body {
        Value::Array(list) => list,
        one => vec![one],
    };
    let many = rules.len() > 1;
    let mut read = Vec::new();
    for (number, rule) in (1..).zip(rules) {
        let refused = |why: InvalidFault| match many {
            true => Refusal::bad(&format!("rule {number}: {why}")),
            false => Refusal::bad(&why),
        };
        let mut rule = Rule::read(rule, &operations).map_err(refused)?;
        rule.account = account(&app, rule.when.account.as_deref()).await?;
        read.push(rule);
    }
    Ok(Json(json!({ "ids": app.faults.add(read) })))
}

pub(super) async fn list(
    State(app): State<App>,
    Query(of): Query<OfAccount>,
) -> Result<Json<Value>> {
    let account = account(&app, of.account.as_deref()).await?;
    let rules = app.faults.list(account.as_ref().map(|account| &account.id));
    Ok(Json(json!({ "faults": rules })))
}

pub(super) async fn clear(
    State(app): State<App>,
    Query(of): Query<OfAccount>,
) -> Result<Json<Value>> {
    let account = account(&app, of.account.as_deref()).await?;
    let removed = app.faults.clear(account.as_ref().map(|account| &account.id));
    Ok(Json(json!({ "removed": removed })))
}

pub(super) async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>> {
    let is_there = id.parse().is_ok_and(|id| app.faults.remove(id));
    if is_there {
        Ok(Json(json!({ "removed": 1 })))
    } else {
        Err(Refusal::not_found("there is no such rule"))
    }
}
