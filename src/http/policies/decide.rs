//! `POST /v1/policies/revisions/{revision}/decisions`: what a stored revision would decide.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::revisions::{unknown, wanted};
use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::{Body, Id, language};
use crate::http::wire::{Decided, QuoteIn, decided};

/// Decides on a basket under a stored revision, in force or not. Writes nothing, and there are no terms to commit at.
#[utoipa::path(post, path = "/v1/policies/revisions/{revision}/decisions", tag = "policies", request_body = QuoteIn,
    params(("revision" = String, Path, description = "32 hexadecimal digits"),
        ("Accept-Language" = Option<String>, Header, description = "`de` puts reasons into German; English where it is absent")),
    responses((status = 200, description = "what it would decide", body = Decided), Problems))]
pub async fn decide_under_revision(
    State(app): State<Arc<App>>,
    Id(revision): Id,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let (customer, at, basket) = body.read::<QuoteIn<'_>>()?.read()?;
    let under = wanted(&revision)?;
    let asked = customer.clone();
    // Cut-offs of segments that are new may have to be computed over the whole base.
    let tried = blocking(move || app.decide_under(under, asked.as_deref(), at, basket)).await??;
    let tried = tried.ok_or_else(|| unknown(&revision))?;
    let lines = tried.basket.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
    let mut decided = decided(&tried.bundle, customer.as_deref(), lines, &tried.decision);
    decided.points.because = tried.points_short.iter().map(ToString::to_string).collect();
    json(StatusCode::OK, &decided.in_language(language(&headers).unwrap_or_default()))
}
