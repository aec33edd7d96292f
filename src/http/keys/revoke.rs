//! `DELETE /v1/keys/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::{Actor, App};
use crate::http::answer::{Answer, Problems};
use crate::http::blocking;
use crate::http::body::Id;

/// Revokes a key: from the next request on it is refused. The last one for admins stays.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path, description = "the key's id")),
    responses((status = 204, description = "revoked, now or before"), Problems))]
pub async fn revoke_key(State(app): State<Arc<App>>, actor: Actor, Id(id): Id) -> Answer {
    blocking(move || app.revoke_key(&actor, &id)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}
