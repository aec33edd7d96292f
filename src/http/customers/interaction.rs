//! `PUT`, `GET`, `DELETE /v1/customers/{id}/interactions/{interaction}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::{Actor, App, InteractionError};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Body, Ids};
use crate::http::wire::{InteractionIn, InteractionOut, Invalids, WrittenInteractionOut};

/// Reads a contact.
#[utoipa::path(get, path = "/v1/customers/{id}/interactions/{interaction}", tag = "customers",
    params(("id" = String, Path, description = "the shop's own id of the customer"),
        ("interaction" = String, Path, description = "the interaction's id")),
    responses((status = 200, description = "the interaction", body = InteractionOut), Problems))]
pub async fn read_interaction(State(app): State<Arc<App>>, Ids([id, interaction]): Ids<2>) -> Answer {
    let found = app.interaction(&id, &interaction)?.ok_or(InteractionError::NoInteraction(interaction))?;
    json(StatusCode::OK, &InteractionOut::new(found, app.clock().now(), app.active().bundle.currency))
}

/// Writes a contact over the one with this id, as when a planned one is moved or done. Without `at` it stays when it was,
/// and without `cost` it costs what it did, as long as its kind stays.
#[utoipa::path(put, path = "/v1/customers/{id}/interactions/{interaction}", tag = "customers", request_body = InteractionIn,
    params(("id" = String, Path, description = "the shop's own id of the customer"),
        ("interaction" = String, Path, description = "the interaction's id")),
    responses((status = 200, description = "written over", body = WrittenInteractionOut),
        (status = 201, description = "new", body = WrittenInteractionOut), Problems))]
pub async fn put_interaction(State(app): State<Arc<App>>, Ids([id, interaction]): Ids<2>, body: Body) -> Answer {
    let asked: InteractionIn<'_> = body.read()?;
    let mut invalids = Invalids::default();
    if asked.id().is_some_and(|stated| stated != interaction) {
        invalids.push("/id", format_args!("is not `{interaction}`, which the path names"));
    }
    let wanted = asked.read(id, None, app.active().bundle.currency, &mut invalids);
    invalids.finish()?;
    let written = app.put_interaction(interaction, wanted).await?;
    let status = if written.new { StatusCode::CREATED } else { StatusCode::OK };
    json(status, &WrittenInteractionOut::new(written))
}

/// Removes a contact, as when a planned one is cancelled.
#[utoipa::path(delete, path = "/v1/customers/{id}/interactions/{interaction}", tag = "customers",
    params(("id" = String, Path, description = "the shop's own id of the customer"),
        ("interaction" = String, Path, description = "the interaction's id")),
    responses((status = 204, description = "removed"), Problems))]
pub async fn delete_interaction(State(app): State<Arc<App>>, actor: Actor, Ids([id, interaction]): Ids<2>) -> Answer {
    app.remove_interaction(actor, id, interaction).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
