//! `GET /v1/customers/{id}/standing`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::card::unknown;
use super::points::BalanceOut;
use crate::app::{App, Standing};
use crate::engine::Steps;
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Id, Params};
use crate::http::problem::Problem;
use crate::http::wire::{Cash, Explanation, NextStepOut, Segments, Shown, Told, read_instant};
use crate::id::Revision;
use crate::money::Number;
use crate::time::Instant;

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// As of when, RFC 3339; now where it is absent.
    #[param(format = DateTime)]
    at: Option<String>,
}

/// Where a customer stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub struct StandingOut<'a> {
    customer: &'a str,
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// The policy revision that says so.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// Every metric of the policy as a decimal string; null where it is absent.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    metrics: BTreeMap<&'a str, Option<Shown<Number>>>,
    /// The class in each segment; null where there is none.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    segments: Segments<'a>,
    /// The cut-off snapshot that rank and score segments were read from; null where none was needed.
    snapshot: Option<u64>,
    /// Points.
    points: BalanceOut,
    /// What is left of discounts whose uses are limited.
    uses: Vec<UsesOut<'a>>,
    /// What is left of discounts that have a budget.
    budgets: Vec<BudgetOut<'a>>,
    /// What is missing to the next step of each ladder.
    next_steps: Vec<NextStepOut<'a>>,
    /// What is missing to the next better class of each segment with thresholds.
    next_classes: Vec<NextClassOut<'a>>,
    /// Segments whose script failed.
    failures: Vec<Explanation<'a>>,
}

/// What is left of a discount's uses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsesLeft)]
pub struct UsesOut<'a> {
    discount: &'a str,
    /// To this customer; null without such a limit.
    left_to_customer: Option<u64>,
    /// To all customers together; null without such a limit.
    left_in_all: Option<u64>,
}

/// What is left of a discount's budget.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BudgetLeft)]
pub struct BudgetOut<'a> {
    discount: &'a str,
    budget: Cash,
    left: Cash,
    /// The calendar period it is for; null where it is for ever.
    per: Option<&'static str>,
}

/// What is missing to the next better class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextClass)]
pub struct NextClassOut<'a> {
    segment: &'a str,
    class: &'a str,
    metric: &'a str,
    #[schema(value_type = String)]
    missing: Shown<Number>,
}

/// Metrics, segments, points, uses, budgets, and the distance to each next step.
#[utoipa::path(get, path = "/v1/customers/{id}/standing", tag = "checkout", params(("id" = String, Path, description = "the shop's own id"), AsOf),
    responses((status = 200, description = "where the customer stands", body = StandingOut), Problems))]
pub async fn read_standing(State(app): State<Arc<App>>, Id(id): Id, Params(as_of): Params<AsOf>) -> Answer {
    let at = as_of.at.as_deref().map(read_instant).transpose().map_err(|detail| Problem::invalid_at("/at", detail))?;
    let standing = app.standing(&id, at)?.ok_or_else(|| unknown(&id))?;
    json(StatusCode::OK, &present(&id, &standing))
}

fn present<'a>(id: &'a str, standing: &'a Standing) -> StandingOut<'a> {
    let (bundle, facts) = (&standing.active.bundle, &standing.facts);
    let name = |metric: u16| bundle.metrics[metric as usize].name.as_ref();
    let limited = bundle.discounts.iter().zip(&facts.allowances);
    StandingOut {
        customer: id,
        at: Shown(facts.at),
        revision: Shown(bundle.revision),
        metrics: bundle
            .metrics
            .iter()
            .zip(&facts.metrics)
            .map(|(m, value)| (m.name.as_ref(), value.map(Shown)))
            .collect(),
        segments: Segments::new(bundle, &facts.classes),
        snapshot: (facts.snapshot > 0).then_some(facts.snapshot),
        points: BalanceOut::new(&standing.points),
        uses: limited
            .clone()
            .filter(|(_, left)| left.customer_uses.is_some() || left.total_uses.is_some())
            .map(|(discount, left)| UsesOut {
                discount: &discount.name,
                left_to_customer: left.customer_uses,
                left_in_all: left.total_uses,
            })
            .collect(),
        budgets: limited
            .filter_map(|(discount, left)| {
                let (budget, left) = (discount.budget?, left.budget?);
                Some(BudgetOut {
                    discount: &discount.name,
                    budget: Cash::new(budget.amount, bundle.currency),
                    left: Cash::new(left, bundle.currency),
                    per: budget.per.map(crate::time::Period::name),
                })
            })
            .collect(),
        next_steps: standing.next_steps.iter().map(|next| NextStepOut::new(bundle, next)).collect(),
        next_classes: standing
            .next_classes
            .iter()
            .map(|next| {
                let segment = &bundle.segments[next.segment as usize];
                NextClassOut {
                    segment: &segment.name,
                    class: &segment.classes[next.class as usize],
                    metric: name(next.metric),
                    missing: Shown(next.missing),
                }
            })
            .collect(),
        failures: facts
            .failures
            .iter()
            .map(|(segment, reason)| Explanation {
                name: &bundle.segments[*segment as usize].name,
                because: Told(Steps::of_segment(bundle, std::slice::from_ref(reason))),
            })
            .collect(),
    }
}
