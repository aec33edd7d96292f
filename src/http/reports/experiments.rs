//! `GET /v1/reports/experiments`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::ExperimentReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// What control groups show, with confidence intervals, and how many customers an experiment on this base would need.
#[utoipa::path(get, path = "/v1/reports/experiments", tag = "reports",
    responses((status = 200, description = "the smallest effect that each experiment can show, and what it shows",
        content((ExperimentReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_experiments(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::experiment_report).await
}
