//! A calendar of one zone, laid out once: what the wall clock shows, and where windows start, without a search in the
//! zone's rules for each purchase.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime};

use crate::metric::Window;
use crate::time::{Duration, Instant, Local, Zone};

const HOUR: i64 = 3_600 * 1_000_000;
const DAY: i64 = 24 * HOUR;

/// The days of a stretch of time in one zone.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    zone: Zone,
    from: Instant,
    days: Vec<Day>,
    /// Per window: for each day the place of the day on which the window starts.
    windows: Vec<Starts>,
}

#[derive(Debug, Clone, Copy)]
struct Day {
    start: Instant,
    date: NaiveDate,
    /// Its midnight on the wall clock, in microseconds since 1970 on that clock.
    midnight: i64,
    /// Its month, counted from the year 0.
    month: i32,
    /// Whether the wall clock goes its usual way all day long, so that times of day are distances from its start.
    plain: bool,
}

#[derive(Debug, Clone)]
struct Starts {
    window: Window,
    /// Absent where the day lies outside of the calendar.
    from: Vec<Option<u32>>,
}

/// An instant with its place in a calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub at: Instant,
    /// The day it lies in.
    pub day: Option<u32>,
    /// What the wall clock shows, in microseconds since 1970 on that clock.
    pub local: i64,
}

impl Calendar {
    /// The days from the one of `from` to the one of `until`, and the starts of these windows.
    pub fn new(zone: Zone, from: Instant, until: Instant, windows: &[Window]) -> Self {
        let (first, last) = (zone.local(from).date(), zone.local(until).date());
        let dates: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).collect();
        let day = |date: &NaiveDate| {
            let start = zone.start_of(*date);
            let midnight = date.and_hms_opt(0, 0, 0).map_or(0, |local| local.and_utc().timestamp_micros());
            let shown = |hour: i64| zone.local(start.plus_micros(hour * HOUR)).and_utc().timestamp_micros();
            let next = date.checked_add_days(Days::new(1)).map(|next| zone.start_of(next));
            let plain = (0..24).all(|hour| shown(hour) == midnight + hour * HOUR)
                && next.is_some_and(|next| next.0 - start.0 == DAY);
            Day { start, date: *date, midnight, month: month_of(*date), plain }
        };
        let days: Vec<Day> = dates.iter().map(day).collect();
        let place =
            |date: NaiveDate| u32::try_from((date - first).num_days()).ok().filter(|at| (*at as usize) < days.len());
        let starts = |window: &Window| {
            let from = |date: &NaiveDate| match window {
                Window::Lifetime => None,
                Window::Within(Duration::Days(days)) => {
                    date.checked_sub_days(Days::new(u64::from(*days))).and_then(place)
                }
                Window::Within(Duration::Months(months)) => {
                    date.checked_sub_months(Months::new(*months)).and_then(place)
                }
                Window::Since(period) => place(period.first_day(*date)),
            };
            Starts { window: *window, from: dates.iter().map(from).collect() }
        };
        let windows = windows.iter().map(starts).collect();
        Self { zone, from, days, windows }
    }

    /// Whether it is the calendar of a zone from an instant on, with these windows.
    pub fn is_of(&self, zone: Zone, from: Instant, windows: &[Window]) -> bool {
        self.zone == zone && self.from == from && self.windows.iter().map(|starts| &starts.window).eq(windows)
    }

    /// How many windows start in it.
    pub fn windows(&self) -> usize {
        self.windows.len()
    }

    /// The place of the day that an instant lies in.
    fn day(&self, at: Instant) -> Option<usize> {
        let first = self.days.first()?;
        // Days are about as long as days are: the guess is off by one at most, or two.
        let guess = usize::try_from((at.0 - first.start.0).div_euclid(DAY)).ok()?.min(self.days.len() - 1);
        let mut day = guess;
        while self.days[day].start > at {
            day = day.checked_sub(1)?;
        }
        while self.days.get(day + 1).is_some_and(|next| next.start <= at) {
            day += 1;
        }
        (day + 1 < self.days.len()).then_some(day)
    }

    /// An instant with its place.
    pub fn moment(&self, at: Instant) -> Moment {
        let day = self.day(at);
        let local = match day {
            Some(day) if self.days[day].plain => self.days[day].midnight + (at.0 - self.days[day].start.0),
            _ => self.zone.local(at).and_utc().timestamp_micros(),
        };
        Moment { at, day: day.map(|day| day as u32), local }
    }

    /// Where the window with this place starts as of a moment; absent where it has no start.
    pub fn start(&self, window: usize, moment: &Moment) -> Option<Instant> {
        let starts = &self.windows[window];
        if let Window::Lifetime = starts.window {
            return None;
        }
        let slow = || starts.window.start(moment.at, self.zone);
        let Some(from) = moment.day.and_then(|day| starts.from[day as usize]) else { return slow() };
        let day = &self.days[from as usize];
        match starts.window {
            Window::Since(_) => Some(day.start),
            _ if day.plain => Some(Instant(day.start.0 + moment.local.rem_euclid(DAY))),
            _ => slow(),
        }
    }

    /// The month that an instant lies in, counted from the year 0.
    pub fn month(&self, moment: &Moment) -> i32 {
        match moment.day {
            Some(day) => self.days[day as usize].month,
            None => month_of(self.local(moment).date()),
        }
    }

    /// What the wall clock shows.
    pub fn local(&self, moment: &Moment) -> Local {
        let usual = || {
            let day = self.days.get(moment.day? as usize).filter(|day| day.plain)?;
            let since = u64::try_from(moment.local - day.midnight).ok()?;
            let (seconds, micros) = ((since / 1_000_000) as u32, (since % 1_000_000) as u32);
            Some(day.date.and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, micros * 1_000)?))
        };
        let searched = || DateTime::from_timestamp_micros(moment.local).unwrap_or_default().naive_utc();
        usual().unwrap_or_else(searched)
    }

    /// Instants at which something that left a window is in it again: a month before each of 28 to 31 March is 28
    /// February, so what left at some hour of the 28th is back at midnight.
    pub fn coming_back(&self, window: Window) -> Vec<Instant> {
        let Window::Within(Duration::Months(months)) = window else { return Vec::new() };
        let shorter = |date: NaiveDate| {
            date.checked_sub_months(Months::new(months)).is_some_and(|start| start.day() < date.day())
        };
        self.days.iter().filter(|day| day.date.day() > 28 && shorter(day.date)).map(|day| day.start).collect()
    }
}

fn month_of(date: NaiveDate) -> i32 {
    date.year() * 12 + date.month0() as i32
}

/// Whole days between what the clock showed then and shows now.
pub(super) const fn whole_days(from: &Moment, until: &Moment) -> i64 {
    (until.local - from.local) / DAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Period;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_says_what_the_zone_says(
            at in 0i64..(3 * 366 * 24 * 60),
            months in 1u32..30,
            days in 1u32..800,
            zone in prop::sample::select(vec!["Europe/Berlin", "Africa/Cairo", "UTC", "America/St_Johns"]),
        ) {
            let zone = Zone::from_name(zone).expect("a zone");
            let from = zone.parse_instant("2023-11-05").expect("an instant");
            let windows = [
                Window::Lifetime,
                Window::Within(Duration::Months(months)),
                Window::Within(Duration::Days(days)),
                Window::Since(Period::Week),
                Window::Since(Period::Year),
            ];
            let calendar = Calendar::new(zone, from, from.plus_micros(3 * 366 * DAY), &windows);
            let at = from.plus_micros(at * 60 * 1_000_000);
            let moment = calendar.moment(at);
            prop_assert_eq!(calendar.local(&moment), zone.local(at));
            for (place, window) in windows.iter().enumerate() {
                prop_assert_eq!(calendar.start(place, &moment), window.start(at, zone), "{:?}", window);
            }
        }
    }
}
