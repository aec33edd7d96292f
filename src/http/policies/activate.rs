//! `POST /v1/policies/activate`: makes a stored revision active; an older one is the way back.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use super::state::ActivationOut;
use crate::app::{Activating, Actor, App, Signature};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::{Body, idempotency_key};
use crate::http::problem::Problem;
use crate::http::wire::{Invalids, read_instant, wide_request_hash};
use crate::id::Revision;

/// What to activate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActivationRequest)]
pub struct ActivateIn<'a> {
    /// A stored revision.
    #[serde(borrow)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    revision: Cow<'a, str>,
    /// From when; now where it is absent.
    #[serde(borrow)]
    #[schema(format = DateTime)]
    at: Option<Cow<'a, str>>,
    /// Who; with a key, it is the key's name whatever stands here.
    by: Option<String>,
    /// Why.
    note: Option<String>,
}

/// Brings a stored revision into force, now or at an instant, between two requests.
#[utoipa::path(post, path = "/v1/policies/activate", tag = "policies", request_body = ActivateIn,
    params(("If-Match" = Option<String>, Header, description = "the revision that must be in force for this to happen"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request with the same key happens once")),
    responses((status = 200, description = "in force, or planned", body = ActivationOut), Problems))]
pub async fn activate_policies(State(app): State<Arc<App>>, actor: Actor, headers: HeaderMap, body: Body) -> Answer {
    let asked: ActivateIn<'_> = body.read()?;
    let key = idempotency_key(&headers)?;
    let mut invalids = Invalids::default();
    let at = asked.at.as_deref().map(|at| invalids.keep("/at", read_instant(at)));
    let revision = Revision::parse(&asked.revision);
    if revision.is_none() {
        invalids.push("/revision", "expected 32 hexadecimal digits");
    }
    invalids.finish()?;
    let expected = expected(&headers)?;
    let revision = revision.unwrap_or(Revision([0; 16]));
    let content = (revision, at, asked.by.as_deref(), asked.note.as_deref());
    let key = key.map(|key| (key, wide_request_hash(&content)));
    let signature = Signature::new(actor, asked.by, asked.note);
    let asked = Activating { revision, at, expected, signature, key };
    let activation = blocking(move || app.activate(asked)).await??;
    json(StatusCode::OK, &ActivationOut::new(activation))
}

fn expected(headers: &HeaderMap) -> Result<Option<Revision>, Problem> {
    let Some(tag) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = tag.to_str().unwrap_or("").trim();
    if text == "*" {
        return Ok(None);
    }
    let revision = Revision::parse(text.trim_matches('"'));
    let stale = || {
        Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "stale",
            "somebody else was faster",
            "`If-Match` names no revision",
        )
    };
    revision.map(Some).ok_or_else(stale)
}
