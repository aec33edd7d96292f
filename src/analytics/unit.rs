//! How the values of a metric are shown.

use super::report::Figure;
use crate::metric::Measure;
use crate::money::{Currency, Number, round_div};

/// What the values of a metric are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Amounts of this currency.
    Money(Currency),
    /// Anything else.
    Number,
}

impl Unit {
    /// The unit of a measure.
    pub const fn of(measure: Measure, currency: Currency) -> Self {
        if measure.is_money() { Self::Money(currency) } else { Self::Number }
    }

    /// A value, or a sum of values however large.
    pub fn figure(self, value: Number) -> Figure {
        match self {
            Self::Money(currency) => Figure::cash(round_div(value.0, Number::of_minor(currency)), currency),
            Self::Number => Figure::number(value),
        }
    }

    /// `sum / count`; absent where there is nothing to share.
    pub fn average(self, sum: Number, count: u64) -> Option<Figure> {
        (count > 0).then(|| self.figure(Number(round_div(sum.0, i128::from(count)))))
    }
}
