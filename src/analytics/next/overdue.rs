//! Who stays away longer than usual.

/// Somebody who stays away. Numbers are days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overdue {
    /// Since the last purchase.
    pub since: i64,
    /// The median of the intervals, rounded down.
    pub usual: i64,
    /// More than this is unusual.
    pub limit: i64,
}

/// So many intervals are a distribution of their own; fewer are too few for a quantile.
const OWN_QUANTILE: usize = 5;
/// One interval says nothing about what is usual.
const LEAST_INTERVALS: usize = 2;

/// Whether somebody stays away longer than usual, from the days on which the customer bought, ascending and distinct.
///
/// With five intervals or more the limit is their own 90 % quantile (Hyndman and Fan's type 7), with two to four it is twice
/// their median; with fewer nothing is usual. Who stays away for more than three times the limit is lost rather than at
/// risk: that call comes too late.
pub fn overdue(days: &[i64], today: i64) -> Option<Overdue> {
    let mut intervals: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if intervals.len() < LEAST_INTERVALS {
        return None;
    }
    intervals.sort_unstable();
    let usual = quantile(&intervals, 1, 2);
    // The limit is rounded up, so that a day is unusual only where it is beyond it.
    let limit = if intervals.len() >= OWN_QUANTILE {
        let (low, rest) = split(&intervals, 9, 10);
        low + (rest + 9) / 10
    } else {
        let (low, rest) = split(&intervals, 1, 2);
        2 * low + rest
    };
    let since = today - days.last()?;
    (limit < since && since <= 3 * limit).then_some(Overdue { since, usual, limit })
}

/// The quantile at `part / of` of ascending values, rounded down.
fn quantile(ascending: &[i64], part: usize, of: usize) -> i64 {
    let (low, rest) = split(ascending, part, of);
    low + rest / of as i64
}

/// The order statistic below a quantile, and what is beyond it, in `of` parts of a unit.
fn split(ascending: &[i64], part: usize, of: usize) -> (i64, i64) {
    let last = ascending.len() - 1;
    let (whole, rest) = (last * part / of, (last * part % of) as i64);
    let low = ascending[whole];
    let high = ascending.get(whole + 1).copied().unwrap_or(low);
    (low, (high - low) * rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_than_usual() {
        let check = |days: &[i64], today, expect: Option<(i64, i64, i64)>| {
            let found = overdue(days, today).map(|it| (it.since, it.usual, it.limit));
            assert_eq!(found, expect, "{days:?} {today}");
        };
        check(&[], 100, None);
        check(&[0, 30], 900, None);
        // Two intervals of 30 days: more than 60 is unusual, more than 180 is over.
        check(&[0, 30, 60], 120, None);
        check(&[0, 30, 60], 121, Some((61, 30, 60)));
        check(&[0, 30, 60], 240, Some((180, 30, 60)));
        check(&[0, 30, 60], 241, None);
        // The median of 10 and 25 is 17.5: twice that is 35.
        check(&[0, 10, 35], 71, Some((36, 17, 35)));
        // Intervals 10, 10, 10, 10, 20: the quantile lies 0.6 of the way from the fourth to the fifth, at 16.
        check(&[0, 10, 20, 30, 40, 60], 76, None);
        check(&[0, 10, 20, 30, 40, 60], 77, Some((17, 10, 16)));
        // Eleven intervals of 7 days: the eighth day is unusual.
        let weekly: Vec<i64> = (0..12).map(|week| week * 7).collect();
        check(&weekly, 77 + 7, None);
        check(&weekly, 77 + 8, Some((8, 7, 7)));
    }
}
