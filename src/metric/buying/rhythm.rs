//! What the models see of a customer: how often, how lately, since when.

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use crate::time::Duration;

/// The models' unit of time is the week, as in Fader and Hardie's papers.
pub const DAYS_PER_WEEK: f64 = 7.0;

/// One customer's rhythm of buying up to a day: the sufficient statistics (x, t_x, T) of all models here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rhythm {
    /// Whole days from the first purchase to the day asked about (T).
    pub age: u32,
    /// Whole days from the first purchase to the last (t_x); 0 where there was no other.
    pub last: u32,
    /// Purchases after the first (x).
    pub repeats: u32,
}

impl Rhythm {
    /// T in weeks.
    pub fn age_weeks(self) -> f64 {
        f64::from(self.age) / DAYS_PER_WEEK
    }

    /// t_x in weeks.
    pub fn last_weeks(self) -> f64 {
        f64::from(self.last) / DAYS_PER_WEEK
    }

    /// x as a real number.
    pub fn repeats_real(self) -> f64 {
        f64::from(self.repeats)
    }
}

/// How many weeks a duration has on average: a month is a twelfth of 365.25 days.
pub fn weeks(duration: Duration) -> f64 {
    match duration {
        Duration::Days(days) => f64::from(days) / DAYS_PER_WEEK,
        Duration::Months(months) => f64::from(months) * (365.25 / 12.0) / DAYS_PER_WEEK,
    }
}
