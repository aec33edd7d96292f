//! `GET /v1/reports/segments`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::SegmentReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// Every segment of the policy, class by class: who is in it, what it brings, costs and earns.
#[utoipa::path(get, path = "/v1/reports/segments", tag = "reports",
    responses((status = 200, description = "the segments in the order written",
        content((SegmentReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_segments(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::segment_report).await
}
