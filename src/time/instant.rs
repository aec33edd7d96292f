//! A point in time.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z, within the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// The first instant there is: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last instant there is: 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds, if within range.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Reads RFC 3339 with an offset or `Z`; digits beyond microseconds are cut off.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let read = DateTime::parse_from_rfc3339(text).ok()?;
        Self::from_micros(read.timestamp_micros())
    }

    /// The instant as chrono knows it.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// This much later, in microseconds, held within range.
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, with as many decimals of a second as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = self.to_utc();
        let second = [when.month(), when.day(), when.hour(), when.minute(), when.second()];
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        digits(&mut text[..4], when.year().unsigned_abs());
        for (part, at) in second.into_iter().zip([5, 8, 11, 14, 17]) {
            digits(&mut text[at..at + 2], part);
        }
        let micros = when.timestamp_subsec_micros();
        digits(&mut text[20..26], micros);
        // None, three or six decimals of a second.
        let end = if micros == 0 {
            19
        } else if micros.is_multiple_of(1_000) {
            23
        } else {
            26
        };
        text[end] = b'Z';
        f.write_str(std::str::from_utf8(&text[..=end]).unwrap_or_default())
    }
}

fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc3339() {
        for (text, expect) in [
            ("2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00Z"),
            ("2026-03-01T11:00:00.5Z", "2026-03-01T11:00:00.500Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("2026-03-01T11:00:00.0504Z", "2026-03-01T11:00:00.050400Z"),
        ] {
            assert_eq!(Instant::parse_rfc3339(text).map(|t| t.to_string()).as_deref(), Some(expect));
        }
        assert_eq!(Instant::parse_rfc3339("2026-03-01T12:00:00"), None);
        assert_eq!(Instant::parse_rfc3339("2026-02-30T12:00:00Z"), None);
    }
}
