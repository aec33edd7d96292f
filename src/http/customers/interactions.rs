//! `POST`, `GET /v1/customers/{id}/interactions`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::card::unknown;
use crate::app::{App, InteractionError};
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::body::{Body, Id, Paging, Params, idempotency_key};
use crate::http::problem::Problem;
use crate::http::wire::{InteractionIn, InteractionOut, Invalids, WrittenInteractionOut};
use crate::store::{Listing, Order};

/// Writes down a contact, or plans one. The same request again is answered as the first time.
#[utoipa::path(post, path = "/v1/customers/{id}/interactions", tag = "customers", request_body = InteractionIn,
    params(("id" = String, Path, description = "the shop's own id of the customer"),
        ("Idempotency-Key" = Option<String>, Header, description = "the interaction's id, where the body has none")),
    responses((status = 201, description = "written, with the service budget that it was taken from", body = WrittenInteractionOut),
        Problems))]
pub async fn create_interaction(State(app): State<Arc<App>>, Id(id): Id, headers: HeaderMap, body: Body) -> Answer {
    let asked: InteractionIn<'_> = body.read()?;
    let key = idempotency_key(&headers)?;
    let mut invalids = Invalids::default();
    let wanted = asked.read(id, key, app.active().bundle.currency, &mut invalids);
    invalids.finish()?;
    let written = app.interact(wanted).await?;
    json(StatusCode::CREATED, &WrittenInteractionOut::new(written))
}

/// Lists contacts with a customer, planned ones too, the latest first.
#[utoipa::path(get, path = "/v1/customers/{id}/interactions", tag = "customers",
    params(("id" = String, Path, description = "the shop's own id of the customer"), Paging),
    responses((status = 200, description = "a page of interactions", body = Listed<InteractionOut>), Problems))]
pub async fn list_interactions(State(app): State<Arc<App>>, Id(id): Id, Params(paging): Params<Paging>) -> Answer {
    let listing = Listing { order: Order::Descending, ..paging.listing()? };
    let page = app.interactions_of(&id, &listing)?.ok_or_else(|| unknown(&id))?;
    let (now, currency) = (app.clock().now(), app.active().bundle.currency);
    json(StatusCode::OK, &Listed::new(page, |interaction| InteractionOut::new(interaction, now, currency)))
}

impl From<InteractionError> for Problem {
    fn from(error: InteractionError) -> Self {
        let detail = error.to_string();
        match error {
            InteractionError::NoCustomer(_) | InteractionError::NoInteraction(_) => Self::not_found(detail),
            InteractionError::Exists(_) => Self::conflict("exists", detail),
            InteractionError::NoCost { .. } => Self::invalid_at("/kind", detail),
            InteractionError::Blocked(_) => Self::conflict("service-budget", detail),
            InteractionError::OutOfRange(_) => Self::invalid_at("/cost", detail),
            InteractionError::Failed(failure) => failure.into(),
        }
    }
}
