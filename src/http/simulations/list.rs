//! `GET /v1/simulations`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::shown::SimulationOut;
use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};

/// Lists simulations that run, and the last ones that ended; without their reports.
#[utoipa::path(get, path = "/v1/simulations", tag = "simulations",
    responses((status = 200, description = "the oldest first", body = Listed<SimulationOut>), Problems))]
pub async fn list_simulations(State(app): State<Arc<App>>) -> Answer {
    let items = app.simulations().iter().map(|job| SimulationOut::new(job, false)).collect();
    json(StatusCode::OK, &Listed::<SimulationOut> { items, next: None })
}
