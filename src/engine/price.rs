//! A basket's lines in money.

use smallvec::SmallVec;
use thiserror::Error;

use crate::model::{Basket, Line, MAX_LINES};
use crate::money::Money;
use crate::policy::Bundle;

/// The largest value or cost of a basket, in minor units: ten trillion euros.
pub const MAX_BASKET: Money = Money(1_000_000_000_000_000);

/// What the lines of a basket are worth and cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Priced {
    /// Quantity × unit price of each line.
    pub gross: SmallVec<[Money; 8]>,
    /// Cost of goods of each line.
    pub cost: SmallVec<[Money; 8]>,
    /// Sum of gross.
    pub total: Money,
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

/// Prices the lines: gross and cost are rounded half away from zero to the minor unit, per line.
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
        priced.total = within(Some(priced.total + gross))?;
        cost_total = within(Some(cost_total + cost))?;
        priced.gross.push(gross);
        priced.cost.push(cost);
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
