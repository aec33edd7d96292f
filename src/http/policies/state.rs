//! `GET /v1/policies` and `GET /v1/policies/activations`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::body::{Paging, Params};
use crate::http::wire::{FindingOut, Shown, findings};
use crate::id::Revision;
use crate::store::{Activation, Listing, Order};
use crate::time::Instant;

/// What is in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyState)]
pub struct StateOut {
    /// The revision in force.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// Its files.
    files: Vec<FileOut>,
    /// Since when it is in force.
    #[schema(value_type = String, format = DateTime)]
    activated_at: Shown<Instant>,
    /// Who activated it; `folder` where a change of the folder did.
    activated_by: String,
    /// Why.
    note: String,
    /// The cut-off snapshot in force; null where no segment needs one.
    snapshot: Option<u64>,
    /// The last reload that was refused, if nothing was loaded since.
    last_failed_reload: Option<FailedReloadOut>,
    /// The next planned activation.
    planned: Option<ActivationOut>,
}

/// A file of a bundle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyFile)]
pub struct FileOut {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A reload that was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FailedReload)]
pub struct FailedReloadOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// What is wrong with the files.
    diagnostics: Vec<FindingOut>,
    /// What went wrong, where the folder could not be read.
    failure: Option<String>,
}

/// A revision comes into force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activation)]
pub struct ActivationOut {
    /// The revision.
    #[schema(value_type = String)]
    pub revision: Shown<Revision>,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Shown<Instant>,
    /// Who activated it.
    pub by: String,
    /// Why.
    pub note: String,
}

impl ActivationOut {
    /// Presents an activation.
    pub fn new(activation: Activation) -> Self {
        Self {
            revision: Shown(activation.revision),
            at: Shown(activation.at),
            by: activation.by,
            note: activation.note,
        }
    }
}

/// The revision in force with its files, when and by whom it was activated, and the last reload that was refused.
#[utoipa::path(get, path = "/v1/policies", tag = "policies",
    responses((status = 200, description = "what is in force; the ETag is the revision", body = StateOut), Problems))]
pub async fn read_policies(State(app): State<Arc<App>>) -> Answer {
    let state = app.policy_state()?;
    let active = &state.active;
    let files = active.bundle.sources.iter();
    let body = StateOut {
        revision: Shown(active.bundle.revision),
        files: files.map(|(_, file)| FileOut { path: file.path.to_string(), text: file.text.to_string() }).collect(),
        activated_at: Shown(active.since),
        activated_by: active.by.clone(),
        note: active.note.clone(),
        snapshot: (active.cut_offs.id > 0).then_some(active.cut_offs.id),
        last_failed_reload: state.failure.map(|failure| FailedReloadOut {
            at: Shown(failure.at),
            diagnostics: findings(&failure.diagnostics, &failure.sources),
            failure: failure.failure,
        }),
        planned: state.planned.map(ActivationOut::new),
    };
    let mut response = json(StatusCode::OK, &body)?;
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", active.bundle.revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Lists activations, the latest first.
#[utoipa::path(get, path = "/v1/policies/activations", tag = "policies", params(Paging),
    responses((status = 200, description = "a page of activations", body = Listed<ActivationOut>), Problems))]
pub async fn list_activations(State(app): State<Arc<App>>, Params(paging): Params<Paging>) -> Answer {
    let listing = Listing { order: Order::Descending, ..paging.listing()? };
    json(StatusCode::OK, &Listed::new(app.activations(&listing)?, ActivationOut::new))
}
