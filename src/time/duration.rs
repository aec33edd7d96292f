//! Durations that follow the calendar.

use std::fmt;

use chrono::{Days, Months};
use serde::{Deserialize, Serialize};

use super::instant::Instant;
use super::zone::{Local, Zone};

/// `90 days`, `6 weeks`, `12 months`, `1 year`, at least one day and at most a thousand years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Duration {
    /// Calendar days: the wall clock shows the same time, also across a clock change.
    Days(u32),
    /// Calendar months; a day that the month lacks becomes its last one.
    Months(u32),
}

impl Duration {
    const MAX_DAYS: u32 = 365_000;
    const MAX_MONTHS: u32 = 12_000;

    /// Reads a number and a unit, singular or plural.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.trim().split_once(' ')?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: u32 = number.parse().ok()?;
        let read = match unit.trim() {
            "day" | "days" => Self::Days(number),
            "week" | "weeks" => Self::Days(number.checked_mul(7)?),
            "month" | "months" => Self::Months(number),
            "year" | "years" => Self::Months(number.checked_mul(12)?),
            _ => return None,
        };
        match read {
            Self::Days(1..=Self::MAX_DAYS) | Self::Months(1..=Self::MAX_MONTHS) => Some(read),
            Self::Days(_) | Self::Months(_) => None,
        }
    }

    /// The instant this long before `at`, on the calendar of the zone.
    pub fn before(self, at: Instant, zone: Zone) -> Instant {
        self.before_local(zone.local(at)).map_or(Instant::MIN, |local| zone.instant(local))
    }

    /// The instant this long after `at`, on the calendar of the zone.
    pub fn after(self, at: Instant, zone: Zone) -> Instant {
        let local = zone.local(at);
        let later = match self {
            Self::Days(days) => local.checked_add_days(Days::new(u64::from(days))),
            Self::Months(months) => local.checked_add_months(Months::new(months)),
        };
        later.map_or(Instant::MAX, |local| zone.instant(local))
    }

    fn before_local(self, local: Local) -> Option<Local> {
        match self {
            Self::Days(days) => local.checked_sub_days(Days::new(u64::from(days))),
            Self::Months(months) => local.checked_sub_months(Months::new(months)),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match *self {
            Self::Days(days) => (days, "day"),
            Self::Months(months) if months % 12 == 0 => (months / 12, "year"),
            Self::Months(months) => (months, "month"),
        };
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Duration::parse(text).map(|d| d.to_string()).as_deref(), expect, "{text}");
        };
        check("90 days", Some("90 days"));
        check("6 weeks", Some("42 days"));
        check("12 months", Some("1 year"));
        check("1 year", Some("1 year"));
        check("0 days", None);
        check("1.5 days", None);
        check("days", None);
        check("3 fortnights", None);
        check("99999999999 days", None);
        check("4000000000 years", None);
    }

    #[test]
    fn follows_the_calendar() {
        let berlin = Zone::from_name("Europe/Berlin").expect("a zone");
        let check = |at: &str, duration: &str, before: &str| {
            let at = berlin.parse_instant(at).expect("an instant");
            let duration = Duration::parse(duration).expect("a duration");
            let expect = berlin.parse_instant(before).expect("an instant");
            assert_eq!(duration.before(at, berlin).to_string(), expect.to_string());
        };
        check("2026-03-31 10:00", "1 month", "2026-02-28 10:00"); // month end
        check("2024-03-31 10:00", "1 month", "2024-02-29 10:00"); // leap year
        check("2026-03-30 02:30", "1 day", "2026-03-29 02:30"); // into the gap: 03:30
        check("2026-03-29 12:00", "1 day", "2026-03-28 12:00"); // 23 hours
        check("2026-10-26 12:00", "1 day", "2026-10-25 12:00"); // across 25 hours
        check("2026-03-01 00:00", "1 year", "2025-03-01 00:00");
    }

    #[test]
    fn the_edges_of_time_hold() {
        let long = Duration::parse("1000 years").expect("a duration");
        assert_eq!(long.before(Instant::MIN, Zone::UTC), Instant::MIN);
        assert_eq!(long.after(Instant::MAX, Zone::UTC), Instant::MAX);
    }
}
