//! `GET /v1/decisions/{purchase id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, DecisionRecord};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Id, language};
use crate::http::problem::Problem;
use crate::http::wire::{Decided, decided};
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

/// Reads the decision of a purchase with its whole trace, as it was made.
#[utoipa::path(get, path = "/v1/decisions/{id}", tag = "checkout", params(("id" = String, Path, description = "the purchase's id"),
        ("Accept-Language" = Option<String>, Header, description = "`de` puts reasons into German; English where it is absent")),
    responses((status = 200, description = "the decision", body = DecisionOut), Problems))]
pub async fn read_decision(State(app): State<Arc<App>>, Id(id): Id, headers: HeaderMap) -> Answer {
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
    json(StatusCode::OK, &DecisionOut::new(&id, &record, decided))
}
