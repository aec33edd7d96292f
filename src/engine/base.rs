//! The part of a basket that a discount looks at.

use smallvec::SmallVec;

use super::price::Priced;
use crate::model::{Basket, Line, MAX_LINES};
use crate::money::{Currency, Money, Number, Quantity, round_div};
use crate::policy::{Bundle, Discount, Eligible};

/// Amounts per line; baskets are small.
pub(super) type PerLine = SmallVec<[Money; 8]>;

/// The part of a basket that a discount looks at.
#[derive(Clone, Default)]
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
    /// Turns into the eligible part of lines that are worth `values`.
    fn fill(&mut self, eligible: Option<&Eligible>, basket: &Basket, values: &[Money]) {
        self.values.clear();
        self.quantities.clear();
        self.scale = 1;
        for (line, value) in basket.lines.iter().zip(values) {
            let counts = eligible.is_none_or(|eligible| matches(eligible, line));
            self.values.push(if counts { *value } else { Money::ZERO });
            self.quantities.push(if counts { line.quantity } else { Quantity::default() });
        }
        if let Some(units) = eligible.and_then(|eligible| eligible.cheapest) {
            keep_cheapest(units, basket, self);
        }
        self.total = self.values.iter().copied().sum();
    }

    /// Whether no line is eligible.
    pub fn is_empty(&self) -> bool {
        self.quantities.iter().all(|quantity| quantity.0 == 0)
    }

    /// The value as a number, rounded where only some units of a line are eligible.
    pub fn value(&self, currency: Currency) -> Number {
        let value = Number::money(self.total, currency);
        if self.scale == 1 { value } else { value.average(self.scale) }
    }

    /// How many units are eligible.
    pub fn quantity(&self) -> Quantity {
        Quantity(self.quantities.iter().fold(0, |sum, quantity| sum.saturating_add(quantity.0)))
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
    bases: SmallVec<[Base; 6]>,
    /// Which of them were looked at.
    known: SmallVec<[bool; 16]>,
}

impl Bases {
    pub fn new(bundle: &Bundle) -> Self {
        let mut bases = Self::default();
        bases.clear(bundle);
        bases
    }

    /// Nothing was looked at of the next basket.
    pub fn clear(&mut self, bundle: &Bundle) {
        self.bases.resize_with(usize::from(bundle.bases), Base::default);
        self.known.clear();
        self.known.resize(usize::from(bundle.bases), false);
    }

    /// The part that a discount looks at.
    pub fn of(&mut self, discount: &Discount, basket: &Basket, priced: &Priced) -> &Base {
        let (base, known) = (&mut self.bases[discount.base as usize], &mut self.known[discount.base as usize]);
        if !std::mem::replace(known, true) {
            base.fill(discount.lines.as_ref(), basket, &priced.gross);
        }
        base
    }

    /// The same where it was looked at before.
    pub fn known(&self, discount: &Discount) -> Option<&Base> {
        self.known[discount.base as usize].then(|| &self.bases[discount.base as usize])
    }
}

/// The eligible part of lines that are worth `values`.
pub(super) fn base(eligible: Option<&Eligible>, basket: &Basket, values: &[Money]) -> Base {
    let mut base = Base::default();
    base.fill(eligible, basket, values);
    base
}

/// The same part of lines that are worth less by now.
pub(super) fn rebased(known: &Base, eligible: Option<&Eligible>, basket: &Basket, values: &[Money]) -> Base {
    if eligible.is_some_and(|eligible| eligible.cheapest.is_some()) {
        return base(eligible, basket, values);
    }
    let counts = |(quantity, value): (&Quantity, &Money)| if quantity.0 > 0 { *value } else { Money::ZERO };
    let values: PerLine = known.quantities.iter().zip(values).map(counts).collect();
    let total = values.iter().copied().sum();
    Base { values, quantities: SmallVec::from_slice(&known.quantities), total, scale: 1 }
}

fn matches(eligible: &Eligible, line: &Line) -> bool {
    eligible.filter.matches(&line.sku, line.category.as_deref(), &line.tags)
}

/// Lines in order of their unit price, of equal ones the earlier first.
pub(super) fn by_price(basket: &Basket) -> SmallVec<[usize; 8]> {
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
