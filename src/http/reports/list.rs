//! `GET /v1/reports`.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::show::known;
use crate::http::answer::{Answer, Problems, json};

/// The reports that there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reports)]
pub struct ReportsOut {
    reports: Vec<ReportOut>,
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KnownReport)]
pub struct ReportOut {
    /// Its name: `GET /v1/reports/NAME`.
    name: &'static str,
    /// What may be asked of it.
    takes: Vec<TakesOut>,
}

/// Something that may be asked of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportParameter)]
pub struct TakesOut {
    /// Its name in a query.
    name: &'static str,
    /// What it asks for, and what holds without it.
    says: &'static str,
}

/// Lists the reports with what may be asked of each.
#[utoipa::path(get, path = "/v1/reports", tag = "reports",
    responses((status = 200, description = "the reports", body = ReportsOut), Problems))]
pub async fn list_reports() -> Answer {
    let takes = |taken: &'static [crate::analytics::report::Parameter]| {
        taken.iter().map(|taken| TakesOut { name: taken.name, says: taken.says }).collect()
    };
    let reports = known().map(|(name, taken)| ReportOut { name, takes: takes(taken) }).collect();
    json(StatusCode::OK, &ReportsOut { reports })
}
