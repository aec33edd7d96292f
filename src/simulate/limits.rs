//! What all customers together may use of a discount: what is spent of it, and whether a stretch of time could spend it up.

use std::collections::HashMap;

use crate::money::{Money, Rate};
use crate::policy::{Bundle, Discount, Grant};
use crate::time::{Instant, Period};

/// Which limit of a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// How often.
    Uses,
    /// How much.
    Budget,
}

/// A discount's limit in one period.
pub(super) type Key = (u16, Limit, Instant);

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// How often.
    pub uses: i64,
    /// How much.
    pub amount: Money,
}

/// What was spent of each limit in each period.
#[derive(Debug, Clone, Default)]
pub struct Ledger(HashMap<Key, Spent>);

impl Ledger {
    pub(super) fn get(&self, key: Key) -> Spent {
        if self.0.is_empty() { Spent::default() } else { self.0.get(&key).copied().unwrap_or_default() }
    }

    pub(super) fn post(&mut self, key: Key, uses: i64, amount: Money) {
        let spent = self.0.entry(key).or_default();
        spent.uses += uses;
        spent.amount += amount;
    }

    /// Takes over what another one spent, and empties it.
    pub(super) fn drain(&mut self, other: &mut Self) {
        for (key, spent) in other.0.drain() {
            self.post(key, spent.uses, spent.amount);
        }
    }

    /// What was spent of a discount's limit, period by period.
    pub fn periods(&self, discount: u16, limit: Limit) -> Vec<(Instant, Spent)> {
        let mut periods: Vec<(Instant, Spent)> = self
            .0
            .iter()
            .filter(|(key, _)| key.0 == discount && key.1 == limit)
            .map(|(key, spent)| (key.2, *spent))
            .collect();
        periods.sort_unstable_by_key(|(start, _)| *start);
        periods
    }
}

/// The start of the period that a limit counts in; the start of time where it counts for ever.
pub(super) fn period(bundle: &Bundle, per: Option<Period>, at: Instant) -> Instant {
    per.map_or(Instant::MIN, |per| per.start(at, bundle.zone))
}

/// Whether a discount's uses or budget are common to all customers.
pub(super) const fn is_common(discount: &Discount) -> bool {
    discount.uses_total.is_some() || discount.budget.is_some()
}

/// Whether `count` purchases worth `gross` in all, from an instant on, might spend a common limit up. Where they cannot,
/// nobody sees what the others spent.
pub(super) fn may_run_out(
    bundle: &Bundle,
    slot: usize,
    ledger: &Ledger,
    from: Instant,
    count: i64,
    gross: Money,
) -> bool {
    let discount = &bundle.discounts[slot];
    let place = slot as u16;
    if let Some(limit) = discount.uses_total {
        let used = ledger.get((place, Limit::Uses, period(bundle, limit.per, from))).uses;
        let left = i64::try_from(limit.count).unwrap_or(i64::MAX).saturating_sub(used);
        if count >= left {
            return true;
        }
    }
    let Some(budget) = discount.budget else { return false };
    let spent = ledger.get((place, Limit::Budget, period(bundle, budget.per, from))).amount;
    let left = (budget.amount - spent).wide();
    let each = match (&discount.grant, discount.cap) {
        (Grant::Amount(amount), Some(cap)) => Some((*amount).min(cap)),
        (Grant::Amount(amount), None) => Some(*amount),
        (_, cap) => cap,
    };
    let rate = match &discount.grant {
        Grant::Rate(rate) => *rate,
        Grant::Ladder(ladder) => ladder.steps.iter().map(|step| step.rate).max().unwrap_or(Rate::ZERO),
        _ => Rate::ONE,
    };
    // A cent more for each purchase that is rounded.
    let by_rate = gross.wide() * i128::from(rate.ppm()) / i128::from(Rate::ONE.ppm()) + i128::from(count);
    let most = each.map_or(by_rate, |each| by_rate.min(each.wide() * i128::from(count)));
    most >= left
}
