//! Decimals in JSON, exactly as they were written.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A decimal in JSON: the text of a number, or the content of a string, as it was written. Not yet read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact<'a>(pub &'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Exact<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes() {
            [b'"', .., b'"'] if !raw.contains('\\') => Ok(Self(&raw[1..raw.len() - 1])),
            [b'-' | b'0'..=b'9', ..] => Ok(Self(raw)),
            _ => Err(D::Error::custom("expected a decimal, as a string or a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_stays_as_it_is() {
        let check = |json: &str, expect: Option<&str>| {
            let read = serde_json::from_str::<Exact<'_>>(json).ok().map(|exact| exact.0);
            assert_eq!(read, expect, "{json}");
        };
        check("19.90", Some("19.90"));
        check("-0.10", Some("-0.10"));
        check("1e2", Some("1e2"));
        check("\"19.90\"", Some("19.90"));
        check("\"\"", Some(""));
        check("\"\\u0031\"", None);
        for other in ["null", "true", "[1]", "{}"] {
            check(other, None);
        }
    }
}
