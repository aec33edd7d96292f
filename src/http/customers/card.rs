//! `PUT`, `GET`, `PATCH`, `DELETE /v1/customers/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::{Actor, App, EraseError};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Body, Id};
use crate::http::problem::Problem;
use crate::http::wire::{CardIn, CardOut, CardPatch, Invalids};

/// Writes a card, over the one there was.
#[utoipa::path(put, path = "/v1/customers/{id}", tag = "customers", request_body = CardIn,
    params(("id" = String, Path, description = "the shop's own id")),
    responses((status = 200, description = "written over", body = CardOut), (status = 201, description = "new", body = CardOut), Problems))]
pub async fn put_customer(State(app): State<Arc<App>>, actor: Actor, Id(id): Id, body: Body) -> Answer {
    let mut invalids = Invalids::default();
    let card = body.read::<CardIn>()?.read(&id, &mut invalids);
    invalids.finish()?;
    let (card, new) = app.put_customer(card, &actor).await?;
    json(if new { StatusCode::CREATED } else { StatusCode::OK }, &CardOut::new(card))
}

/// Reads a card; of a customer who bought but has none, the id.
#[utoipa::path(get, path = "/v1/customers/{id}", tag = "customers", params(("id" = String, Path, description = "the shop's own id")),
    responses((status = 200, description = "the card", body = CardOut), Problems))]
pub async fn read_customer(State(app): State<Arc<App>>, Id(id): Id) -> Answer {
    let card = app.customer(&id)?.ok_or_else(|| unknown(&id))?;
    json(StatusCode::OK, &CardOut::new(card))
}

/// Changes a card: what is absent stays, what is null goes (RFC 7396).
#[utoipa::path(patch, path = "/v1/customers/{id}", tag = "customers", request_body = CardPatch,
    params(("id" = String, Path, description = "the shop's own id")),
    responses((status = 200, description = "changed", body = CardOut), Problems))]
pub async fn patch_customer(State(app): State<Arc<App>>, actor: Actor, Id(id): Id, body: Body) -> Answer {
    let mut invalids = Invalids::default();
    let change = body.read::<CardPatch>()?.read(&mut invalids);
    invalids.finish()?;
    let card = app.change_customer(id.clone(), change, &actor).await?.ok_or_else(|| unknown(&id))?;
    json(StatusCode::OK, &CardOut::new(card))
}

/// Erases the person; purchases stay as anonymous sums.
#[utoipa::path(delete, path = "/v1/customers/{id}", tag = "customers", params(("id" = String, Path, description = "the shop's own id")),
    responses((status = 204, description = "erased"), Problems))]
pub async fn delete_customer(State(app): State<Arc<App>>, actor: Actor, Id(id): Id) -> Answer {
    match app.erase_customer(id, &actor).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(error @ EraseError::Unknown(_)) => Err(Problem::not_found(error.to_string())),
        Err(EraseError::Failed(failure)) => Err(failure.into()),
    }
}

pub(super) fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("there is no customer `{id}`"))
}
