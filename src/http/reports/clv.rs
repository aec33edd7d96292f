//! `GET /v1/reports/clv`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::value::ClvReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Customer value: how often customers are expected to come back, what that is worth, and how well such a forecast did.
#[utoipa::path(get, path = "/v1/reports/clv", tag = "reports",
    responses((status = 200, description = "the fitted models, the classes, the most valuable customers, the hold-out check",
        content((ClvReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_clv(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::clv_report).await
}
