//! `GET /v1/reports/budgets`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::Params;
use crate::http::problem::Problem;
use crate::http::wire::{BudgetReportOut, BudgetRowOut};

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// As of when, RFC 3339 or a date in the policy's zone; now where it is absent.
    as_of: Option<String>,
}

/// What serving each class costs, what it earns, and what it may cost at most. `Accept: text/csv` asks for a table.
#[utoipa::path(get, path = "/v1/reports/budgets", tag = "reports", params(ReportParams),
    responses((status = 200, description = "the classes by what a unit of service cost earned, and the whole base",
        content((BudgetReportOut = "application/json"), (String = "text/csv"))), Problems))]
pub async fn read_budgets(
    State(app): State<Arc<App>>,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Answer {
    let zone = app.active().bundle.zone;
    let read = |text: &String| {
        let detail = "expected a date or an instant such as `2026-03-01T11:00:00Z`";
        zone.parse_instant(text).ok_or_else(|| Problem::invalid_at("/as_of", detail))
    };
    let as_of = params.as_of.as_ref().map(read).transpose()?;
    let base = blocking(move || app.service_report(as_of)).await??;
    let report = BudgetReportOut::new(&base);
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    if accept.contains("text/csv") { csv(&report) } else { json(StatusCode::OK, &report) }
}

fn csv(report: &BudgetReportOut) -> Answer {
    let bytes = budgets_csv(report).map_err(|error| {
        tracing::error!(%error, "a report could not be written");
        Problem::internal()
    })?;
    let mut response: Response = bytes.into_response();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// The rows of a report as CSV with a header; the last row is the whole base, named `total`.
pub fn budgets_csv(report: &BudgetReportOut) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let total = BudgetRowOut { class: Some("total".to_owned()), ..report.total.clone() };
    for row in report.classes.iter().chain([&total]) {
        writer.serialize(row).map_err(std::io::Error::other)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}
