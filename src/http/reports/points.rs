//! `GET /v1/reports/points`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::PointsReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Points issued, redeemed and expired, what is owed, and what of it will probably never be claimed.
#[utoipa::path(get, path = "/v1/reports/points", tag = "reports",
    responses((status = 200, description = "the base by class and by month",
        content((PointsReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_points(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::points_report).await
}
