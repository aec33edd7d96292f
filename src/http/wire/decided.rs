//! What a decision answers, in the contract's names.

use std::fmt::Write;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use utoipa::ToSchema;

use super::scalar::{Cash, Shown};
use crate::engine::{Explained, ExplainedRejected, Language, Steps, explain};
use crate::id::Revision;
use crate::model::{Decision, NextStep};
use crate::money::{Number, Quantity, Rate};
use crate::policy::Bundle;
use crate::time::Instant;

/// A decision, explained.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decided)]
pub struct Decided<'a> {
    /// The policy revision that decided.
    #[schema(value_type = String)]
    pub revision: Shown<Revision>,
    /// Who buys; null for a guest.
    pub customer: Option<&'a str>,
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Shown<Instant>,
    /// ISO 4217.
    pub currency: &'a str,
    /// The basket's lines with what was granted on each.
    pub lines: Vec<LineOut<'a>>,
    /// Sums.
    pub totals: TotalsOut,
    /// Discounts that apply, in the order they were applied.
    pub applied: Vec<AppliedOut<'a>>,
    /// Discounts that do not, with every reason.
    pub rejected: Vec<Explanation<'a>>,
    /// The customer's class in each segment; null where there is none.
    #[schema(value_type = std::collections::BTreeMap<String, Option<String>>)]
    pub segments: Segments<'a>,
    /// The cut-off snapshot that rank and score segments were read from; null where none was needed.
    pub snapshot: Option<u64>,
    /// Points.
    pub points: PointsOut,
    /// What is missing to the next step of each ladder.
    pub next_steps: Vec<NextStepOut<'a>>,
    /// Segments whose script failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Explanation<'a>>,
}

/// A line with what was granted on it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecidedLine)]
pub struct LineOut<'a> {
    sku: &'a str,
    #[schema(value_type = f64)]
    quantity: QuantityOut,
    gross: Cash,
    discount: Cash,
    net: Cash,
    discounts: Vec<ShareOut<'a>>,
}

/// One discount's share of a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DiscountShare)]
pub struct ShareOut<'a> {
    name: &'a str,
    amount: Cash,
}

/// Sums of a decision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Totals)]
pub struct TotalsOut {
    gross: Cash,
    discount: Cash,
    net: Cash,
    points_paid: Cash,
    to_pay: Cash,
}

/// A discount that applies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppliedDiscount)]
pub struct AppliedOut<'a> {
    name: &'a str,
    /// Its rate, where it has one for the whole basket.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Shown<Rate>>,
    amount: Cash,
    #[schema(value_type = Vec<String>)]
    because: Told<'a>,
}

/// Why something does not apply.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct Explanation<'a> {
    /// The name of the discount or segment.
    pub name: &'a str,
    /// Every reason.
    #[schema(value_type = Vec<String>)]
    pub because: Told<'a>,
}

impl<'a> Explanation<'a> {
    /// Presents why something does not apply.
    pub fn new(rejected: ExplainedRejected<'a>) -> Self {
        Self { name: rejected.name, because: Told(rejected.because) }
    }
}

/// Reasons, put into words while they are written.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a>(pub Steps<'a>);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        // Many small writes into one text, which is then looked through once for what has to be escaped.
        let mut text = String::new();
        for words in self.0.iter() {
            text.clear();
            write!(text, "{words}").map_err(serde::ser::Error::custom)?;
            list.serialize_element(&text)?;
        }
        list.end()
    }
}

/// Points of a purchase.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecidedPoints)]
pub struct PointsOut {
    earned: i64,
    redeemed: i64,
    /// Why fewer pay than a quote was asked for; absent where all do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// What is missing to the next step of a ladder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextStep)]
pub struct NextStepOut<'a> {
    /// The discount.
    discount: &'a str,
    /// The rate of that step.
    #[schema(value_type = String)]
    rate: Shown<Rate>,
    /// The metric that it climbs with.
    metric: &'a str,
    /// How much of it is missing.
    #[schema(value_type = String)]
    missing: Shown<Number>,
}

impl<'a> NextStepOut<'a> {
    /// Presents what is missing to a step.
    pub fn new(bundle: &'a Bundle, next: &NextStep) -> Self {
        Self {
            discount: bundle.discounts.get(next.discount as usize).map_or("?", |discount| discount.name.as_ref()),
            rate: Shown(next.rate),
            metric: bundle.metrics.get(next.metric as usize).map_or("?", |metric| metric.name.as_ref()),
            missing: Shown(next.missing),
        }
    }
}

impl Decided<'_> {
    /// The same with its reasons in another language.
    pub fn in_language(mut self, language: Language) -> Self {
        let applied = self.applied.iter_mut().map(|applied| &mut applied.because);
        let others = self.rejected.iter_mut().chain(&mut self.failures).map(|other| &mut other.because);
        for steps in applied.chain(others) {
            steps.0 = steps.0.in_language(language);
        }
        self
    }
}

/// A quantity: a JSON number with as many decimals as it needs.
#[derive(Debug, Clone, Copy)]
pub struct QuantityOut(pub Quantity);

impl Serialize for QuantityOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.0 % Quantity::ONE.0 == 0 {
            return serializer.serialize_i64(self.0.0 / Quantity::ONE.0);
        }
        // Written digit by digit, never through a binary float.
        let raw = serde_json::value::RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// Class by segment, in the order of the bundle.
#[derive(Debug)]
pub struct Segments<'a> {
    bundle: &'a Bundle,
    classes: &'a [Option<u16>],
}

impl<'a> Segments<'a> {
    /// These classes under this bundle's names.
    pub fn new(bundle: &'a Bundle, classes: &'a [Option<u16>]) -> Self {
        Self { bundle, classes }
    }
}

impl Serialize for Segments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.classes.len()))?;
        for (segment, class) in self.bundle.segments.iter().zip(self.classes) {
            let class = class.and_then(|class| segment.classes.get(class as usize)).map(AsRef::as_ref);
            map.serialize_entry(segment.name.as_ref(), &class)?;
        }
        map.end()
    }
}

/// Puts a decision into the contract's names. The bundle is the one of its revision.
pub fn decided<'a>(
    bundle: &'a Bundle,
    customer: Option<&'a str>,
    lines: impl Iterator<Item = (&'a str, Quantity)>,
    decision: &'a Decision,
) -> Decided<'a> {
    let currency = bundle.currency;
    let cash = |money| Cash::new(money, currency);
    let Explained { applied, rejected, failures } = explain(bundle, decision);
    let discount = |at: u16| bundle.discounts.get(at as usize).map_or("?", |discount| discount.name.as_ref());
    let totals = &decision.totals;
    Decided {
        revision: Shown(decision.revision),
        customer,
        at: Shown(decision.at),
        currency: bundle.currency.code(),
        lines: lines
            .zip(&decision.lines)
            .map(|((sku, quantity), line)| LineOut {
                sku,
                quantity: QuantityOut(quantity),
                gross: cash(line.gross),
                discount: cash(line.discount),
                net: cash(line.gross - line.discount),
                discounts: line
                    .discounts
                    .iter()
                    .map(|(at, amount)| ShareOut { name: discount(*at), amount: cash(*amount) })
                    .collect(),
            })
            .collect(),
        totals: TotalsOut {
            gross: cash(totals.gross),
            discount: cash(totals.discount),
            net: cash(totals.net()),
            points_paid: cash(totals.points_paid),
            to_pay: cash(totals.to_pay()),
        },
        applied: applied
            .into_iter()
            .map(|applied| AppliedOut {
                name: applied.name,
                rate: applied.rate.map(Shown),
                amount: cash(applied.amount),
                because: Told(applied.because),
            })
            .collect(),
        rejected: rejected.into_iter().map(Explanation::new).collect(),
        segments: Segments::new(bundle, &decision.classes),
        snapshot: (decision.snapshot > 0).then_some(decision.snapshot),
        points: PointsOut { earned: totals.points_earned, redeemed: totals.points_redeemed, because: Vec::new() },
        next_steps: decision.next_steps.iter().map(|next| NextStepOut::new(bundle, next)).collect(),
        failures: failures.into_iter().map(Explanation::new).collect(),
    }
}
