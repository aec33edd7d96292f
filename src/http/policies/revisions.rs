//! `POST`, `GET /v1/policies/revisions` and `GET /v1/policies/revisions/{revision}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::check::BundleIn;
use super::state::FileOut;
use crate::app::{ActivateError, Actor, App, Signature};
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::blocking;
use crate::http::body::{Body, Id, Paging, Params};
use crate::http::problem::{Invalid, Problem};
use crate::http::wire::{FindingOut, Shown, findings};
use crate::id::Revision;
use crate::store::KeptRevision;
use crate::time::Instant;

/// A stored revision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Revision)]
pub struct RevisionOut {
    /// Its hash.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    stored_at: Shown<Instant>,
    /// Who stored it.
    by: String,
    /// Why.
    note: String,
    /// Its files; in a list absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<FileOut>>,
}

/// A bundle after it was handed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredRevision)]
pub struct StoredOut {
    /// Its hash.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// Warnings.
    diagnostics: Vec<FindingOut>,
}

fn present(kept: KeptRevision, with_files: bool) -> RevisionOut {
    let files = kept.sources.into_iter().map(|(path, text)| FileOut { path, text });
    RevisionOut {
        revision: Shown(kept.revision),
        stored_at: Shown(kept.stored_at),
        by: kept.by,
        note: kept.note,
        files: with_files.then(|| files.collect()),
    }
}

/// Stores a bundle that compiles; the same content again is the same revision.
#[utoipa::path(post, path = "/v1/policies/revisions", tag = "policies", request_body = BundleIn,
    responses((status = 200, description = "stored before", body = StoredOut), (status = 201, description = "stored", body = StoredOut), Problems))]
pub async fn create_revision(State(app): State<Arc<App>>, actor: Actor, body: Body) -> Answer {
    let mut bundle: BundleIn = body.read()?;
    let signature = Signature::new(actor, bundle.by.take(), bundle.note.take());
    let sources = bundle.sources()?;
    let stored = blocking(move || app.store_revision(sources, &signature)).await??;
    let status = if stored.known { StatusCode::OK } else { StatusCode::CREATED };
    let diagnostics = findings(&stored.diagnostics, &stored.sources);
    json(status, &StoredOut { revision: Shown(stored.revision), diagnostics })
}

/// Lists stored revisions.
#[utoipa::path(get, path = "/v1/policies/revisions", tag = "policies", params(Paging),
    responses((status = 200, description = "a page of revisions", body = Listed<RevisionOut>), Problems))]
pub async fn list_revisions(State(app): State<Arc<App>>, Params(paging): Params<Paging>) -> Answer {
    let page = app.revisions(&paging.listing()?)?;
    json(StatusCode::OK, &Listed::new(page, |kept| present(kept, false)))
}

/// Reads a stored revision with its files.
#[utoipa::path(get, path = "/v1/policies/revisions/{revision}", tag = "policies",
    params(("revision" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "the revision", body = RevisionOut), Problems))]
pub async fn read_revision(State(app): State<Arc<App>>, Id(revision): Id) -> Answer {
    json(StatusCode::OK, &present(find(&app, &revision)?, true))
}

/// A stored revision by the text of its hash.
pub(super) fn find(app: &App, revision: &str) -> Result<KeptRevision, Problem> {
    app.revision(wanted(revision)?)?.ok_or_else(|| unknown(revision))
}

/// A revision by the text of its hash; what is no hash is a revision that there is not.
pub(super) fn wanted(revision: &str) -> Result<Revision, Problem> {
    Revision::parse(revision).ok_or_else(|| unknown(revision))
}

pub(super) fn unknown(revision: &str) -> Problem {
    Problem::not_found(format!("there is no revision `{revision}`"))
}

impl From<ActivateError> for Problem {
    fn from(error: ActivateError) -> Self {
        let detail = error.to_string();
        match error {
            ActivateError::Invalid { sources, diagnostics } => {
                let found = findings(&diagnostics, &sources);
                let errors = found
                    .iter()
                    .take(100)
                    .map(|finding| Invalid {
                        pointer: format!("/files/{}", finding.file.replace('~', "~0").replace('/', "~1")),
                        detail: format!("{}:{}: {}", finding.line, finding.column, finding.message),
                    })
                    .collect();
                let diagnostics = serde_json::to_value(found).ok();
                Self { detail, diagnostics, ..Self::invalid(errors) }
            }
            ActivateError::Unknown(_) => Self::not_found(detail),
            ActivateError::Currency { .. } => Self::conflict("other-currency", detail),
            ActivateError::Exists(_) => Self::conflict("exists", detail),
            ActivateError::Stale(_) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "stale", "somebody else was faster", detail)
            }
            ActivateError::Failed(failure) => failure.into(),
        }
    }
}
