//! Percentages: exact, 0 % to 100 %, at most four decimals.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::amount::Money;
use super::decimal::{DecimalError, DecimalText, parse_scaled, round_div};

/// A share between 0 % and 100 %, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u32);

impl Rate {
    /// 0 %.
    pub const ZERO: Self = Self(0);
    /// 100 %.
    pub const ONE: Self = Self(1_000_000);

    /// From millionths; `None` above 100 %.
    pub const fn from_ppm(ppm: u32) -> Option<Self> {
        if ppm <= Self::ONE.0 { Some(Self(ppm)) } else { None }
    }

    /// Millionths.
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// Reads `12.5%`; the per cent sign is needed.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let number = text.strip_suffix('%').ok_or(DecimalError::Syntax)?;
        Self::parse_percent(number.trim_end())
    }

    /// Reads `12.5` as 12.5 %.
    pub fn parse_percent(number: &str) -> Result<Self, DecimalError> {
        let ppm = parse_scaled(number, 4)?;
        u32::try_from(ppm).ok().and_then(Self::from_ppm).ok_or(DecimalError::TooLarge)
    }

    /// This share of an amount, rounded half away from zero to the minor unit.
    pub fn of(self, base: Money) -> Money {
        let exact = base.wide() * i128::from(self.0);
        // A share of at most 100 % of an i64 is an i64.
        Money(round_div(exact, i128::from(Self::ONE.0)) as i64)
    }

    /// The largest amount that is at most this share of `base` (of a base not below zero).
    pub fn bound_of(self, base: Money) -> Money {
        Money((base.wide() * i128::from(self.0)).div_euclid(i128::from(Self::ONE.0)) as i64)
    }
}

impl fmt::Display for Rate {
    /// Without needless zeros: `5%`, `12.5%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DecimalText::new(i128::from(self.0), 4).trimmed(4, 0))?;
        f.write_str("%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        for (text, expect) in
            [("5%", "5%"), ("12.5%", "12.5%"), ("0.0001%", "0.0001%"), ("100%", "100%"), ("0%", "0%"), ("10.0%", "10%")]
        {
            assert_eq!(Rate::parse(text).map(|r| r.to_string()), Ok(expect.to_owned()), "{text}");
        }
        assert_eq!(Rate::parse("5"), Err(DecimalError::Syntax));
        assert_eq!(Rate::parse("100.1%"), Err(DecimalError::TooLarge));
        assert_eq!(Rate::parse("-1%"), Err(DecimalError::TooLarge));
        assert_eq!(Rate::parse("1.23456%"), Err(DecimalError::TooPrecise(4)));
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero_and_a_bound_down() {
        let rate = Rate::parse("25%").expect("a rate");
        assert_eq!(rate.of(Money(2)), Money(1));
        assert_eq!(rate.bound_of(Money(2)), Money(0));
        assert_eq!(Rate::parse("5%").expect("a rate").of(Money(9980)), Money(499));
    }
}
