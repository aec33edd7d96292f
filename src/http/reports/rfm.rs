//! `GET /v1/reports/rfm`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::RfmReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Customers by how recently, how often and for how much they bought: scores, cells and segments with a name.
#[utoipa::path(get, path = "/v1/reports/rfm", tag = "reports",
    responses((status = 200, description = "segments with a name, cut-offs, cells",
        content((RfmReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_rfm(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::rfm_report).await
}
