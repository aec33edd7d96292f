//! Scalars: decimals come in as strings or numbers and are read exactly; money goes out as a decimal string.

use std::fmt::{Display, Write};

use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::problem::{Invalid, Problem};
use crate::money::{Currency, DecimalText, Exact, Money};
use crate::time::Instant;

impl PartialSchema for Exact<'_> {
    fn schema() -> RefOr<Schema> {
        let string = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).pattern(Some(r"^\d+(\.\d+)?$"));
        let number = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Number)).minimum(Some(0));
        let decimal = OneOfBuilder::new().item(string).item(number);
        decimal.description(Some("A decimal, not below 0: a string, or a number that is read exactly.")).into()
    }
}

impl ToSchema for Exact<'_> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }
}

/// Money in an answer: a decimal string with the currency's decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cash {
    minor: i64,
    exponent: u8,
}

impl Cash {
    /// This amount in this currency.
    pub fn new(money: Money, currency: Currency) -> Self {
        Self { minor: money.0, exponent: currency.exponent() as u8 }
    }
}

impl Serialize for Cash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&DecimalText::new(i128::from(self.minor), u32::from(self.exponent)))
    }
}

impl PartialSchema for Cash {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .pattern(Some(r"^-?\d+(\.\d+)?$"))
            .description(Some("An amount with the decimals of the currency."))
            .examples(["19.90"])
            .into()
    }
}

impl ToSchema for Cash {
    fn name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
}

/// Anything that is answered as the text it shows: instants, revisions, rates, quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<T> PartialSchema for Shown<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).into()
    }
}

impl<T> ToSchema for Shown<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }
}

/// Mistakes found in a body, each with the JSON pointer of its place.
#[derive(Debug, Default)]
pub struct Invalids(Vec<Invalid>);

impl Invalids {
    /// Notes a mistake.
    pub fn push(&mut self, pointer: impl Display, detail: impl Display) {
        // A body of thousands of wrong lines is answered with the first hundred.
        if self.0.len() < 100 {
            self.0.push(Invalid { pointer: pointer.to_string(), detail: detail.to_string() });
        }
    }

    /// Keeps a value, or notes why there is none.
    pub fn keep<T: Default, E: Display>(&mut self, pointer: impl Display, value: Result<T, E>) -> T {
        value.unwrap_or_else(|error| {
            self.push(pointer, error);
            T::default()
        })
    }

    /// The problem, if there is any mistake.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

/// A hash of what a request says, whatever its spelling: tells the same request from another with the same id.
pub fn wide_request_hash(content: &impl Serialize) -> [u8; 32] {
    // Plain data: writing it into memory cannot fail.
    *blake3::hash(&postcard::to_stdvec(content).unwrap_or_default()).as_bytes()
}

/// The first half of that hash, which is plenty within one id.
pub fn request_hash(content: &impl Serialize) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&wide_request_hash(content)[..16]);
    half
}

/// Reads an instant of a request: RFC 3339.
pub fn read_instant(text: &str) -> Result<Instant, String> {
    Instant::parse_rfc3339(text).ok_or_else(|| {
        let mut detail = String::from("expected an instant such as `2026-03-01T11:00:00Z`, found `");
        let _ = write!(detail, "{}`", text.chars().take(40).collect::<String>());
        detail
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_decimals() {
        let check = |minor, code, expect: &str| {
            let currency = Currency::from_code(code).expect("a currency");
            let text = serde_json::to_string(&Cash::new(Money(minor), currency)).expect("a string");
            assert_eq!(text, format!("\"{expect}\""));
        };
        check(1990, "EUR", "19.90");
        check(5, "EUR", "0.05");
        check(0, "EUR", "0.00");
        check(-5, "EUR", "-0.05");
        check(7, "JPY", "7");
        check(0, "JPY", "0");
        check(1234, "KWD", "1.234");
        check(i64::MIN, "KWD", "-9223372036854775.808");
    }
}
