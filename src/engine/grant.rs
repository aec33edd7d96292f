//! How much an offer grants on what is left of its lines.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::base::{Base, PerLine, base, by_price, rebased};
use super::offer::{Kind, Offer};
use super::stack::Asked;
use crate::model::{Basket, Cut, LimitKind, Reason};
use crate::money::{Money, Number, Quantity, Rate, allot, round_div};
use crate::policy::{Bundle, Discount, Grant, Ladder, Stacking};

/// What one discount grants, line by line.
pub(super) struct Granted {
    pub offer: usize,
    pub amount: Money,
    /// The value each line was granted on, all on one scale.
    pub bases: PerLine,
    /// What each line was granted.
    pub parts: PerLine,
    pub cuts: SmallVec<[Cut; 1]>,
}

/// Computes a grant on what is left, or says why it comes to nothing.
pub(super) fn compute(
    Asked { bundle, facts, basket, priced, bases }: Asked<'_>,
    left: &[Money],
    at: usize,
    offer: &Offer,
) -> Result<Granted, Reason> {
    let slot = offer.discount as usize;
    let discount = &bundle.discounts[slot];
    let values: &[Money] = match bundle.stacking {
        Stacking::Remaining => left,
        Stacking::Original => &priced.gross,
    };
    let eligible = discount.lines.as_ref();
    let base = match bases.known(discount) {
        Some(known) if values == priced.gross.as_slice() => Cow::Borrowed(known),
        Some(known) => Cow::Owned(rebased(known, eligible, basket, values)),
        None => Cow::Owned(base(eligible, basket, values)),
    };
    if base.total == Money::ZERO {
        return Err(Reason::NothingLeft);
    }
    let mut amount = match offer.kind {
        Kind::Rate(rate) => base.share(i128::from(rate.ppm()), i128::from(Rate::ONE.ppm())),
        Kind::Amount(amount) => base.at_most_total(amount.wide(), 1),
        Kind::Each(each) => each_unit(each, &base),
        Kind::Slices(from) => slices(bundle, discount, from, &base),
        Kind::Free { buy, get } => free_units(buy, get, basket, &base),
    };
    let mut cuts: SmallVec<[Cut; 1]> = SmallVec::new();
    let mut cut_to = |amount: &mut Money, bound: Money, by: LimitKind| {
        if *amount > bound {
            cuts.push(Cut { by, amount: *amount - bound });
            *amount = bound;
        }
    };
    if amount == Money::ZERO {
        return Err(Reason::GrantsNothing);
    }
    if let Some(cap) = discount.cap {
        cut_to(&mut amount, cap, LimitKind::Cap);
    }
    if let Some(budget) = &discount.budget {
        let left = facts.allowances.get(slot).and_then(|a| a.budget).unwrap_or(budget.amount);
        if amount > left && !budget.partial {
            return Err(Reason::BudgetTooSmall { left });
        }
        cut_to(&mut amount, left, LimitKind::Budget);
    }
    if amount == Money::ZERO {
        let by = cuts.last().map_or(LimitKind::Cap, |cut| cut.by);
        return Err(Reason::CutAway { by });
    }
    let mut parts = PerLine::new();
    allot(amount, &base.values, &mut parts);
    if bundle.stacking == Stacking::Original {
        // Earlier discounts may have left less of a line than this one was computed on: none goes below zero.
        for (part, left) in parts.iter_mut().zip(left) {
            *part = part.at_most(*left);
        }
        amount = parts.iter().copied().sum();
        if amount == Money::ZERO {
            return Err(Reason::NothingLeft);
        }
    }
    Ok(Granted { offer: at, amount, bases: base.into_owned().values, parts, cuts })
}

fn each_unit(each: Money, base: &Base) -> Money {
    let quantity: i128 = base.quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    base.at_most_total(each.wide().saturating_mul(quantity), i128::from(Quantity::ONE.0))
}

fn free_units(buy: u32, get: u32, basket: &Basket, base: &Base) -> Money {
    let whole: i128 = base.quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    let set = i128::from(buy) + i128::from(get);
    let free = whole / (set * i128::from(Quantity::ONE.0)) * i128::from(get);
    let mut open = i64::try_from(free).map_or(i64::MAX, |units| Quantity::units(units).0);
    // Whole lines, and the part of one: `up / down` of the base's scale.
    let (mut up, mut down) = (0i128, 1i128);
    for at in by_price(basket) {
        let all = base.quantities[at].0;
        let taken = all.min(open);
        open -= taken;
        if taken == all {
            up += base.values[at].wide() * down;
        } else if taken > 0 {
            up = up * i128::from(all) + base.values[at].wide() * i128::from(taken);
            down = i128::from(all);
        }
    }
    Money(round_div(up, down * i128::from(base.scale)) as i64)
}

/// Each step's rate on the part of `from..from + value` above its threshold, rounded once on the sum.
fn slices(bundle: &Bundle, discount: &Discount, from: Number, base: &Base) -> Money {
    let Grant::Ladder(Ladder { steps, .. }) = &discount.grant else { return Money::ZERO };
    let scaled = |number: Number| Number(number.0.saturating_mul(i128::from(base.scale)));
    let from = scaled(from);
    let until = from + Number::money(base.total, bundle.currency);
    let mut exact: i128 = 0;
    for (at, step) in steps.iter().enumerate() {
        let top = steps.get(at + 1).map_or(until, |next| scaled(next.threshold).min(until));
        let bottom = scaled(step.threshold).max(from);
        if top > bottom {
            exact += (top - bottom).0 * i128::from(step.rate.ppm());
        }
    }
    let minor = i128::from(Rate::ONE.ppm()) * Number::of_minor(bundle.currency);
    // Rates are at most 100 %, so this is at most the value.
    Money(round_div(exact, minor * i128::from(base.scale)) as i64)
}
