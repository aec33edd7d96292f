//! `GET /v1/purchases/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::Id;
use crate::http::problem::Problem;
use crate::http::wire::KeptPurchaseOut;

/// Reads a purchase with what came back of it.
#[utoipa::path(get, path = "/v1/purchases/{id}", tag = "checkout", params(("id" = String, Path, description = "the shop's own id")),
    responses((status = 200, description = "the purchase", body = KeptPurchaseOut), Problems))]
pub async fn read_purchase(State(app): State<Arc<App>>, Id(id): Id) -> Answer {
    let Some((purchase, _)) = app.purchase_by_id(&id)? else {
        return Err(Problem::not_found(format!("there is no purchase `{id}`")));
    };
    let points = app.returned_points([&purchase])?.remove(&id).unwrap_or_default();
    json(StatusCode::OK, &KeptPurchaseOut::new(&purchase, &points, app.active().bundle.currency))
}
