//! `GET /v1/customers/{id}/purchases`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::card::unknown;
use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::body::{Id, Paging, Params};
use crate::http::wire::KeptPurchaseOut;
use crate::model::Purchase;
use crate::store::{Listing, Order};

/// Lists a customer's purchases, the latest first.
#[utoipa::path(get, path = "/v1/customers/{id}/purchases", tag = "customers", params(("id" = String, Path, description = "the shop's own id"), Paging),
    responses((status = 200, description = "a page of purchases", body = Listed<KeptPurchaseOut>), Problems))]
pub async fn list_purchases(State(app): State<Arc<App>>, Id(id): Id, Params(paging): Params<Paging>) -> Answer {
    let listing = Listing { order: Order::Descending, ..paging.listing()? };
    let page = app.purchases_of(&id, &listing)?.ok_or_else(|| unknown(&id))?;
    let points = app.returned_points(&page.items)?;
    let points = |purchase: &Purchase| points.get(&purchase.id).map_or(&[][..], Vec::as_slice);
    let currency = app.active().bundle.currency;
    json(StatusCode::OK, &Listed::new(page, |purchase| KeptPurchaseOut::new(&purchase, points(&purchase), currency)))
}
