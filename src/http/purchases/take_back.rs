//! `POST /v1/purchases/{id}/returns`: takes back lines, wholly or partly.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::{App, ReturnError, Returning, WantedLine};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Body, Id, idempotency_key};
use crate::http::problem::Problem;
use crate::http::wire::{Invalids, ReturnOut, maybe_objects, read_instant, read_quantity, wide_request_hash};
use crate::id::check_id;
use crate::ledger::TakeBackRefusal;
use crate::money::Exact;

/// What comes back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnRequest, examples(json!({ "id": "back-1", "lines": [{ "line": 0, "quantity": 1 }] })))]
pub struct ReturnIn<'a> {
    /// The shop's own id of the return; an `Idempotency-Key` serves as well.
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    /// When; now where it is absent.
    #[serde(borrow)]
    #[schema(format = DateTime)]
    at: Option<Cow<'a, str>>,
    /// What; everything that is left where it is absent.
    #[serde(borrow, default, deserialize_with = "maybe_objects")]
    #[schema(min_items = 1)]
    lines: Option<Vec<ReturnLineIn<'a>>>,
}

/// Units of one line that come back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnLineRequest)]
pub struct ReturnLineIn<'a> {
    /// Index of the purchase's line, from 0.
    line: Option<usize>,
    /// Article number, in place of `line` where one line has it.
    #[serde(borrow)]
    sku: Option<Cow<'a, str>>,
    /// How many; all that are left where it is absent.
    #[serde(borrow)]
    quantity: Option<Exact<'a>>,
}

/// Takes goods back. What they were sold for is refunded: nothing is decided anew.
#[utoipa::path(post, path = "/v1/purchases/{id}/returns", tag = "checkout", request_body = ReturnIn,
    params(("id" = String, Path, description = "the purchase's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "the return's id, where the body has none")),
    responses((status = 201, description = "taken back", body = ReturnOut), Problems))]
pub async fn create_return(State(app): State<Arc<App>>, Id(purchase): Id, headers: HeaderMap, body: Body) -> Answer {
    let asked: ReturnIn<'_> = body.read()?;
    let key = idempotency_key(&headers)?;
    let mut invalids = Invalids::default();
    if let Some(Err(error)) = asked.id.as_deref().map(check_id) {
        invalids.push("/id", error);
    }
    let at = asked.at.as_deref().map(|at| invalids.keep("/at", read_instant(at)));
    let lines = asked.lines.as_ref().map(|lines| {
        let read = |(at, line): (usize, &ReturnLineIn<'_>)| WantedLine {
            line: line.line,
            sku: line.sku.as_deref().map(ToOwned::to_owned),
            quantity: line
                .quantity
                .map(|quantity| invalids.keep(format_args!("/lines/{at}/quantity"), read_quantity(quantity))),
        };
        lines.iter().enumerate().map(read).collect::<Vec<_>>()
    });
    if lines.as_ref().is_some_and(Vec::is_empty) {
        invalids.push("/lines", "name at least one line, or leave them out to take everything back");
    }
    invalids.finish()?;
    let wanted: Vec<_> = lines.iter().flatten().map(|line| (line.line, line.sku.as_deref(), line.quantity)).collect();
    let request = wide_request_hash(&(at, lines.is_some(), wanted));
    let id = asked.id.map(Cow::into_owned).or(key);
    let returned = app.take_back(Returning { purchase, id, request, at, lines }).await?;
    let bundle = &app.active().bundle;
    json(StatusCode::CREATED, &ReturnOut::new(&returned.purchase, &returned.goods, returned.points, bundle.currency))
}

impl From<ReturnError> for Problem {
    fn from(error: ReturnError) -> Self {
        let detail = error.to_string();
        match error {
            ReturnError::NoPurchase(_) => Self::not_found(detail),
            ReturnError::Exists(_) => Self::conflict("exists", detail),
            ReturnError::Line { wish, .. } => Self::invalid_at(format!("/lines/{wish}"), detail),
            ReturnError::Refused(refusal) => match refusal {
                TakeBackRefusal::NoSuchLine(_) | TakeBackRefusal::MoreThanLeft { .. } => {
                    Self::invalid_at("/lines", detail)
                }
                TakeBackRefusal::Nothing => Self::conflict("nothing-left", detail),
            },
            ReturnError::Time { .. } => Self::invalid_at("/at", detail),
            ReturnError::OutOfRange(_) => Self::conflict("out-of-range", detail),
            ReturnError::Failed(failure) => failure.into(),
        }
    }
}
