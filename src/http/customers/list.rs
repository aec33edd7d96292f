//! `GET /v1/customers`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::blocking;
use crate::http::body::{Paging, Params};
use crate::http::wire::CardOut;

/// Which cards are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomersParams {
    /// Part of an id, a name, an electronic mail address or a telephone number; upper and lower case alike.
    search: Option<String>,
    /// The most items, 1 to 1000; 100 where it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists cards in order of their ids: all, or those that a search finds.
#[utoipa::path(get, path = "/v1/customers", tag = "customers", params(CustomersParams),
    responses((status = 200, description = "a page of cards", body = Listed<CardOut>), Problems))]
pub async fn list_customers(State(app): State<Arc<App>>, Params(asked): Params<CustomersParams>) -> Answer {
    let listing = Paging { limit: asked.limit, cursor: asked.cursor }.listing()?;
    let page = match asked.search.filter(|text| !text.is_empty()) {
        None => app.customers(&listing)?,
        // Looks at the cards one by one.
        Some(text) => blocking(move || app.find_customers(&text, &listing)).await??,
    };
    json(StatusCode::OK, &Listed::new(page, CardOut::new))
}
