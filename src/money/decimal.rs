//! Decimal text to scaled integers and back, and the one rounding rule.

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

/// Writes a scaled integer with exactly `scale` decimals: `format_scaled(1990, 2)` is `19.90`.
pub fn format_scaled(value: i128, scale: u32) -> String {
    if scale == 0 {
        return value.to_string();
    }
    let factor = 10u128.pow(scale);
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", magnitude / factor, magnitude % factor, width = scale as usize)
}

/// `numerator / denominator`, rounded half away from zero. The denominator is positive.
pub const fn round_div(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    let remainder = numerator % denominator;
    let quotient = numerator / denominator;
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
        assert_eq!(format_scaled(-5, 2), "-0.05");
        assert_eq!(format_scaled(1990, 2), "19.90");
        assert_eq!(format_scaled(7, 0), "7");
    }
}
