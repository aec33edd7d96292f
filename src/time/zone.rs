//! A time zone, and how local time becomes an instant where a clock change makes it ambiguous or skips it.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::instant::Instant;

/// Local date and time of day, without a zone.
pub type Local = NaiveDateTime;

/// An IANA time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone with this IANA name.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// All known names, for suggestions and schemas.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name())
    }

    /// What a clock on the wall shows at `at`.
    pub fn local(self, at: Instant) -> Local {
        self.0.from_utc_datetime(&at.to_utc().naive_utc()).naive_local()
    }

    /// When the wall clock shows `local`: the earlier time where it shows it twice; where it is skipped, as long
    /// after the gap's start as the skipped time lies within it (02:30 in a gap from 02:00 to 03:00 is 03:30).
    pub fn instant(self, local: Local) -> Instant {
        let clamp = |t: DateTime<Tz>| Instant(t.timestamp_micros().clamp(Instant::MIN.0, Instant::MAX.0));
        if let Some(found) = self.0.from_local_datetime(&local).earliest() {
            return clamp(found);
        }
        // In a gap the offset of a day earlier is the one in force before it.
        let before = local - chrono::Duration::days(1);
        let offset = self.0.offset_from_utc_datetime(&before).fix();
        let utc = local - chrono::Duration::seconds(i64::from(offset.local_minus_utc()));
        Instant(utc.and_utc().timestamp_micros().clamp(Instant::MIN.0, Instant::MAX.0))
    }

    /// The first instant of a local day.
    pub fn start_of(self, day: NaiveDate) -> Instant {
        self.instant(day.and_time(NaiveTime::MIN))
    }

    /// Reads an instant as policies write it: a bare date is the start of that day in this zone; a date and time
    /// with an offset is itself; one without an offset is local time.
    pub fn parse_instant(self, text: &str) -> Option<Instant> {
        if let Some(at) = Instant::parse_rfc3339(text) {
            return Some(at);
        }
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return in_years(day).then(|| self.start_of(day));
        }
        self.parse_local(text)
    }

    /// Reads local time without a zone, as shops export it: `2010-12-01 08:26:00`, `2010-12-01T08:26`.
    pub fn parse_local(self, text: &str) -> Option<Instant> {
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .filter(|local| in_years(local.date()))
            .map(|local| self.instant(local))
    }
}

fn in_years(day: NaiveDate) -> bool {
    (1..=9999).contains(&chrono::Datelike::year(&day))
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_changes_are_resolved() {
        let berlin = Zone::from_name("Europe/Berlin").expect("a zone");
        let check = |text: &str, expect: &str| {
            assert_eq!(berlin.parse_instant(text).map(|t| t.to_string()).as_deref(), Some(expect), "{text}");
        };
        check("2026-12-01", "2026-11-30T23:00:00Z");
        check("2026-07-01", "2026-06-30T22:00:00Z");
        check("2026-03-29 02:30:00", "2026-03-29T01:30:00Z"); // skipped: shown as 03:30
        check("2026-10-25 02:30:00", "2026-10-25T00:30:00Z"); // twice: the first
        check("2026-12-01T18:00:00+01:00", "2026-12-01T17:00:00Z");
        // A day that begins in a gap starts when the gap ends.
        let cairo = Zone::from_name("Africa/Cairo").expect("a zone");
        assert_eq!(cairo.parse_instant("2024-04-26").map(|t| t.to_string()).as_deref(), Some("2024-04-25T22:00:00Z"));
    }

    #[test]
    fn odd_text_is_refused() {
        for bad in ["", "2026", "2026-13-01", "2026-02-29", "99999-01-01", "2026-01-01T25:00:00", "now"] {
            assert_eq!(Zone::UTC.parse_instant(bad), None, "{bad}");
        }
    }
}
