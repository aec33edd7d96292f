//! `POST /v1/purchases`: commits a purchase, at a quote's terms or decided on the spot.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{Actor, App, PurchaseError, Purchased, Purchasing, TokenError};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::http::quotes::create::QuoteOut;
use crate::http::wire::{
    Decided, Invalids, LineIn, decided, maybe_objects, read_basket, read_customer, read_instant, request_hash,
};
use crate::id::check_id;
use crate::model::Basket;

/// A purchase: the shop's own id with a basket, or with a quote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PurchaseRequest, examples(json!({ "id": "order-4711", "customer": "c-1", "lines": [{ "sku": "SH-1", "quantity": 1, "unit_price": "99.90", "category": "shoes" }] })))]
pub struct PurchaseIn<'a> {
    /// The shop's own id; the same request with the same id is committed once.
    #[serde(borrow)]
    #[schema(min_length = 1, max_length = 200)]
    id: Cow<'a, str>,
    /// A quote's sealed terms; then nothing but `id` goes with it.
    #[serde(borrow)]
    quote: Option<Cow<'a, str>>,
    /// Who buys; absent or unknown: a guest.
    #[serde(borrow)]
    customer: Option<Cow<'a, str>>,
    /// When; now where it is absent. More than a minute back only for admins, once keys are defined.
    #[serde(borrow)]
    #[schema(format = DateTime)]
    at: Option<Cow<'a, str>>,
    /// What is bought.
    #[serde(borrow, default, deserialize_with = "maybe_objects")]
    #[schema(min_items = 1)]
    lines: Option<Vec<LineIn<'a>>>,
    /// Codes that the customer presents.
    #[serde(borrow)]
    codes: Option<Vec<Cow<'a, str>>>,
    /// Points that the customer pays with.
    #[schema(minimum = 0)]
    redeem_points: Option<i64>,
}

/// A committed purchase with the decision that it was committed at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommittedPurchase)]
pub struct PurchaseOut<'a> {
    /// The shop's own id.
    id: &'a str,
    #[serde(flatten)]
    decided: Decided<'a>,
}

/// Commits a purchase; the answer leaves when it is durable. The same request again is answered as the first time.
#[utoipa::path(post, path = "/v1/purchases", tag = "checkout", request_body = PurchaseIn,
    responses((status = 201, description = "committed", body = PurchaseOut), Problems))]
pub async fn create_purchase(State(app): State<Arc<App>>, actor: Actor, body: Body) -> Answer {
    let asked: PurchaseIn<'_> = body.read()?;
    let wanted = read(&app, &asked)?;
    let back = !actor.may(&[]) && app.lies_back(wanted.at, wanted.terms.as_ref());
    // What was committed is answered as the first time, whenever that is asked for.
    if back && app.purchase_by_id(&wanted.id)?.is_none() {
        return Err(Problem::forbidden("a purchase in the past needs a key for admins, or the import"));
    }
    let purchased = app.purchase(wanted).await?;
    json(StatusCode::CREATED, &present(&purchased))
}

fn present(purchased: &Purchased) -> PurchaseOut<'_> {
    let Purchased { purchase, record, bundle, .. } = purchased;
    let lines = purchase.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
    PurchaseOut { id: &purchase.id, decided: decided(bundle, purchase.customer.as_deref(), lines, &record.decision) }
}

fn read(app: &App, asked: &PurchaseIn<'_>) -> Result<Purchasing, Problem> {
    let mut invalids = Invalids::default();
    if let Err(error) = check_id(&asked.id) {
        invalids.push("/id", error);
    }
    let customer = read_customer(asked.customer.as_deref(), &mut invalids);
    let at = asked.at.as_deref().map(|at| invalids.keep("/at", read_instant(at)));
    let mut terms = None;
    let mut basket = Basket::default();
    if let Some(token) = &asked.quote {
        let besides = [
            ("/customer", asked.customer.is_some()),
            ("/at", asked.at.is_some()),
            ("/lines", asked.lines.is_some()),
            ("/codes", asked.codes.is_some()),
            ("/redeem_points", asked.redeem_points.is_some()),
        ];
        for (pointer, _) in besides.iter().filter(|(_, given)| *given) {
            invalids.push(pointer, "goes without a quote only: the quote holds it");
        }
        match app.open_quote(token) {
            Ok(opened) => terms = Some(opened),
            Err(error @ TokenError::Forged) => invalids.push("/quote", error),
            Err(TokenError::Expired(terms)) => return expired(app, asked, *terms),
        }
    } else {
        match &asked.lines {
            Some(lines) => basket = read_basket(lines, asked.codes.as_deref(), asked.redeem_points, &mut invalids),
            None => invalids.push("/lines", "lines or a quote are needed"),
        }
    }
    invalids.finish()?;
    let content = (&customer, at, &basket, asked.quote.as_deref());
    Ok(Purchasing { id: asked.id.to_string(), request: request_hash(&content), customer, at, basket, terms })
}

/// An expired quote is a conflict that brings a fresh one, unless this very purchase was committed with it in time.
fn expired(app: &App, asked: &PurchaseIn<'_>, terms: crate::app::Terms) -> Result<Purchasing, Problem> {
    let (customer, at, basket): (Option<String>, Option<crate::time::Instant>, Basket) = Default::default();
    let request = request_hash(&(&customer, at, &basket, asked.quote.as_deref()));
    if let Some((_, Some(record))) = app.purchase_by_id(&asked.id)?
        && record.request == request
    {
        return Ok(Purchasing { id: asked.id.to_string(), request, customer, at, basket, terms: Some(terms) });
    }
    let detail = format!("the quote expired at {}", terms.expires_at);
    let fresh = app.quote(terms.customer, None, terms.basket)?;
    let quote = serde_json::to_value(QuoteOut::new(&fresh)).ok();
    Err(Problem { quote, ..Problem::conflict("quote-expired", detail) })
}

impl From<PurchaseError> for Problem {
    fn from(error: PurchaseError) -> Self {
        let detail = error.to_string();
        match error {
            PurchaseError::Exists(_) => Self::conflict("exists", detail),
            PurchaseError::Price(error) => error.into(),
            PurchaseError::Ahead { .. } => Self::invalid_at("/at", detail),
            PurchaseError::Spent { fresh, .. } => {
                let quote = fresh.and_then(|fresh| serde_json::to_value(QuoteOut::new(&fresh)).ok());
                Self { quote, ..Self::conflict("spent", detail) }
            }
            PurchaseError::Points { fresh, .. } => {
                let quote = fresh.and_then(|fresh| serde_json::to_value(QuoteOut::new(&fresh)).ok());
                Self { quote, ..Self::conflict("points", detail) }
            }
            PurchaseError::OutOfRange(_) => Self::invalid_at("/lines", detail),
            PurchaseError::Failed(failure) => failure.into(),
        }
    }
}
