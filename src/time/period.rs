//! Calendar periods.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::instant::Instant;
use super::zone::Zone;

/// `day`, `week` (from Monday), `month`, `quarter`, `year`, in the bundle's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday.
    Week,
    /// A calendar month.
    Month,
    /// From January, April, July or October.
    Quarter,
    /// A calendar year.
    Year,
}

impl Period {
    /// All of them, shortest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == text)
    }

    /// The name as policies write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The start of the period that `at` lies in.
    pub fn start(self, at: Instant, zone: Zone) -> Instant {
        zone.start_of(self.first_day(zone.local(at).date()))
    }

    /// The start of the period after the one that `at` lies in.
    pub fn next(self, at: Instant, zone: Zone) -> Instant {
        let first = self.first_day(zone.local(at).date());
        let next = match self {
            Self::Day => first.checked_add_days(Days::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Quarter => first.checked_add_months(Months::new(3)),
            Self::Year => first.checked_add_months(Months::new(12)),
        };
        next.map_or(Instant::MAX, |day| zone.start_of(day))
    }

    /// The first day of the period that `day` lies in.
    pub fn first_day(self, day: NaiveDate) -> NaiveDate {
        let month_start = |month: u32| NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
        match self {
            Self::Day => day,
            Self::Week => {
                day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
            }
            Self::Month => month_start(day.month()),
            Self::Quarter => month_start((day.month0() / 3) * 3 + 1),
            Self::Year => month_start(1),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_start_and_end_in_the_zone() {
        let berlin = Zone::from_name("Europe/Berlin").expect("a zone");
        let check = |period: Period, at: &str, start: &str, next: &str| {
            let at = berlin.parse_instant(at).expect("an instant");
            let expect = |text| berlin.parse_instant(text).expect("an instant");
            assert_eq!(period.start(at, berlin), expect(start), "{period}");
            assert_eq!(period.next(at, berlin), expect(next), "{period}");
        };
        check(Period::Day, "2026-03-29 12:00", "2026-03-29", "2026-03-30");
        check(Period::Week, "2026-03-01 12:00", "2026-02-23", "2026-03-02");
        check(Period::Month, "2026-02-28 23:59", "2026-02-01", "2026-03-01");
        check(Period::Quarter, "2026-06-30 23:59", "2026-04-01", "2026-07-01");
        check(Period::Year, "2026-12-31 23:59", "2026-01-01", "2027-01-01");
        check(Period::Year, "2026-01-01 00:00", "2026-01-01", "2027-01-01");
    }
}
