//! `GET /v1/reports/cohorts`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::CohortReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Customers by the period of their first purchase, and what became of them: retention, revenue, margin, repeat rate.
#[utoipa::path(get, path = "/v1/reports/cohorts", tag = "reports",
    responses((status = 200, description = "cohorts by age, periods, times between purchases",
        content((CohortReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_cohorts(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::cohort_report).await
}
