//! Numbers and instants as shops write them, read fast.

use chrono::{NaiveDate, NaiveTime};

use crate::money::{Currency, DecimalError, Money, Quantity, UnitPrice, parse_scaled};
use crate::time::{Instant, Zone};

/// Reads a decimal times 10^`scale`. Zeros behind the last decimal that is kept are let pass.
fn scaled(text: &str, scale: u32) -> Result<i64, DecimalError> {
    plain(text, scale).map_or_else(
        || {
            let zeros = text.len() - text.trim_end_matches('0').len();
            let decimals = text.find('.').map_or(0, |dot| text.len() - dot - 1);
            let cut = decimals.saturating_sub(scale as usize).min(zeros);
            let exact = &text[..text.len() - cut];
            let exact = if cut == decimals && cut > 0 { exact.trim_end_matches('.') } else { exact };
            parse_scaled(exact, scale).and_then(|value| i64::try_from(value).map_err(|_| DecimalError::TooLarge))
        },
        Ok,
    )
}

/// The same for what is nearly always written: some digits, no more decimals than are kept.
fn plain(text: &str, scale: u32) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    if digits.is_empty() || digits.len() > 14 {
        return None;
    }
    let mut value = 0i64;
    let mut decimals = None;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(byte - b'0');
                decimals = decimals.map(|count| count + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    let dotted = digits.starts_with('.') || decimals == Some(0);
    let missing = scale.checked_sub(decimals.unwrap_or(0)).filter(|_| !dotted)?;
    // At most 14 digits and 4 more stay below 10^18.
    value *= 10i64.pow(missing);
    Some(if negative { -value } else { value })
}

/// Reads a quantity, also below zero.
pub(super) fn quantity(text: &str) -> Result<Quantity, DecimalError> {
    scaled(text, Quantity::DECIMALS).map(Quantity)
}

/// Reads a unit price.
pub(super) fn unit_price(text: &str) -> Result<UnitPrice, DecimalError> {
    scaled(text, UnitPrice::DECIMALS).map(UnitPrice)
}

/// Reads an amount.
pub(super) fn money(text: &str, currency: Currency) -> Result<Money, DecimalError> {
    scaled(text, currency.exponent()).map(Money)
}

/// Reads instants; rows of one purchase repeat theirs.
#[derive(Debug)]
pub(super) struct Moments {
    zone: Zone,
    last: String,
    read: Option<Instant>,
}

impl Moments {
    pub const fn new(zone: Zone) -> Self {
        Self { zone, last: String::new(), read: None }
    }

    pub fn read(&mut self, text: &str) -> Option<Instant> {
        if self.last != text {
            self.read = plain_local(text).map(|local| self.zone.instant(local));
            if self.read.is_none() {
                self.read = self.zone.parse_instant(text);
            }
            text.clone_into(&mut self.last);
        }
        self.read
    }
}

/// `YYYY-MM-DD HH:MM:SS` without reading a format each time.
fn plain_local(text: &str) -> Option<chrono::NaiveDateTime> {
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
    if bytes.len() != 19 || separators.iter().any(|(at, separator)| bytes[*at] != *separator) {
        return None;
    }
    let number = |from: usize, until: usize| {
        bytes[from..until]
            .iter()
            .try_fold(0u32, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
    };
    let year = i32::try_from(number(0, 4)?).ok().filter(|year| *year > 0)?;
    let day = NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)?;
    Some(day.and_time(NaiveTime::from_hms_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        let check = |text: &str, expect| assert_eq!(scaled(text, 3), expect, "{text}");
        check("6", Ok(6_000));
        check("-12.5", Ok(-12_500));
        check("0.125", Ok(125));
        check("2.5500000", Ok(2_550));
        check("17850.0000", Ok(17_850_000));
        check("1e2", Ok(100_000));
        check("0.1234", Err(DecimalError::TooPrecise(3)));
        check("123456789012345678901", Err(DecimalError::TooLarge));
        for bad in ["", "-", "1,5", ".5", "1.", "1.2.3", "x"] {
            check(bad, Err(DecimalError::Syntax));
        }
    }

    #[test]
    fn instants() {
        let mut moments = Moments::new(Zone::from_name("Europe/London").expect("a zone"));
        let mut check = |text: &str, expect: Option<&str>| {
            assert_eq!(moments.read(text).map(|at| at.to_string()).as_deref(), expect, "{text}");
        };
        check("2011-07-01 08:26:00", Some("2011-07-01T07:26:00Z"));
        check("2011-07-01 08:26:00", Some("2011-07-01T07:26:00Z"));
        check("2010-12-01 08:26", Some("2010-12-01T08:26:00Z"));
        check("2011-07-01", Some("2011-06-30T23:00:00Z"));
        check("2011-07-01T08:26:00+02:00", Some("2011-07-01T06:26:00Z"));
        check("2011-02-29 08:26:00", None);
        check("2011-07-01 24:00:00", None);
        check("0000-07-01 08:26:00", None);
        check("", None);
    }
}
