//! `GET /v1/policies/uses`: what is left of the uses and budgets of what is in force.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::wire::{Cash, Shown};
use crate::id::Revision;
use crate::time::{Instant, Period};

/// What is left of uses and budgets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeUses)]
pub struct UsesOut {
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// The revision in force.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// ISO 4217.
    currency: String,
    /// Discounts that everybody together may use so often, or that have a budget.
    discounts: Vec<DiscountUsesOut>,
}

/// What is left of a discount.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DiscountUses)]
pub struct DiscountUsesOut {
    discount: String,
    /// Its budget in this period; null without one.
    budget: Option<Cash>,
    /// What is left of the budget.
    budget_left: Option<Cash>,
    /// The calendar period that the budget is for; null where it is for ever, or there is none.
    budget_per: Option<&'static str>,
    /// When that period began, and when the next one begins; null likewise.
    #[schema(value_type = Option<String>, format = DateTime)]
    budget_from: Option<Shown<Instant>>,
    #[schema(value_type = Option<String>, format = DateTime)]
    budget_until: Option<Shown<Instant>>,
    /// How often it may be used in all; null without such a limit.
    uses: Option<u64>,
    /// How often it may still be used in all.
    uses_left: Option<u64>,
    /// The calendar period that the uses are for; null where they are for ever, or there is no such limit.
    uses_per: Option<&'static str>,
}

/// Reads what is left of the uses and budgets of each discount in force, to everybody together.
#[utoipa::path(get, path = "/v1/policies/uses", tag = "policies",
    responses((status = 200, description = "discounts with a limit, in the order written", body = UsesOut), Problems))]
pub async fn read_uses(State(app): State<Arc<App>>) -> Answer {
    let (active, at, left) = app.uses_left()?;
    let bundle = &active.bundle;
    let cash = |amount| Cash::new(amount, bundle.currency);
    let limited = bundle.discounts.iter().zip(left);
    let limited = limited.filter(|(discount, _)| discount.budget.is_some() || discount.uses_total.is_some());
    let discounts = limited.map(|(discount, left)| {
        let per = discount.budget.and_then(|budget| budget.per);
        DiscountUsesOut {
            discount: discount.name.to_string(),
            budget: discount.budget.map(|budget| cash(budget.amount)),
            budget_left: left.budget.map(cash),
            budget_per: per.map(Period::name),
            budget_from: per.map(|per| Shown(per.start(at, bundle.zone))),
            budget_until: per.map(|per| Shown(per.next(at, bundle.zone))),
            uses: discount.uses_total.map(|uses| uses.count),
            uses_left: left.total_uses,
            uses_per: discount.uses_total.and_then(|uses| uses.per).map(Period::name),
        }
    });
    let discounts = discounts.collect();
    let currency = bundle.currency.code().to_owned();
    json(StatusCode::OK, &UsesOut { at: Shown(at), revision: Shown(bundle.revision), currency, discounts })
}
