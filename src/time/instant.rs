//! A point in time.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
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
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
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
        ] {
            assert_eq!(Instant::parse_rfc3339(text).map(|t| t.to_string()).as_deref(), Some(expect));
        }
        assert_eq!(Instant::parse_rfc3339("2026-03-01T12:00:00"), None);
        assert_eq!(Instant::parse_rfc3339("2026-02-30T12:00:00Z"), None);
    }
}
