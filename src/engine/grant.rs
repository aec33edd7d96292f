//! How much an offer grants on what is left of its lines.

use smallvec::SmallVec;

use super::offer::{Kind, Offer, matches};
use super::price::Priced;
use crate::model::{Basket, Cut, Facts, LimitKind, Reason};
use crate::money::{Money, Number, Quantity, Rate, allot, round_div};
use crate::policy::{Bundle, Discount, Eligible, Grant, Ladder, Stacking};

/// Amounts per line; baskets are small.
pub(super) type PerLine = SmallVec<[Money; 8]>;

/// What one discount grants, line by line.
pub(super) struct Granted {
    pub offer: usize,
    pub amount: Money,
    /// The value each line was granted on.
    pub bases: PerLine,
    /// What each line was granted.
    pub parts: PerLine,
    pub cuts: SmallVec<[Cut; 1]>,
}

/// The part of a basket that a discount looks at.
struct Base {
    /// Value per line.
    values: PerLine,
    /// Eligible quantity per line.
    quantities: SmallVec<[Quantity; 8]>,
    total: Money,
}

/// Computes a grant on what is left, or says why it comes to nothing.
pub(super) fn compute(
    bundle: &Bundle,
    facts: &Facts,
    basket: &Basket,
    priced: &Priced,
    left: &[Money],
    at: usize,
    offer: &Offer,
) -> Result<Granted, Reason> {
    let slot = offer.discount as usize;
    let discount = &bundle.discounts[slot];
    let values = match bundle.stacking {
        Stacking::Remaining => left,
        Stacking::Original => &priced.gross,
    };
    let base = base(discount.lines.as_ref(), basket, values);
    if base.total == Money::ZERO {
        return Err(Reason::NothingLeft);
    }
    let mut amount = match offer.kind {
        Kind::Rate(rate) => rate.of(base.total),
        Kind::Amount(amount) => amount.at_most(base.total),
        Kind::Each(each) => each_unit(each, &base).at_most(base.total),
        Kind::Slices(from) => slices(bundle, discount, from, base.total),
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
    let mut parts = Vec::with_capacity(base.values.len());
    allot(amount, &base.values, &mut parts);
    let mut parts = PerLine::from_vec(parts);
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
    Ok(Granted { offer: at, amount, bases: base.values, parts, cuts })
}

fn base(eligible: Option<&Eligible>, basket: &Basket, values: &[Money]) -> Base {
    let mut base = Base { values: PerLine::new(), quantities: SmallVec::new(), total: Money::ZERO };
    for (line, value) in basket.lines.iter().zip(values) {
        let counts = eligible.is_none_or(|eligible| matches(&eligible.filter, line));
        base.values.push(if counts { *value } else { Money::ZERO });
        base.quantities.push(if counts { line.quantity } else { Quantity::default() });
    }
    if let Some(units) = eligible.and_then(|eligible| eligible.cheapest) {
        keep_cheapest(units, basket, &mut base);
    }
    base.total = base.values.iter().copied().sum();
    base
}

/// Lines in order of their unit price, of equal ones the earlier first.
fn by_price(basket: &Basket) -> SmallVec<[usize; 8]> {
    let mut order: SmallVec<[usize; 8]> = (0..basket.lines.len()).collect();
    order.sort_by_key(|at| basket.lines[*at].unit_price);
    order
}

/// The value of some of a line's units, rounded half away from zero.
fn share(value: Money, taken: Quantity, of: Quantity) -> Money {
    if taken == of {
        return value;
    }
    // At most the value itself, which is an i64.
    Money(round_div(value.wide() * i128::from(taken.0), i128::from(of.0)) as i64)
}

fn keep_cheapest(units: u32, basket: &Basket, base: &mut Base) {
    let mut open = Quantity::units(i64::from(units)).0;
    for at in by_price(basket) {
        let all = base.quantities[at];
        let taken = Quantity(all.0.min(open));
        open -= taken.0;
        if all.0 > 0 {
            base.values[at] = share(base.values[at], taken, all);
        }
        base.quantities[at] = taken;
    }
}

fn each_unit(each: Money, base: &Base) -> Money {
    let quantity: i128 = base.quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    let exact = each.wide().saturating_mul(quantity);
    Money::from_wide(round_div(exact, i128::from(Quantity::ONE.0))).unwrap_or(Money(i64::MAX))
}

fn free_units(buy: u32, get: u32, basket: &Basket, base: &Base) -> Money {
    let whole: i128 = base.quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    let set = i128::from(buy) + i128::from(get);
    let free = whole / (set * i128::from(Quantity::ONE.0)) * i128::from(get);
    let mut open = i64::try_from(free).map_or(i64::MAX, |units| Quantity::units(units).0);
    let mut amount = Money::ZERO;
    for at in by_price(basket) {
        let all = base.quantities[at];
        let taken = Quantity(all.0.min(open));
        open -= taken.0;
        if taken.0 > 0 {
            amount += share(base.values[at], taken, all);
        }
    }
    amount
}

/// Each step's rate on the part of `from..from + value` above its threshold, rounded once on the sum.
fn slices(bundle: &Bundle, discount: &Discount, from: Number, value: Money) -> Money {
    let Grant::Ladder(Ladder { steps, .. }) = &discount.grant else { return Money::ZERO };
    let until = from + Number::money(value, bundle.currency);
    let mut exact: i128 = 0;
    for (at, step) in steps.iter().enumerate() {
        let top = steps.get(at + 1).map_or(until, |next| next.threshold.min(until));
        let bottom = step.threshold.max(from);
        if top > bottom {
            exact += (top - bottom).0 * i128::from(step.rate.ppm());
        }
    }
    let minor = i128::from(Rate::ONE.ppm()) * 10i128.pow(Number::DECIMALS - bundle.currency.exponent());
    // Rates are at most 100 %, so this is at most the value.
    Money(round_div(exact, minor) as i64)
}
