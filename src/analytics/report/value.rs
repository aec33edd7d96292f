//! Numbers of reports: decimal strings with fixed places, and never a binary fraction's noise.

use std::fmt;

use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::money::{Currency, DecimalText, Money, Number, round_div};

/// A share of a whole, in millionths: `0.732541`. It may be below 0 or above 1 where parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Share(pub i64);

/// A decimal with fixed places: money with those of its currency, anything else with six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figure {
    scaled: i128,
    places: u8,
}

impl Share {
    /// Millionths of the whole.
    pub const WHOLE: i64 = 1_000_000;

    /// `part / whole`, rounded half away from zero; absent where the whole is not above zero.
    pub fn of(part: i128, whole: i128) -> Option<Self> {
        let scaled = part.checked_mul(i128::from(Self::WHOLE));
        // What is too wide for millionths has digits to spare.
        let (scaled, whole) = scaled.map_or_else(|| (part, whole / i128::from(Self::WHOLE)), |scaled| (scaled, whole));
        (whole > 0).then(|| Self(round_div(scaled, whole).try_into().unwrap_or(i64::MAX)))
    }

    /// A share that was computed in floating point; absent where that is no number.
    pub fn of_f64(value: f64) -> Option<Self> {
        Figure::of_f64(value).map(|figure| Self(figure.scaled.try_into().unwrap_or(i64::MAX)))
    }

    /// For drawing.
    #[expect(clippy::float_arithmetic, reason = "a place on a picture")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::WHOLE as f64
    }

    /// In per cent with two places, for people: `73.25 %`.
    pub fn percent(self) -> String {
        format!("{} %", DecimalText::new(round_div(i128::from(self.0), 100), 2))
    }
}

impl Figure {
    const PLACES: u8 = Number::DECIMALS as u8;

    /// An amount.
    pub fn money(amount: Money, currency: Currency) -> Self {
        Self::cash(amount.wide(), currency)
    }

    /// An amount in minor units, however large.
    pub fn cash(minor: i128, currency: Currency) -> Self {
        Self { scaled: minor, places: currency.exponent() as u8 }
    }

    /// A number with six places.
    pub const fn number(value: Number) -> Self {
        Self { scaled: value.0, places: Self::PLACES }
    }

    /// A number with so many places, rounded half away from zero.
    pub fn rounded(value: Number, places: u32) -> Self {
        Self::number(value).to_places(places.min(Number::DECIMALS) as u8)
    }

    /// `sum / count`, with the places of an amount; absent where there is nothing to share.
    pub fn average_cash(minor: i128, count: u64, currency: Currency) -> Option<Self> {
        Self::cash(minor, currency).shared_by(count)
    }

    /// `part / whole` with six places; absent where the whole is not above zero.
    pub fn ratio(part: i128, whole: i128) -> Option<Self> {
        (whole > 0).then(|| Self { scaled: round_div(part * 1_000_000, whole), places: Self::PLACES })
    }

    /// The same with fewer places, rounded half away from zero.
    pub fn to_places(self, places: u8) -> Self {
        let places = places.min(self.places);
        let factor = 10i128.pow(u32::from(self.places - places));
        Self { scaled: round_div(self.scaled, factor), places }
    }

    /// An estimate that was computed in floating point, rounded to six places; absent where it is no number.
    #[expect(clippy::float_arithmetic, reason = "what is estimated is rounded here, once")]
    pub fn of_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self { scaled: (value * 1e6).round() as i128, places: Self::PLACES })
    }

    /// What each of so many gets of it, with the same places; absent where there is nobody.
    pub fn shared_by(self, count: u64) -> Option<Self> {
        (count > 0).then(|| Self { scaled: round_div(self.scaled, i128::from(count)), ..self })
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.scaled == 0
    }

    /// For drawing.
    #[expect(clippy::float_arithmetic, reason = "a place on a picture")]
    pub fn as_f64(self) -> f64 {
        self.scaled as f64 / 10f64.powi(i32::from(self.places))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DecimalText::new(i128::from(self.0), 6))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DecimalText::new(self.scaled, u32::from(self.places)))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn decimal(says: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .pattern(Some(r"^-?\d+(\.\d+)?$"))
        .description(Some(says))
        .examples([example])
        .into()
}

impl PartialSchema for Share {
    fn schema() -> RefOr<Schema> {
        decimal("A share of a whole as a decimal with six places; 1 is all of it.", "0.732541")
    }
}

impl ToSchema for Share {
    fn name() -> std::borrow::Cow<'static, str> {
        "Share".into()
    }
}

impl PartialSchema for Figure {
    fn schema() -> RefOr<Schema> {
        decimal("A decimal: money with the places of its currency, anything else with six.", "1480.25")
    }
}

impl ToSchema for Figure {
    fn name() -> std::borrow::Cow<'static, str> {
        "Figure".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_fixed_places() {
        let share = |part, whole| Share::of(part, whole).map(|share| share.to_string());
        assert_eq!(share(2, 3).as_deref(), Some("0.666667"));
        assert_eq!(share(-1, 4).as_deref(), Some("-0.250000"));
        assert_eq!(share(1, 0), None);
        assert_eq!(share(i128::MAX / 2, i128::MAX).as_deref(), Some("0.500000"));
        assert_eq!(Share(732_549).percent(), "73.25 %");
        assert_eq!(Share(-57_143).percent(), "-5.71 %");
        let euro = Currency::from_code("EUR").expect("a currency");
        assert_eq!(Figure::money(Money(1990), euro).to_string(), "19.90");
        assert_eq!(Figure::number(Number::int(3)).to_string(), "3.000000");
        assert_eq!(Figure::rounded(Number(2_345_000), 2).to_string(), "2.35");
        assert_eq!(Figure::of_f64(0.1 + 0.2).map(|f| f.to_string()).as_deref(), Some("0.300000"));
        assert_eq!(Figure::of_f64(f64::NAN), None);
        assert_eq!(Figure::average_cash(100, 3, euro).map(|f| f.to_string()).as_deref(), Some("0.33"));
    }
}
