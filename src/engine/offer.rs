//! Who may have what: a discount whose conditions hold becomes an offer.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::base::{Base, Bases};
use super::condition::{Trace, all_hold, check_all, invalid, known_hold, uses_spent};
use super::gather::failed;
use super::price::Priced;
use crate::model::{Basket, Because, Facts, NextClass, NextStep, Reason};
use crate::money::{Currency, Money, Number, Rate};
use crate::policy::{BasketAdds, Bundle, Experiment, Grant, Ladder, Segment, SegmentRule};
use crate::script::{ScriptBasket, ScriptCustomer, Verdict};

/// A discount that this customer may have on this basket. How much it grants depends on what earlier ones leave.
pub(super) struct Offer {
    pub discount: u16,
    pub kind: Kind,
    pub because: Because,
}

/// What is granted, as far as it is known before stacking.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Rate(Rate),
    Amount(Money),
    Each(Money),
    /// A sliced ladder: the metric before the basket.
    Slices(Number),
    Free {
        buy: u32,
        get: u32,
    },
}

/// What scripts are shown, made once and only if one is asked.
pub(super) struct Shown<'a> {
    bundle: &'a Bundle,
    facts: &'a Arc<Facts>,
    basket: &'a Arc<Basket>,
    priced: &'a Priced,
    made: Option<(ScriptCustomer, ScriptBasket)>,
}

impl<'a> Shown<'a> {
    pub fn new(bundle: &'a Bundle, facts: &'a Arc<Facts>, basket: &'a Arc<Basket>, priced: &'a Priced) -> Self {
        Self { bundle, facts, basket, priced, made: None }
    }

    fn views(&mut self) -> (ScriptCustomer, ScriptBasket) {
        let made = self.made.get_or_insert_with(|| {
            let customer = ScriptCustomer::new(Arc::clone(self.facts), Arc::clone(&self.bundle.vocabulary));
            let gross = self.priced.gross.to_vec();
            (customer, ScriptBasket::new(Arc::clone(self.basket), gross, self.bundle.currency))
        });
        (made.0.clone(), made.1.clone())
    }
}

/// What a discount grants as an offer, or nothing. The trace says why, or why not.
#[inline]
pub(super) fn offer(slot: usize, shown: &mut Shown<'_>, bases: &mut Bases, trace: &mut Trace) -> Option<Kind> {
    let (bundle, facts, basket, priced) = (shown.bundle, shown.facts, shown.basket, shown.priced);
    let discount = &bundle.discounts[slot];
    trace.begin();
    if let Some(why) = invalid(&discount.valid, facts) {
        trace.fails(|| Reason::NotValid { why });
    }
    if trace.settled() {
        return None;
    }
    check_all(&discount.when, facts, basket, priced, trace);
    if trace.settled() {
        return None;
    }
    if let Some(experiment) = held_out(bundle, slot, facts) {
        trace.fails(|| Reason::ControlGroup { experiment });
    }
    if let Some(reason) = uses_spent(discount, slot, facts) {
        trace.fails(|| reason);
    }
    let base = bases.of(bundle, discount, priced);
    if base.is_empty() {
        trace.fails(|| Reason::NoEligibleLine);
    }
    let mut kind = None;
    match &discount.grant {
        Grant::Rate(rate) => kind = Some(Kind::Rate(*rate)),
        Grant::Amount(amount) => kind = Some(Kind::Amount(*amount)),
        Grant::Each(amount) => kind = Some(Kind::Each(*amount)),
        Grant::Free { buy, get } => kind = Some(Kind::Free { buy: *buy, get: *get }),
        Grant::Ladder(ladder) => match step(ladder, facts, base, bundle.currency) {
            Ok((found, reason)) => {
                kind = Some(found);
                trace.holds(|| reason);
            }
            Err(reason) => trace.fails(|| reason),
        },
        Grant::Script(_) => {}
    }
    // A script runs last, and only where nothing else says no.
    if !trace.failed()
        && let Some(expression) = &discount.condition
    {
        let (customer, basket) = shown.views();
        match bundle.scripts.holds(expression, customer, basket, facts.local) {
            Ok(true) => trace.holds(|| Reason::If { holds: true }),
            Ok(false) => trace.fails(|| Reason::If { holds: false }),
            Err(error) => trace.breaks(failed(error)),
        }
    }
    if !trace.failed()
        && let Grant::Script(function) = &discount.grant
    {
        let (customer, basket) = shown.views();
        match bundle.scripts.grant(function, customer, basket) {
            Ok(Verdict::Nothing) => trace.fails(|| Reason::ScriptDeclined),
            Ok(Verdict::Rate(rate)) => {
                kind = Some(Kind::Rate(rate));
                trace.holds(|| Reason::ScriptGranted);
            }
            Ok(Verdict::Amount(amount)) => {
                kind = Some(Kind::Amount(to_money(amount, bundle)));
                trace.holds(|| Reason::ScriptGranted);
            }
            Err(error) => trace.breaks(failed(error)),
        }
    }
    if trace.failed() { None } else { kind }
}

/// A script's amount in minor units, rounded half away from zero; one beyond any basket is as good as the largest.
fn to_money(amount: Decimal, bundle: &Bundle) -> Money {
    let exponent = bundle.currency.exponent();
    let rounded = amount.round_dp_with_strategy(exponent, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    let scale = 10i128.pow(exponent.saturating_sub(rounded.scale()));
    let minor = rounded.mantissa().saturating_mul(scale);
    Money::from_wide(minor).unwrap_or(super::price::MAX_BASKET).at_most(super::price::MAX_BASKET)
}

/// The metric as a ladder looks at it: with the basket on top where that counts.
fn climbed(ladder: &Ladder, facts: &Facts, base: &Base, currency: Currency) -> Option<Number> {
    let value = facts.metrics[ladder.metric as usize]?;
    if base.is_empty() || !(ladder.counting_basket || ladder.sliced) {
        return Some(value);
    }
    Some(
        value
            + match ladder.basket_adds {
                BasketAdds::Value => base.worth.value(currency),
                BasketAdds::One => Number::int(1),
                BasketAdds::Quantity => Number(i128::from(base.quantity().0) * 1_000),
            },
    )
}

fn step(ladder: &Ladder, facts: &Facts, base: &Base, currency: Currency) -> Result<(Kind, Reason), Reason> {
    let metric = ladder.metric;
    let first = ladder.steps.first().map_or(Number::ZERO, |step| step.threshold);
    let value = climbed(ladder, facts, base, currency);
    let below = Reason::NoStep { metric, value, first };
    let Some(value) = value else { return Err(below) };
    let reached = ladder.steps.partition_point(|step| step.threshold <= value);
    let Some(step) = reached.checked_sub(1).map(|at| ladder.steps[at]) else { return Err(below) };
    if ladder.sliced {
        let from = facts.metrics[metric as usize].unwrap_or_default();
        return Ok((Kind::Slices(from), Reason::Slices { metric, from, until: value }));
    }
    Ok((Kind::Rate(step.rate), Reason::Step { metric, value, step: step.threshold }))
}

/// What is missing to the next step of a discount's ladder, if it has one and the customer has the metric.
pub(super) fn next_step(
    bundle: &Bundle,
    slot: usize,
    facts: &Facts,
    priced: &Priced,
    bases: &mut Bases,
) -> Option<NextStep> {
    let discount = &bundle.discounts[slot];
    let Grant::Ladder(ladder) = &discount.grant else { return None };
    let value = climbed(ladder, facts, bases.of(bundle, discount, priced), bundle.currency)?;
    let next = ladder.steps.iter().find(|step| step.threshold > value)?;
    Some(NextStep { discount: slot as u16, rate: next.rate, metric: ladder.metric, missing: next.threshold - value })
}

/// Discounts with limited uses or a budget that nothing else is known to keep from applying: of those it matters what
/// is left. Scripts are not asked yet.
pub fn limited_offers(bundle: &Bundle, facts: &Facts, basket: &Basket, priced: &Priced) -> Vec<usize> {
    let limited = |slot: &usize| {
        let discount = &bundle.discounts[*slot];
        let limits = discount.uses_per_customer.is_some() || discount.uses_total.is_some() || discount.budget.is_some();
        limits && invalid(&discount.valid, facts).is_none() && all_hold(&discount.when, facts, basket, priced)
    };
    (0..bundle.discounts.len()).filter(limited).collect()
}

/// What is missing to the next step of every ladder, without a basket.
pub fn next_steps(bundle: &Bundle, facts: &Facts) -> Vec<NextStep> {
    let (priced, mut bases) = (Priced::default(), Bases::default());
    bases.clear(bundle);
    let next = |slot| next_step(bundle, slot, facts, &priced, &mut bases);
    (0..bundle.discounts.len()).filter_map(next).collect()
}

/// The same of those ladders that are open to the customer: valid, not withheld by an experiment, and with conditions on
/// classes and metrics that hold. Whether the basket, the card or a script say no is not known yet.
pub fn open_steps(bundle: &Bundle, facts: &Facts) -> Vec<NextStep> {
    let open = |step: &NextStep| {
        let slot = step.discount as usize;
        let discount = &bundle.discounts[slot];
        let valid = discount.valid.from.is_none_or(|from| from <= facts.at)
            && discount.valid.until.is_none_or(|until| facts.at < until);
        valid && known_hold(&discount.when, facts) && held_out(bundle, slot, facts).is_none()
    };
    next_steps(bundle, facts).into_iter().filter(open).collect()
}

/// What is missing to the next better class of every segment with thresholds. A class that is kept counts as held.
pub fn next_classes(bundle: &Bundle, facts: &Facts) -> Vec<NextClass> {
    let next = |(slot, segment): (usize, &Segment)| {
        let SegmentRule::Thresholds { metric, floors, descending, .. } = &segment.rule else { return None };
        let value = facts.metrics[*metric as usize]?;
        let held = facts.classes[slot].map(|class| floors[class as usize]);
        let above =
            |class: &u16| floors[*class as usize] > value && held.is_none_or(|held| floors[*class as usize] > held);
        let class = descending.iter().rev().copied().find(above)?;
        let missing = floors[class as usize] - value;
        Some(NextClass { segment: slot as u16, class, metric: *metric, missing })
    };
    bundle.segments.iter().enumerate().filter_map(next).collect()
}

/// The experiment whose control group the customer is in, if it is about this discount.
fn held_out(bundle: &Bundle, slot: usize, facts: &Facts) -> Option<u16> {
    if bundle.experiments.is_empty() {
        return None;
    }
    let id = &facts.customer.as_ref()?.id;
    let at = bundle
        .experiments
        .iter()
        .position(|experiment| experiment.discount as usize == slot && in_control(experiment, id))?;
    Some(at as u16)
}

/// Whether a customer is in an experiment's control group: a stable hash of salt and id, read as a share of all hashes.
pub fn in_control(experiment: &Experiment, customer: &str) -> bool {
    let mut hasher = blake3::Hasher::new();
    hasher.update(experiment.salt.as_bytes()).update(&[0]).update(customer.as_bytes());
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    let share = (u128::from(u64::from_le_bytes(bytes)) * u128::from(Rate::ONE.ppm())) >> 64;
    share < u128::from(experiment.control.ppm())
}
