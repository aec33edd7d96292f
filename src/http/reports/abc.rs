//! `GET /v1/reports/abc`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::AbcReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Which customers hold how much of a total: classes with their measured shares, Lorenz curve, Gini coefficient.
#[utoipa::path(get, path = "/v1/reports/abc", tag = "reports",
    responses((status = 200, description = "the classes, the best first",
        content((AbcReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_abc(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::abc_report).await
}
