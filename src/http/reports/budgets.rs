//! `GET /v1/reports/budgets`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::BudgetReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// What serving each class costs, what it earns, and what it may cost at most.
#[utoipa::path(get, path = "/v1/reports/budgets", tag = "reports",
    responses((status = 200, description = "the classes by what a unit of service cost earned, and the whole base",
        content((BudgetReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_budgets(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::budget_report).await
}
