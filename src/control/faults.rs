//! `/_tintype/faults`: rules by which calls fail.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::asked::{self, Refusal, Result, Whose};
use crate::{
    app::App,
    call::Operations,
    faults::{InvalidFault, Rule},
};

/// All of the rules, or none.
pub(super) async fn add(
    State(app): State<App>,
    Extension(operations): Extension<Operations>,
    Whose(whose): Whose,
    asked::Json(body): asked::Json<Value>,
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
        let owner = rule.claim(whose.as_ref()).map_err(refused)?;
        rule.account = Whose(owner).account(&app).await?;
        read.push(rule);
    }
    Ok(Json(json!({ "ids": app.faults.add(read) })))
}

pub(super) async fn list(State(app): State<App>, Whose(whose): Whose) -> Result<Json<Value>> {
    let rules = app.faults.list(whose.as_ref());
    Ok(Json(json!({ "faults": rules })))
}

pub(super) async fn clear(State(app): State<App>, Whose(whose): Whose) -> Result<Json<Value>> {
    let removed = app.faults.clear(whose.as_ref());
    Ok(Json(json!({ "removed": removed })))
}

pub(super) async fn remove(
    State(app): State<App>,
    Whose(whose): Whose,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let is_there = id.parse().is_ok_and(|id| app.faults.remove(id, whose.as_ref()));
    if is_there {
        Ok(Json(json!({ "removed": 1 })))
    } else {
        Err(Refusal::not_found("there is no such rule"))
    }
}
