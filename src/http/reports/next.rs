//! `GET /v1/reports/next`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::NextReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Customers whose class is about to change, who stay away longer than usual, or are close to the next step of a ladder.
#[utoipa::path(get, path = "/v1/reports/next", tag = "reports",
    responses((status = 200, description = "a part of the list, those with the most at stake first",
        content((NextReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_next(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::next_report).await
}
