//! `GET /v1/simulations/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

use super::shown::{SimulationOut, find};
use crate::app::{App, JobReport};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Id, Params};
use crate::http::problem::Problem;
use crate::http::reports::{Query, Shown, ShownReport, present};

/// Reads a simulation: how far it is, and its report once it is done. `Accept: text/html` asks for the report as one
/// page with charts; `table` and `chart` for a part of it as CSV or SVG.
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
    let JobReport::Simulation(report) = done else {
        return Err(Problem::conflict("no-page", format!("`{id}` is a search, which has no page: ask for JSON")));
    };
    if part {
        return present(&**report, &wanted, &headers);
    }
    let mut response = report.page().into_response();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
