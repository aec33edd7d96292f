//! `GET /v1/customers`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::body::{Paging, Params};
use crate::http::wire::CardOut;

/// Lists cards in order of their ids.
#[utoipa::path(get, path = "/v1/customers", tag = "customers", params(Paging),
    responses((status = 200, description = "a page of cards", body = Listed<CardOut>), Problems))]
pub async fn list_customers(State(app): State<Arc<App>>, Params(paging): Params<Paging>) -> Answer {
    let page = app.customers(&paging.listing()?)?;
    json(StatusCode::OK, &Listed::new(page, CardOut::new))
}
