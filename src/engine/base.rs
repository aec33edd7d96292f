//! The part of a basket that a discount looks at.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::price::{Priced, units};
use crate::model::MAX_LINES;
use crate::money::{Currency, Money, Number, Quantity, UnitPrice, round_div};
use crate::policy::{Bundle, Discount};

/// Amounts per line; baskets are small.
pub(super) type PerLine = SmallVec<[Money; 8]>;

/// The part of a basket that a discount looks at.
#[derive(Default)]
pub(super) struct Base {
    /// Value per line, in parts of the minor unit: `scale` of them are one.
    pub values: PerLine,
    /// Eligible quantity per line.
    pub quantities: SmallVec<[Quantity; 8]>,
    pub worth: Worth,
}

/// What an eligible part is worth.
#[derive(Clone, Copy, Default)]
pub(super) struct Worth {
    /// Sum of the values of its lines, on their scale.
    pub total: Money,
    /// Above 1 where some units of a line are eligible and not all: so their value is exact.
    pub scale: i64,
}

impl Base {
    /// Turns into the eligible part of lines that are worth `values`.
    fn fill(&mut self, bundle: &Bundle, rule: usize, priced: &Priced, values: &[Money]) {
        self.values.clear();
        self.quantities.clear();
        self.worth.scale = 1;
        for (line, (value, quantity)) in values.iter().zip(&priced.quantities).enumerate() {
            let counts = priced.passes.hold(rule, line);
            self.values.push(if counts { *value } else { Money::ZERO });
            self.quantities.push(if counts { *quantity } else { Quantity::default() });
        }
        if let Some(units) = cheapest(bundle, rule) {
            keep_cheapest(units, &priced.prices, self);
        }
        self.worth.total = self.values.iter().copied().sum();
    }

    /// Whether no line is eligible.
    pub fn is_empty(&self) -> bool {
        self.quantities.iter().all(|quantity| quantity.0 == 0)
    }

    /// How many units are eligible.
    pub fn quantity(&self) -> Quantity {
        units(&self.quantities)
    }
}

impl Worth {
    /// The value as a number, rounded where only some units of a line are eligible.
    pub fn value(&self, currency: Currency) -> Number {
        let value = Number::money(self.total, currency);
        if self.scale == 1 { value } else { value.average(self.scale) }
    }

    /// `parts / of` of the total, rounded half away from zero to the minor unit.
    pub fn share(&self, parts: i128, of: i128) -> Money {
        // A share of an i64, with parts of at most millions.
        Money(round_div(self.total.wide() * parts, of * i128::from(self.scale)) as i64)
    }

    /// `up / down` minor units, rounded half away from zero, but at most the total.
    pub fn at_most_total(&self, up: i128, down: i128) -> Money {
        let whole = self.share(1, 1);
        match up.checked_mul(i128::from(self.scale)) {
            Some(scaled) if scaled < self.total.wide() * down => Money(round_div(up, down) as i64),
            _ => whole,
        }
    }
}

/// What of the basket, as it was asked about, each rule on lines lets pass; found when first needed.
#[derive(Default)]
pub(super) struct Bases {
    bases: Vec<Base>,
    /// Which of them were looked at.
    known: Vec<bool>,
}

impl Bases {
    /// Nothing was looked at of the next basket.
    pub fn clear(&mut self, bundle: &Bundle) {
        self.bases.resize_with(bundle.eligible.len(), Base::default);
        self.known.clear();
        self.known.resize(bundle.eligible.len(), false);
    }

    /// The part that a discount looks at.
    pub fn of(&mut self, bundle: &Bundle, discount: &Discount, priced: &Priced) -> &Base {
        let rule = discount.lines as usize;
        let (base, known) = (&mut self.bases[rule], &mut self.known[rule]);
        if !std::mem::replace(known, true) {
            base.fill(bundle, rule, priced, &priced.gross);
        }
        base
    }

    /// The same of a discount that was looked at, with lines that are worth `values` by now: these go into a list, line by
    /// line. Eligible quantities, and what all is worth.
    pub fn left<'a>(
        &'a self,
        (bundle, discount, priced): (&Bundle, &Discount, &Priced),
        values: &[Money],
        list: &mut PerLine,
    ) -> (Cow<'a, [Quantity]>, Worth) {
        let known = &self.bases[discount.lines as usize];
        debug_assert!(self.known[discount.lines as usize], "what became an offer was looked at");
        list.clear();
        if values == priced.gross.as_slice() {
            list.extend_from_slice(&known.values);
            return (Cow::Borrowed(&known.quantities), known.worth);
        }
        if cheapest(bundle, discount.lines as usize).is_some() {
            let mut base = Base::default();
            base.fill(bundle, discount.lines as usize, priced, values);
            list.extend_from_slice(&base.values);
            return (Cow::Owned(base.quantities.to_vec()), base.worth);
        }
        let mut total = Money::ZERO;
        for (quantity, value) in known.quantities.iter().zip(values) {
            let value = if quantity.0 > 0 { *value } else { Money::ZERO };
            total += value;
            list.push(value);
        }
        (Cow::Borrowed(&known.quantities), Worth { total, scale: 1 })
    }
}

fn cheapest(bundle: &Bundle, rule: usize) -> Option<u32> {
    bundle.eligible[rule].as_ref().and_then(|eligible| eligible.cheapest)
}

/// Lines in order of their unit price, of equal ones the earlier first.
pub(super) fn by_price(prices: &[UnitPrice]) -> SmallVec<[usize; 8]> {
    let mut order: SmallVec<[usize; 8]> = (0..prices.len()).collect();
    order.sort_by_key(|at| prices[*at]);
    order
}

/// The largest scale of a base: with it, all sums and products fit.
const MAX_SCALE: i64 = 1_000_000;

fn keep_cheapest(units: u32, prices: &[UnitPrice], base: &mut Base) {
    let mut open = Quantity::units(i64::from(units)).0;
    for at in by_price(prices) {
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
        base.worth.scale = all;
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
