//! `GET /v1/reports/discounts`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::show::{Query, show};
use crate::analytics::DiscountReport;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::body::Params;

/// What each discount and the points cost, what was bought with them, and what each must bring to pay for itself.
#[utoipa::path(get, path = "/v1/reports/discounts", tag = "reports",
    responses((status = 200, description = "each discount by the class that customers had, all together, and what is not attributed",
        content((DiscountReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_discounts(State(app): State<Arc<App>>, Params(query): Params<Query>, headers: HeaderMap) -> Answer {
    show(app, query, headers, App::discount_report).await
}
