//! A basket's lines in money, and which rules on lines they pass: all of them that discounts look at but codes and points.

use smallvec::SmallVec;
use thiserror::Error;

use crate::model::{Basket, Line, MAX_LINES};
use crate::money::{Money, Quantity, UnitPrice};
use crate::policy::Bundle;

/// The largest value or cost of a basket, in minor units: ten trillion euros.
pub const MAX_BASKET: Money = Money(1_000_000_000_000_000);

/// What the lines of a basket are worth and cost under a bundle, and which of its rules they pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Priced {
    /// Quantity × unit price of each line.
    pub gross: SmallVec<[Money; 8]>,
    /// Cost of goods of each line.
    pub cost: SmallVec<[Money; 8]>,
    /// Sum of gross.
    pub total: Money,
    /// How many units each line has.
    pub quantities: SmallVec<[Quantity; 8]>,
    /// The price of one unit on each line.
    pub prices: SmallVec<[UnitPrice; 8]>,
    /// Which of the bundle's rules on lines each line passes.
    pub passes: Passes,
}

impl Priced {
    /// Takes in a line of the basket that is worth and costs so much.
    pub fn push(&mut self, bundle: &Bundle, line: &Line, gross: Money, cost: Money) {
        self.push_priced(line.quantity, line.unit_price, gross, cost);
        self.passes.push(bundle, &line.sku, line.category.as_deref(), &line.tags);
    }

    /// The same without looking at rules.
    pub fn push_priced(&mut self, quantity: Quantity, price: UnitPrice, gross: Money, cost: Money) {
        self.gross.push(gross);
        self.cost.push(cost);
        self.total += gross;
        self.quantities.push(quantity);
        self.prices.push(price);
    }

    /// Leaves no line.
    pub fn clear(&mut self) {
        self.gross.clear();
        self.cost.clear();
        self.total = Money::ZERO;
        self.quantities.clear();
        self.prices.clear();
        self.passes.clear();
    }

    /// How many units the basket has.
    pub(super) fn quantity(&self) -> Quantity {
        units(&self.quantities)
    }
}

/// How many units there are in all.
pub(super) fn units(quantities: &[Quantity]) -> Quantity {
    Quantity(quantities.iter().fold(0, |sum, quantity| sum.saturating_add(quantity.0)))
}

/// Which of a bundle's rules on lines each of some lines passes: of each line a bit per rule behind that of all lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passes {
    /// How many words a line has.
    words: usize,
    bits: SmallVec<[u64; 8]>,
}

impl Passes {
    /// Looks at one more line.
    pub fn push(&mut self, bundle: &Bundle, sku: &str, category: Option<&str>, tags: &[Box<str>]) {
        let (_, rules) = bundle.eligible.split_at(1.min(bundle.eligible.len()));
        self.words = rules.len().div_ceil(64);
        for rules in rules.chunks(64) {
            let passes = rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| rule.as_ref().is_none_or(|rule| rule.filter.matches(sku, category, tags)));
            self.bits.push(passes.fold(0, |bits, (at, _)| bits | (1 << at)));
        }
    }

    /// Takes over a line that was looked at before.
    pub fn copy(&mut self, known: &Self, line: usize) {
        self.words = known.words;
        self.bits.extend_from_slice(&known.bits[line * known.words..(line + 1) * known.words]);
    }

    /// Leaves no line.
    pub fn clear(&mut self) {
        self.bits.clear();
    }

    /// Whether a line passes the rule with this place.
    pub(super) fn hold(&self, rule: usize, line: usize) -> bool {
        let Some(bit) = rule.checked_sub(1) else { return true };
        self.bits[line * self.words + bit / 64] >> (bit % 64) & 1 == 1
    }
}

/// Why a basket cannot be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PriceError {
    /// No lines.
    #[error("a basket needs at least one line")]
    Empty,
    /// More than [`MAX_LINES`] lines.
    #[error("more than {MAX_LINES} lines")]
    TooManyLines,
    /// A line, or all together, beyond [`MAX_BASKET`].
    #[error("the amount of line {0} is out of range")]
    OutOfRange(usize),
}

/// Prices the lines and looks at the bundle's rules on them: gross and cost are rounded half away from zero to the minor unit, per line.
pub fn price(bundle: &Bundle, basket: &Basket) -> Result<Priced, PriceError> {
    match basket.lines.len() {
        0 => return Err(PriceError::Empty),
        1..=MAX_LINES => {}
        _ => return Err(PriceError::TooManyLines),
    }
    let mut priced = Priced::default();
    let mut cost_total = Money::ZERO;
    for (at, line) in basket.lines.iter().enumerate() {
        let within = |money: Option<Money>| {
            money.filter(|m| (Money::ZERO..=MAX_BASKET).contains(m)).ok_or(PriceError::OutOfRange(at))
        };
        let gross = within(line.unit_price.times(line.quantity, bundle.currency))?;
        let cost = within(cost_of(bundle, line))?;
        cost_total = within(Some(cost_total + cost))?;
        within(Some(priced.total + gross))?;
        priced.push(bundle, line, gross, cost);
    }
    Ok(priced)
}

fn cost_of(bundle: &Bundle, line: &Line) -> Option<Money> {
    match (line.unit_cost, bundle.default_margin) {
        (Some(cost), _) => cost.times(line.quantity, bundle.currency),
        (None, Some(margin)) => line.unit_price.times_less(line.quantity, margin, bundle.currency),
        (None, None) => Some(Money::ZERO),
    }
}
