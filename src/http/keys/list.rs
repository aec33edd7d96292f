//! `GET /v1/keys`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::shown::KeyOut;
use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::body::{Paging, Params};
use crate::store::Read;

/// Lists keys without their secrets, revoked ones too.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(Paging),
    responses((status = 200, description = "a page of keys", body = Listed<KeyOut>), Problems))]
pub async fn list_keys(State(app): State<Arc<App>>, Params(paging): Params<Paging>) -> Answer {
    let page = app.store().snapshot().access_keys(&paging.listing()?)?;
    json(StatusCode::OK, &Listed::new(page, KeyOut::new))
}
