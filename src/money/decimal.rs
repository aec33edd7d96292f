//! Decimal text to scaled integers and back, and the one rounding rule.

use std::fmt;

use thiserror::Error;

/// Why a text is not a decimal of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// The text is not a number at all.
    #[error("not a decimal number")]
    Syntax,
    /// More decimals were written than the kind of value has.
    #[error("more than {0} decimals")]
    TooPrecise(u32),
    /// The value does not fit.
    #[error("out of range")]
    TooLarge,
}

const MAX_TEXT: usize = 64;

/// Reads `text` as a decimal and returns its value times 10^`scale`, exactly.
///
/// An exponent (`1e3`, as JSON allows it) is read exactly too. More written decimals than `scale` is an error,
/// even when they are zeros.
pub fn parse_scaled(text: &str, scale: u32) -> Result<i128, DecimalError> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err(if text.is_empty() { DecimalError::Syntax } else { DecimalError::TooLarge });
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => {
            let exponent: i32 = text[at + 1..].parse().map_err(|_| DecimalError::Syntax)?;
            (&text[..at], exponent)
        }
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let dotted = digits.len() != whole.len();
    if whole.is_empty() || (dotted && fraction.is_empty()) {
        return Err(DecimalError::Syntax);
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return Err(DecimalError::Syntax);
        }
        value =
            value.checked_mul(10).and_then(|v| v.checked_add(i128::from(byte - b'0'))).ok_or(DecimalError::TooLarge)?;
    }
    let decimals = i64::try_from(fraction.len()).map_err(|_| DecimalError::TooLarge)? - i64::from(exponent);
    let missing = i64::from(scale) - decimals;
    if missing < 0 {
        return Err(DecimalError::TooPrecise(scale));
    }
    if value != 0 {
        let missing = u32::try_from(missing).map_err(|_| DecimalError::TooLarge)?;
        let factor = 10i128.checked_pow(missing).ok_or(DecimalError::TooLarge)?;
        value = value.checked_mul(factor).ok_or(DecimalError::TooLarge)?;
    }
    Ok(if negative { -value } else { value })
}

/// A decimal as text, made in place: a decision is shown with dozens of them.
#[derive(Clone, Copy)]
pub struct DecimalText {
    /// Filled from its end: it holds the 39 digits of any `i128`, its sign and its point.
    buffer: [u8; Self::SIZE],
    start: u8,
    end: u8,
}

impl DecimalText {
    const SIZE: usize = 48;
    /// The most decimals.
    const MOST: u32 = 38;

    /// `value / 10^scale` with all its decimals; there are at most 38 of them.
    pub fn new(value: i128, scale: u32) -> Self {
        let mut text = Self { buffer: [b'0'; Self::SIZE], start: Self::SIZE as u8, end: Self::SIZE as u8 };
        let scale = scale.min(Self::MOST);
        let mut wide = value.unsigned_abs();
        let mut digits = 0;
        // Nearly every number fits 64 bits, and dividing is much faster there.
        while wide > u128::from(u64::MAX) {
            text.digit((wide % 10) as u8, &mut digits, scale);
            wide /= 10;
        }
        let mut rest = wide as u64;
        while rest > 0 || digits <= scale {
            text.digit((rest % 10) as u8, &mut digits, scale);
            rest /= 10;
        }
        if value < 0 {
            text.push(b'-');
        }
        text
    }

    /// The same without needless zeros behind the point, and without the point where nothing is left behind it; `keep`
    /// decimals stay in any case.
    pub fn trimmed(mut self, scale: u32, keep: u32) -> Self {
        for _ in keep..scale.min(Self::MOST) {
            if self.buffer[usize::from(self.end) - 1] != b'0' {
                return self;
            }
            self.end -= 1;
        }
        self.end -= u8::from(self.buffer[usize::from(self.end) - 1] == b'.');
        self
    }

    fn digit(&mut self, digit: u8, digits: &mut u32, scale: u32) {
        if *digits == scale && scale > 0 {
            self.push(b'.');
        }
        self.push(b'0' + digit);
        *digits += 1;
    }

    fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.buffer[usize::from(self.start)] = byte;
    }
}

impl std::ops::Deref for DecimalText {
    type Target = str;

    fn deref(&self) -> &str {
        // Digits, a sign and a point.
        std::str::from_utf8(&self.buffer[usize::from(self.start)..usize::from(self.end)]).unwrap_or("?")
    }
}

impl fmt::Display for DecimalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

/// `numerator / denominator`, rounded half away from zero. The denominator is positive.
pub const fn round_div(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = div_rem(numerator, denominator);
    let half = denominator / 2;
    // An odd denominator has no exact half, so `> half` is right for it; an even one rounds its half up.
    let up = if denominator % 2 == 0 { remainder.abs() >= half } else { remainder.abs() > half };
    if !up {
        quotient
    } else if numerator < 0 {
        quotient - 1
    } else {
        quotient + 1
    }
}

/// Quotient and remainder. Nearly everything fits 64 bits, and dividing is much faster there.
pub const fn div_rem(numerator: i128, denominator: i128) -> (i128, i128) {
    if numerator as i64 as i128 == numerator && denominator as i64 as i128 == denominator {
        let (numerator, denominator) = (numerator as i64, denominator as i64);
        ((numerator / denominator) as i128, (numerator % denominator) as i128)
    } else {
        (numerator / denominator, numerator % denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_exactly() {
        let check = |text: &str, scale, expect| assert_eq!(parse_scaled(text, scale), expect, "{text}");
        check("19.90", 2, Ok(1990));
        check("-0.5", 2, Ok(-50));
        check("1e2", 2, Ok(10000));
        check("1.5e1", 0, Ok(15));
        check("1e-2", 2, Ok(1));
        check("0e99", 2, Ok(0));
        check("0.001", 2, Err(DecimalError::TooPrecise(2)));
        check("1.000", 2, Err(DecimalError::TooPrecise(2)));
        check("1e60", 2, Err(DecimalError::TooLarge));
        check("1e2147483647", 2, Err(DecimalError::TooLarge));
        for bad in ["", ".", "1.", ".5", "+1", "NaN", "1_0", "0x1", "1e", "e1", "--1", "١"] {
            check(bad, 2, Err(DecimalError::Syntax));
        }
    }

    #[test]
    fn rounds_half_away_from_zero() {
        let check = |n, d, expect| assert_eq!(round_div(n, d), expect, "{n}/{d}");
        check(5, 10, 1);
        check(-5, 10, -1);
        check(4, 10, 0);
        check(1, 3, 0);
        check(2, 3, 1);
        check(-2, 3, -1);
        check(7, 1, 7);
        check(3, 2, 2);
    }

    #[test]
    fn writes_what_it_read() {
        let check = |value, scale, expect: &str| assert_eq!(&*DecimalText::new(value, scale), expect);
        check(-5, 2, "-0.05");
        check(1990, 2, "19.90");
        check(7, 0, "7");
        check(0, 3, "0.000");
        check(i128::from(u64::MAX) + 1, 2, "184467440737095516.16");
        check(i128::MIN, 38, "-1.70141183460469231731687303715884105728");
        let check = |value, scale, keep, expect: &str| {
            assert_eq!(&*DecimalText::new(value, scale).trimmed(scale, keep), expect);
        };
        check(4_250_000, 6, 0, "4.25");
        check(100_000_000, 6, 0, "100");
        check(10, 0, 0, "10");
        check(19_000, 4, 2, "1.90");
        check(10_000, 4, 0, "1");
    }
}
