//! Numbers with their ranges, and where they come from.

use std::fmt;

use super::wilson::wilson;
use crate::money::Number;
use crate::policy::Assumed;

/// How far a number is moved that was stated as a point: a tenth of itself, and of the way to its bounds at most.
const MOVE: f64 = 0.1;

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Stated with its range.
    Range,
    /// Stated as a point, and moved by a tenth.
    Point,
    /// Counted; its lower bound is used.
    Counted {
        /// How many had it.
        part: u64,
        /// How many were looked at.
        whole: u64,
    },
    /// Measured on the base, and moved by a tenth.
    Measured,
    /// Ratings of the base; the lower bound of their average is used.
    Rated {
        /// How many.
        ratings: u64,
    },
    /// The end of a scale; not moved.
    Scale,
}

/// A number with what it may be as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranged {
    /// The low end of its range.
    pub low: f64,
    /// What it is taken for.
    pub used: f64,
    /// The high end.
    pub high: f64,
    /// Where it comes from.
    pub basis: Basis,
}

/// A number in floating point.
pub fn to_f64(number: Number) -> f64 {
    number.0 as f64 / 1e6
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range => f.write_str("stated with this range"),
            Self::Point => f.write_str("stated as a point"),
            Self::Counted { part, whole } => write!(f, "counted: {part} of {whole}, by the lower bound"),
            Self::Measured => f.write_str("measured"),
            Self::Rated { ratings } => write!(f, "measured: {ratings} ratings, by the lower bound"),
            Self::Scale => f.write_str("the end of the scale"),
        }
    }
}

impl Ranged {
    /// What was assumed; a point is moved within these ends, which are absent where nothing bounds it.
    pub fn assumed(assumed: Assumed, ends: Option<(f64, f64)>) -> Self {
        match assumed {
            Assumed::Point(value) => Self::moved(to_f64(value), ends, Basis::Point),
            Assumed::Range(low, high) => {
                let (low, high) = (to_f64(low), to_f64(high));
                Self { low, used: 0.5 * (low + high), high, basis: Basis::Range }
            }
            Assumed::Counted { part, whole } => {
                let (low, high) = wilson(part as f64, whole as f64);
                Self { low, used: low, high, basis: Basis::Counted { part, whole } }
            }
        }
    }

    /// A number that is moved by a tenth.
    pub fn moved(used: f64, ends: Option<(f64, f64)>, basis: Basis) -> Self {
        let by = |way: f64| MOVE * way.abs().min(used.abs());
        let (down, up) = ends.map_or((used, used), |(least, most)| (used - least, most - used));
        Self { low: used - by(down), used, high: used + by(up), basis }
    }

    /// The average of ratings on a scale, or a share of ones who are content, out of so many.
    pub fn rated(average: f64, ratings: u64, (least, most): (f64, f64), ceiling: f64) -> Self {
        let (low, high) = wilson((average - least) / (most - least) * ratings as f64, ratings as f64);
        let low = least + (most - least) * low;
        // Nothing reaches the ceiling, so what ratings leave open ends just below it.
        let high = (least + (most - least) * high).min(low + 0.99 * (ceiling - low)).max(low);
        Self { low, used: low, high, basis: Basis::Rated { ratings } }
    }

    /// The end of a scale.
    pub const fn end(value: f64) -> Self {
        Self { low: value, used: value, high: value, basis: Basis::Scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Ranged, low: f64, used: f64, high: f64) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-4;
        assert!(near(found.low, low) && near(found.used, used) && near(found.high, high), "{found:?}");
    }

    #[test]
    fn a_point_has_a_range_too() {
        let number = |text: &str| Number::parse(text).expect("a number");
        check(Ranged::assumed(Assumed::Point(number("50")), None), 45.0, 50.0, 55.0);
        check(Ranged::assumed(Assumed::Point(number("-50")), None), -55.0, -50.0, -45.0);
        check(Ranged::assumed(Assumed::Point(number("0.6")), Some((0.0, 0.8))), 0.54, 0.6, 0.62);
        check(Ranged::assumed(Assumed::Range(number("0.5"), number("0.7")), None), 0.5, 0.6, 0.7);
        check(Ranged::assumed(Assumed::Counted { part: 81, whole: 263 }, None), 0.2553, 0.2553, 0.3662);
    }

    #[test]
    fn ratings_enter_by_their_lower_bound() {
        // (4 − 1) / 4 of 40 is 30 of 40.
        check(Ranged::rated(4.0, 40, (1.0, 5.0), 5.0), 3.3922, 3.3922, 4.4325);
        let best = Ranged::rated(5.0, 4, (1.0, 5.0), 5.0);
        assert!(best.used < best.high && best.high < 5.0, "{best:?}");
    }
}
