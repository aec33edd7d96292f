//! `GET /v1/simulations/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

use super::shown::{SimulationOut, find};
use crate::app::{App, JobReport};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Id, Params, language};
use crate::http::problem::Problem;
use crate::http::reports::{Query, Shown, ShownReport, present};

/// Reads a simulation or a search: how far it is, and its report once it is done. `Accept: text/html` asks for the report as
/// one page with charts, in English or German as `Accept-Language` says; `table` and `chart` for a part of it as CSV or SVG.
#[utoipa::path(get, path = "/v1/simulations/{id}", tag = "simulations",
    params(("id" = String, Path, description = "the simulation's id"),
        ("table" = Option<String>, Query, description = "A table of the report, by its name: answered as CSV."),
        ("chart" = Option<String>, Query, description = "A picture of the report, by its name: answered as SVG.")),
    responses((status = 200, description = "the simulation",
        content((SimulationOut = "application/json"), (String = "text/html"), (String = "text/csv"),
            (String = "image/svg+xml"), (ShownReport = "application/vnd.treue.shown+json"))), Problems))]
pub async fn read_simulation(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Params(query): Params<Query>,
    headers: HeaderMap,
) -> Answer {
    let (wanted, rest) = Shown::split(query);
    if let Some((name, _)) = rest.first() {
        let short: String = name.chars().take(40).collect();
        return Err(Problem::unreadable(format!("the query takes `table` and `chart`, not `{short}`")));
    }
    let shown = SimulationOut::new(&*find(&app, &id)?, true);
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let part = wanted.is_wanted(&headers);
    if !part && !accept.contains("text/html") {
        return json(StatusCode::OK, &shown);
    }
    let done = shown.report.as_deref().ok_or_else(|| {
        Problem::conflict("not-done", format!("simulation `{id}` is {}: there is no report", shown.state))
    })?;
    if part {
        return match done {
            JobReport::Simulation(report) => present(&**report, &wanted, &headers),
            JobReport::Search(report) => present(&**report, &wanted, &headers),
        };
    }
    let language = language(&headers).unwrap_or_default();
    let mut response = match done {
        JobReport::Simulation(report) => report.page(language),
        JobReport::Search(report) => report.page(language),
    }
    .into_response();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
