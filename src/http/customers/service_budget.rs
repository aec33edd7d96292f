//! `GET /v1/customers/{id}/service-budget`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::card::unknown;
use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Id, Params};
use crate::http::problem::Problem;
use crate::http::wire::{ServiceBudgetOut, read_instant};

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BudgetAsOf {
    /// As of when, RFC 3339; now where it is absent.
    #[param(format = DateTime)]
    at: Option<String>,
}

/// What serving the customer may cost, costs and brings, and why.
#[utoipa::path(get, path = "/v1/customers/{id}/service-budget", tag = "customers",
    params(("id" = String, Path, description = "the shop's own id of the customer"), BudgetAsOf),
    responses((status = 200, description = "the budget, what is used of it and what is left", body = ServiceBudgetOut), Problems))]
pub async fn read_service_budget(State(app): State<Arc<App>>, Id(id): Id, Params(as_of): Params<BudgetAsOf>) -> Answer {
    let at = as_of.at.as_deref().map(read_instant).transpose().map_err(|detail| Problem::invalid_at("/at", detail))?;
    let state = app.service_of(&id, at)?.ok_or_else(|| unknown(&id))?;
    json(StatusCode::OK, &ServiceBudgetOut::new(&id, &state))
}
