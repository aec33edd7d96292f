//! `DELETE /v1/simulations/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Id;
use crate::http::problem::Problem;

/// Cancels a simulation that runs, and forgets it or one that ended: nothing of it is left.
#[utoipa::path(delete, path = "/v1/simulations/{id}", tag = "simulations",
    params(("id" = String, Path, description = "the simulation's id")),
    responses((status = 204, description = "it is gone"), Problems))]
pub async fn delete_simulation(State(app): State<Arc<App>>, Id(id): Id) -> Answer {
    if app.cancel_simulation(&id) {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Problem::not_found(format!("there is no simulation `{id}`")))
    }
}
