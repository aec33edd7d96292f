//! `GET /v1/decisions/{purchase id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, DecidedAgain, DecisionRecord};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::{Id, Params, language};
use crate::http::problem::Problem;
use crate::http::wire::{Decided, Shown, decided};
use crate::id::Revision;
use crate::model::Decision;

/// The decision of a purchase as it was made, in words and as its trace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionOut<'a> {
    /// The purchase's id.
    purchase: &'a str,
    /// Codes that were presented.
    codes: &'a [Box<str>],
    #[serde(flatten)]
    decided: Decided<'a>,
    /// The decision as it is kept: indexes refer to the bundle of its revision, money is in minor units.
    #[schema(value_type = Object)]
    trace: &'a Decision,
}

impl<'a> DecisionOut<'a> {
    /// Presents a purchase's decision, put into words already.
    pub fn new(purchase: &'a str, record: &'a DecisionRecord, decided: Decided<'a>) -> Self {
        Self { purchase, codes: &record.codes, decided, trace: &record.decision }
    }
}

/// The decision of a purchase made again from what was known then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecisionAgain)]
pub struct AgainOut<'a> {
    /// The purchase's id.
    purchase: &'a str,
    /// The policy that decided.
    #[schema(value_type = String)]
    decided_under: Shown<Revision>,
    /// Whether what was decided again is the same as what is kept, byte for byte.
    same: bool,
    /// What is different, in words.
    differences: &'a [String],
    /// What to know about it.
    notes: &'a [String],
    #[serde(flatten)]
    decided: Decided<'a>,
    /// The decision that was made again: indexes refer to the bundle of its revision, money is in minor units.
    #[schema(value_type = Object)]
    trace: &'a Decision,
}

impl<'a> AgainOut<'a> {
    /// Presents a decision that was made again.
    pub fn new(purchase: &'a str, again: &'a DecidedAgain) -> Self {
        let lines = again.purchase.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
        Self {
            purchase,
            decided_under: Shown(again.before.revision),
            same: again.same,
            differences: &again.differences,
            notes: &again.notes,
            decided: decided(&again.under, again.purchase.customer.as_deref(), lines, &again.decision),
            trace: &again.decision,
        }
    }
}

/// Under which policy.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionParams {
    /// Decide again from what was known then: `own` for the decision's own policy, or a revision.
    under: Option<String>,
}

/// Reads the decision of a purchase with its whole trace, as it was made; with `under`, as it would be made again.
#[utoipa::path(get, path = "/v1/decisions/{id}", tag = "checkout",
    params(("id" = String, Path, description = "the purchase's id"), DecisionParams,
        ("Accept-Language" = Option<String>, Header, description = "`de` puts reasons into German; English where it is absent")),
    responses((status = 200, description = "the decision", body = ReadDecision), Problems))]
pub async fn read_decision(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Params(params): Params<DecisionParams>,
    headers: HeaderMap,
) -> Answer {
    if let Some(under) = params.under {
        return decide_again(app, id, under).await;
    }
    let Some((purchase, record)) = app.purchase_by_id(&id)? else {
        return Err(Problem::not_found(format!("there is no purchase `{id}`")));
    };
    let Some(record) = record else {
        return Err(Problem::not_found(format!("purchase `{id}` was imported: no decision was made")));
    };
    let bundle = app
        .bundle_of(record.decision.revision)?
        .ok_or_else(|| Problem::not_found(format!("the policy that decided `{id}` is no longer stored")))?;
    let lines = purchase.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
    let decided = decided(&bundle, purchase.customer.as_deref(), lines, &record.decision);
    let decided = decided.in_language(language(&headers).unwrap_or_default());
    json(StatusCode::OK, &ReadDecision::Kept(DecisionOut::new(&id, &record, decided)))
}

/// A decision as it was made, or as it is made again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ReadDecision<'a> {
    /// As it was made.
    Kept(DecisionOut<'a>),
    /// As it is made again.
    Again(AgainOut<'a>),
}

async fn decide_again(app: Arc<App>, id: String, under: String) -> Answer {
    let revision =
        match under.as_str() {
            "own" => None,
            text => Some(Revision::parse(text).ok_or_else(|| {
                Problem::invalid_at("/under", "expected `own` or a revision of 32 hexadecimal digits")
            })?),
        };
    let purchase = id.clone();
    let again = blocking(move || {
        let bundle = match revision {
            Some(revision) => Some(
                app.bundle_of(revision)?
                    .ok_or_else(|| Problem::not_found(format!("there is no revision `{revision}`")))?,
            ),
            None => None,
        };
        Ok::<_, Problem>(app.decide_again(&purchase, bundle)?)
    })
    .await??;
    let again = again.ok_or_else(|| Problem::not_found(format!("no decision about `{id}` is kept")))?;
    json(StatusCode::OK, &ReadDecision::Again(AgainOut::new(&id, &again)))
}
