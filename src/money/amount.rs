//! Money in minor units, unit prices, quantities, and the currency that gives the minor unit its size.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use super::decimal::{DecimalError, DecimalText, parse_scaled, round_div};
use super::rate::Rate;

/// An ISO 4217 currency: its code and how many decimals its minor unit has (EUR 2, JPY 0, KWD 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    /// The currency with this ISO 4217 code, if there is one with a minor unit.
    pub fn from_code(code: &str) -> Option<Self> {
        let known = iso_currency::Currency::from_code(code)?;
        let exponent = u8::try_from(known.exponent()?).ok().filter(|e| *e <= 4)?;
        Some(Self { code: code.as_bytes().try_into().ok()?, exponent })
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// Decimals of the minor unit.
    pub const fn exponent(&self) -> u32 {
        self.exponent as u32
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in minor units of the bundle's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads a decimal with at most as many decimals as the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, DecimalError> {
        let scaled = parse_scaled(text, currency.exponent())?;
        i64::try_from(scaled).map(Self).map_err(|_| DecimalError::TooLarge)
    }

    /// The decimal text with all the decimals of the currency: `19.90`.
    pub fn format(self, currency: Currency) -> String {
        self.text(currency).to_string()
    }

    /// The same, made in place.
    pub fn text(self, currency: Currency) -> DecimalText {
        DecimalText::new(i128::from(self.0), currency.exponent())
    }

    /// The smaller of both.
    pub fn at_most(self, other: Self) -> Self {
        self.min(other)
    }

    /// Narrows a wide intermediate result.
    pub fn from_wide(value: i128) -> Option<Self> {
        i64::try_from(value).ok().map(Self)
    }

    /// Wide, for intermediate results.
    pub const fn wide(self) -> i128 {
        self.0 as i128
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

/// The price or cost of one unit, in 1/10,000 of the currency's major unit, whatever the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitPrice(pub i64);

impl UnitPrice {
    /// Decimals of a unit price.
    pub const DECIMALS: u32 = 4;

    /// Reads a decimal with up to four decimals.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let scaled = parse_scaled(text, Self::DECIMALS)?;
        i64::try_from(scaled).map(Self).map_err(|_| DecimalError::TooLarge)
    }

    /// The decimal text, with the currency's decimals at least and no needless zeros beyond them.
    pub fn format(self, currency: Currency) -> String {
        DecimalText::new(i128::from(self.0), Self::DECIMALS).trimmed(Self::DECIMALS, currency.exponent()).to_string()
    }

    /// `quantity × price`, rounded half away from zero to the minor unit; `None` beyond what money can hold.
    pub fn times(self, quantity: Quantity, currency: Currency) -> Option<Money> {
        self.scaled_times(quantity, 1, 1, currency)
    }

    /// Like [`UnitPrice::times`], less the share `margin`: what a line costs that states no unit cost.
    pub fn times_less(self, quantity: Quantity, margin: Rate, currency: Currency) -> Option<Money> {
        let whole = i128::from(Rate::ONE.ppm());
        self.scaled_times(quantity, whole - i128::from(margin.ppm()), whole, currency)
    }

    fn scaled_times(self, quantity: Quantity, up: i128, down: i128, currency: Currency) -> Option<Money> {
        let exact = i128::from(self.0).checked_mul(i128::from(quantity.0))?.checked_mul(up)?;
        let decimals = Self::DECIMALS + Quantity::DECIMALS - currency.exponent();
        Money::from_wide(round_div(exact, 10i128.pow(decimals) * down))
    }
}

/// How many units: thousandths, above zero wherever somebody buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(pub i64);

impl Quantity {
    /// Decimals of a quantity.
    pub const DECIMALS: u32 = 3;
    /// One unit.
    pub const ONE: Self = Self(1000);

    /// Reads a decimal with up to three decimals.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let scaled = parse_scaled(text, Self::DECIMALS)?;
        i64::try_from(scaled).map(Self).map_err(|_| DecimalError::TooLarge)
    }

    /// Whole units.
    pub fn units(count: i64) -> Self {
        Self(count.saturating_mul(1000))
    }
}

impl fmt::Display for Quantity {
    /// Without needless zeros: `2`, `0.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DecimalText::new(i128::from(self.0), Self::DECIMALS).trimmed(Self::DECIMALS, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).expect("a currency of the standard")
    }

    #[test]
    fn knows_the_exponents_of_the_standard() {
        for (code, exponent) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("USD", 2)] {
            assert_eq!(currency(code).exponent(), exponent, "{code}");
        }
        assert_eq!(Currency::from_code("EURO"), None);
        assert_eq!(Currency::from_code("XXQ"), None);
    }

    #[test]
    fn a_line_is_rounded_once() {
        let check = |price: &str, quantity: &str, code: &str, expect: &str| {
            let price = UnitPrice::parse(price).expect("a price");
            let quantity = Quantity::parse(quantity).expect("a quantity");
            let money = price.times(quantity, currency(code)).expect("in range");
            assert_eq!(money.format(currency(code)), expect);
        };
        check("49.90", "2", "EUR", "99.80");
        check("0.3333", "3", "EUR", "1.00");
        check("0.005", "1", "EUR", "0.01");
        check("1.4999", "1", "JPY", "1");
        check("1.5", "1", "JPY", "2");
        check("2.5", "0.333", "KWD", "0.833");
        check("0.12345".get(..6).unwrap_or_default(), "10", "EUR", "1.23");
    }

    #[test]
    fn overflow_is_none() {
        let huge = UnitPrice(i64::MAX);
        assert_eq!(huge.times(Quantity(i64::MAX), currency("EUR")), None);
    }

    #[test]
    fn prices_and_quantities_print_without_needless_zeros() {
        assert_eq!(UnitPrice(499_000).format(currency("EUR")), "49.90");
        assert_eq!(UnitPrice(123_450).format(currency("EUR")), "12.345");
        assert_eq!(UnitPrice(50_000).format(currency("JPY")), "5");
        assert_eq!(Quantity(2000).to_string(), "2");
        assert_eq!(Quantity(500).to_string(), "0.5");
    }
}
