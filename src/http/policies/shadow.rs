//! `PUT`, `GET` and `DELETE /v1/policies/shadow`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shadow};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::http::wire::Shown;
use crate::id::Revision;
use crate::time::Instant;

/// A revision to run beside the one in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewShadow)]
pub struct ShadowIn {
    /// A stored revision.
    revision: String,
}

/// A revision beside the one in force, and what it would have done on live quotes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shadow)]
pub struct ShadowOut {
    /// The revision.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// Since when it runs.
    #[schema(value_type = String, format = DateTime)]
    since: Shown<Instant>,
    /// Quotes that both decided on.
    quotes: u64,
    /// Quotes that came too fast to be looked at.
    left_out: u64,
    /// Quotes on which the shadow could not decide.
    failed: u64,
    /// Quotes on which discount, points, what applies or a class differ.
    differing: u64,
    /// What the policy in force granted on them.
    discount: String,
    /// What the shadow would have granted.
    shadow_discount: String,
    /// The last quotes that differ, the newest first.
    samples: Vec<ShadowSampleOut>,
}

/// A quote on which both differ.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShadowSample)]
pub struct ShadowSampleOut {
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// Who was asked for; null for a guest.
    customer: Option<String>,
    /// What was granted.
    discount: String,
    /// What the shadow would have granted.
    shadow_discount: String,
    /// What differs, in words.
    differences: Vec<String>,
}

impl ShadowOut {
    fn new(app: &App, shadow: &Shadow) -> Self {
        let currency = app.active().bundle.currency;
        let counts = shadow.counts();
        let samples = counts.samples.into_iter().map(|sample| ShadowSampleOut {
            at: Shown(sample.at),
            customer: sample.customer,
            discount: sample.granted.0.format(currency),
            shadow_discount: sample.granted.1.format(currency),
            differences: sample.differences,
        });
        Self {
            revision: Shown(shadow.revision),
            since: Shown(shadow.since),
            quotes: counts.seen,
            left_out: counts.left_out,
            failed: counts.failed,
            differing: counts.differing,
            discount: counts.granted.0.format(currency),
            shadow_discount: counts.granted.1.format(currency),
            samples: samples.collect(),
        }
    }
}

fn none() -> Problem {
    Problem::not_found("no revision runs beside the one in force")
}

/// Runs a stored revision beside the one in force, in place of any other: it decides on live quotes too, and what it
/// would have granted is counted. Checkouts do not wait for it. It ends with the server.
#[utoipa::path(put, path = "/v1/policies/shadow", tag = "policies", request_body = ShadowIn,
    responses((status = 200, description = "it runs", body = ShadowOut), Problems))]
pub async fn put_shadow(State(app): State<Arc<App>>, body: Body) -> Answer {
    let asked: ShadowIn = body.read()?;
    let revision = Revision::parse(&asked.revision)
        .ok_or_else(|| Problem::invalid_at("/revision", "expected 32 hexadecimal digits"))?;
    let run = Arc::clone(&app);
    let shadow = blocking(move || run.start_shadow(revision)).await??;
    let shadow = shadow.ok_or_else(|| Problem::not_found(format!("there is no revision `{revision}`")))?;
    json(StatusCode::OK, &ShadowOut::new(&app, &shadow))
}

/// Reads what the revision beside the one in force would have done so far.
#[utoipa::path(get, path = "/v1/policies/shadow", tag = "policies",
    responses((status = 200, description = "the shadow", body = ShadowOut), Problems))]
pub async fn read_shadow(State(app): State<Arc<App>>) -> Answer {
    let shadow = app.shadow().ok_or_else(none)?;
    json(StatusCode::OK, &ShadowOut::new(&app, &shadow))
}

/// Ends the revision beside the one in force; what it counted is gone.
#[utoipa::path(delete, path = "/v1/policies/shadow", tag = "policies",
    responses((status = 204, description = "it is gone"), Problems))]
pub async fn delete_shadow(State(app): State<Arc<App>>) -> Answer {
    if app.stop_shadow() { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(none()) }
}
