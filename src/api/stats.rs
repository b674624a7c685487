//! Usage statistics.

use axum::{extract::State, response::IntoResponse};
use serde::Serialize;

use super::{envelope::Success, error::Result, extract::Account};
use crate::{app::App, store::images};

/// How many images the account may have: the number in the service's examples. Nothing enforces it.
const ALLOWED: u32 = 100_000;

#[derive(Serialize)]
struct StatsBody {
    count: CountBody,
}

#[derive(Serialize)]
struct CountBody {
    current: u32,
    allowed: u32,
}

/// `GET …/v1/stats`
pub(super) async fn usage(
    State(app): State<App>,
    Account(account): Account,
) -> Result<impl IntoResponse> {
    let current = app.store.read(move |conn| images::count(conn, &account.id)).await?;
    Ok(Success(StatsBody { count: CountBody { current, allowed: ALLOWED } }))
}
