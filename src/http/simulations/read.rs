//! `GET /v1/simulations/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

use super::shown::{SimulationOut, find};
use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::Id;
use crate::http::problem::Problem;

/// Reads a simulation: how far it is, and its report once it is done. `Accept: text/html` asks for the report as one
/// page with charts.
#[utoipa::path(get, path = "/v1/simulations/{id}", tag = "simulations",
    params(("id" = String, Path, description = "the simulation's id")),
    responses((status = 200, description = "the simulation",
        content((SimulationOut = "application/json"), (String = "text/html"))), Problems))]
pub async fn read_simulation(State(app): State<Arc<App>>, Id(id): Id, headers: HeaderMap) -> Answer {
    let shown = SimulationOut::new(&*find(&app, &id)?, true);
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    if !accept.contains("text/html") {
        return json(StatusCode::OK, &shown);
    }
    let report = shown.report.ok_or_else(|| {
        Problem::conflict("not-done", format!("simulation `{id}` is {}: there is no report", shown.state))
    })?;
    let mut response = report.page().into_response();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
