//! The value of a metric: money, a count, days or an average, on one exact scale.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::amount::{Currency, Money};
use super::decimal::{DecimalError, DecimalText, parse_scaled, round_div};

/// A fixed-point number with six decimals, wide enough for the sum of any money.
///
/// An average is rounded half away from zero at the sixth decimal; everything else is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "i128", into = "i128")]
// Not on 16 bytes: a decision is made of dozens of numbers that may be absent.
#[repr(Rust, packed(8))]
pub struct Number(pub i128);

impl Number {
    /// Decimals kept.
    pub const DECIMALS: u32 = 6;
    /// Zero.
    pub const ZERO: Self = Self(0);
    const ONE: i128 = 1_000_000;

    /// A whole number.
    pub const fn int(value: i64) -> Self {
        Self(value as i128 * Self::ONE)
    }

    /// An amount in major units.
    pub fn money(value: Money, currency: Currency) -> Self {
        Self(value.wide() * Self::of_minor(currency))
    }

    /// How many millionths one minor unit has.
    pub const fn of_minor(currency: Currency) -> i128 {
        const POWERS: [i64; Number::DECIMALS as usize + 1] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
        POWERS[(Self::DECIMALS - currency.exponent()) as usize] as i128
    }

    /// The amount this number states, rounded half away from zero to the minor unit; `None` beyond i64.
    pub fn to_money(self, currency: Currency) -> Option<Money> {
        Money::from_wide(round_div(self.0, Self::of_minor(currency)))
    }

    /// `self / count`, rounded half away from zero at the sixth decimal. The count is above zero.
    pub const fn average(self, count: i64) -> Self {
        Self(round_div(self.0, count as i128))
    }

    /// Reads a decimal with up to six decimals.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let scaled = parse_scaled(text, Self::DECIMALS)?;
        // Sums of i64 minor units stay far below this, so arithmetic on numbers cannot overflow.
        if scaled.unsigned_abs() > 1 << 100 { Err(DecimalError::TooLarge) } else { Ok(Self(scaled)) }
    }

    /// As a script sees it.
    pub fn to_decimal(self) -> Decimal {
        // Decimal holds 96 bits: sums of i64 money fit; anything wider is pinned to the largest there is.
        Decimal::try_from_i128_with_scale(self.0, Self::DECIMALS)
            .unwrap_or(if self.0 < 0 { Decimal::MIN } else { Decimal::MAX })
            .normalize()
    }
}

impl From<i128> for Number {
    fn from(millionths: i128) -> Self {
        Self(millionths)
    }
}

impl From<Number> for i128 {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl fmt::Display for Number {
    /// Without needless zeros: `12`, `4.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DecimalText::new(self.0, Self::DECIMALS).trimmed(Self::DECIMALS, 0))
    }
}

impl std::ops::Add for Number {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Number {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_plainly() {
        assert_eq!(Number::int(12).to_string(), "12");
        assert_eq!(Number(4_250_000).to_string(), "4.25");
        assert_eq!(Number::int(100).to_string(), "100");
        assert_eq!(Number::int(10).average(3).to_string(), "3.333333");
        assert_eq!(Number(-500_000).to_string(), "-0.5");
    }

    #[test]
    fn scripts_see_the_same_value() {
        assert_eq!(Number(4_250_000).to_decimal().to_string(), "4.25");
        assert_eq!(Number::int(180).to_decimal().to_string(), "180");
    }
}
