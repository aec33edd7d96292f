//! How much an offer grants on what is left of its lines.

use smallvec::SmallVec;

use super::offer::{Kind, Offer, matches};
use super::price::Priced;
use crate::model::{Basket, Cut, Facts, LimitKind, MAX_LINES, Reason};
use crate::money::{Money, Number, Quantity, Rate, allot, round_div};
use crate::policy::{Bundle, Discount, Eligible, Grant, Ladder, Stacking};

/// Amounts per line; baskets are small.
pub(super) type PerLine = SmallVec<[Money; 8]>;

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

/// The part of a basket that a discount looks at.
pub(super) struct Base {
    /// Value per line, in parts of the minor unit: `scale` of them are one.
    pub values: PerLine,
    /// Eligible quantity per line.
    pub quantities: SmallVec<[Quantity; 8]>,
    /// Sum of the values.
    pub total: Money,
    /// Above 1 where some units of a line are eligible and not all: so their value is exact.
    pub scale: i64,
}

impl Base {
    /// `parts / of` of the total, rounded half away from zero to the minor unit.
    fn share(&self, parts: i128, of: i128) -> Money {
        // A share of an i64, with parts of at most millions.
        Money(round_div(self.total.wide() * parts, of * i128::from(self.scale)) as i64)
    }

    /// `up / down` minor units, rounded half away from zero, but at most the total.
    fn at_most_total(&self, up: i128, down: i128) -> Money {
        let whole = self.share(1, 1);
        match up.checked_mul(i128::from(self.scale)) {
            Some(scaled) if scaled < self.total.wide() * down => Money(round_div(up, down) as i64),
            _ => whole,
        }
    }
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

/// The eligible part of lines that are worth `values`.
pub(super) fn base(eligible: Option<&Eligible>, basket: &Basket, values: &[Money]) -> Base {
    let mut base = Base { values: PerLine::new(), quantities: SmallVec::new(), total: Money::ZERO, scale: 1 };
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

/// The largest scale of a base: with it, all sums and products fit.
const MAX_SCALE: i64 = 1_000_000;

fn keep_cheapest(units: u32, basket: &Basket, base: &mut Base) {
    let mut open = Quantity::units(i64::from(units)).0;
    for at in by_price(basket) {
        let all = base.quantities[at].0;
        let taken = all.min(open);
        open -= taken;
        if taken == 0 {
            base.values[at] = Money::ZERO;
        } else if taken < all {
            // The only line of which some units are taken and not all: the next ones find nothing open.
            keep_some(at, taken, all, base);
        }
        base.quantities[at] = Quantity(taken);
    }
}

/// Leaves `taken` of `all` units of a line, and brings all lines to the scale on which its value is exact.
fn keep_some(at: usize, taken: i64, all: i64, base: &mut Base) {
    let common = common_divisor(taken, all);
    let (taken, all) = (taken / common, all / common);
    let fits = |value: &Money| value.0.checked_mul(all).is_some_and(|scaled| scaled <= i64::MAX / MAX_LINES as i64);
    if all <= MAX_SCALE && base.values.iter().all(fits) {
        base.values.iter_mut().for_each(|value| value.0 *= all);
        base.values[at].0 = base.values[at].0 / all * taken;
        base.scale = all;
    } else {
        // Far beyond any basket in a shop, or with thousandths of a unit that divide by nothing: to the minor unit.
        let exact = base.values[at].wide() * i128::from(taken);
        base.values[at] = Money(round_div(exact, i128::from(all)) as i64);
    }
}

const fn common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
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
    let minor = i128::from(Rate::ONE.ppm()) * 10i128.pow(Number::DECIMALS - bundle.currency.exponent());
    // Rates are at most 100 %, so this is at most the value.
    Money(round_div(exact, minor * i128::from(base.scale)) as i64)
}
