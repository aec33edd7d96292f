//! Cut-offs from a whole base's values.
//!
//! ABC analysis ranks by the share that customers with strictly more hold, so equal values share a class. Quantiles are
//! Hyndman and Fan's type 7 ("Sample Quantiles in Statistical Packages", The American Statistician 50, 1996), R's default.

use super::cutoff::PartCuts;
use crate::money::{Number, Rate};

/// Per class the smallest value whose share of the total held by strictly greater values lies below the class's bound.
///
/// `ascending` holds every customer's value; those at or below zero count for nothing.
pub fn rank_cuts(ascending: &[Number], bounds: &[Rate]) -> Vec<Option<Number>> {
    let positive = &ascending[ascending.partition_point(|value| *value <= Number::ZERO)..];
    let total: i128 = positive.iter().map(|value| value.0).sum();
    if positive.is_empty() {
        // Nobody holds anything: the share of those with more is nothing, which lies below every bound.
        return bounds.iter().map(|bound| (*bound > Rate::ZERO).then_some(Number(1))).collect();
    }
    // `above / total < bound`, in whole numbers. Sums of a base stay far below the 127 bits at hand.
    let below = |above: i128, bound: Rate| above * i128::from(Rate::ONE.ppm()) < i128::from(bound.ppm()) * total;
    let mut smallest = vec![None; bounds.len()];
    let mut above: i128 = 0;
    for equal in positive.chunk_by(|a, b| a == b).rev() {
        let mut open = false;
        for (cut, bound) in smallest.iter_mut().zip(bounds) {
            if below(above, *bound) {
                *cut = Some(equal[0]);
                open = true;
            }
        }
        if !open {
            break;
        }
        above += equal.iter().map(|value| value.0).sum::<i128>();
    }
    smallest
}

/// The quantiles at 1/n … (n−1)/n, linearly interpolated between order statistics, times n.
pub fn score_cuts(ascending: &[Number], parts: u8) -> PartCuts {
    let n = i128::from(parts);
    let Some(last) = ascending.len().checked_sub(1) else { return PartCuts::default() };
    let cut = |part: usize| {
        // h = (size − 1) · part / n; whole part and remainder over n.
        let (whole, rest) = (last * part / parts as usize, (last * part % parts as usize) as i128);
        let low = ascending[whole].0;
        let high = ascending.get(whole + 1).map_or(low, |value| value.0);
        low * n + (high - low) * rest
    };
    PartCuts((1..parts as usize).map(cut).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bounds() -> Vec<Rate> {
        ["80%", "95%", "100%"].iter().map(|text| Rate::parse(text).expect("a rate")).collect()
    }

    /// The rule as the language page has it, customer by customer.
    fn class_by_rule(value: i64, base: &[i64], bounds: &[Rate]) -> usize {
        let last = bounds.len() - 1;
        if value <= 0 {
            return last;
        }
        let total: i128 = base.iter().map(|v| i128::from((*v).max(0))).sum();
        let above: i128 = base.iter().filter(|v| **v > value).map(|v| i128::from(*v)).sum();
        bounds
            .iter()
            .position(|bound| above * 1_000_000 < i128::from(bound.ppm()) * total || (total == 0 && above == 0))
            .unwrap_or(last)
    }

    fn class_by_cuts(value: i64, cuts: &[Option<Number>]) -> usize {
        if value <= 0 {
            return cuts.len() - 1;
        }
        cuts.iter().position(|cut| cut.is_some_and(|cut| Number::int(value) >= cut)).unwrap_or(cuts.len() - 1)
    }

    proptest! {
        #[test]
        fn cuts_say_what_the_rule_says(base in prop::collection::vec(-20i64..200, 0..60), asked in -20i64..250) {
            let mut values: Vec<Number> = base.iter().copied().map(Number::int).collect();
            values.sort_unstable();
            let cuts = rank_cuts(&values, &bounds());
            for value in base.iter().copied().chain([asked]) {
                prop_assert_eq!(class_by_cuts(value, &cuts), class_by_rule(value, &base, &bounds()), "value {}", value);
            }
        }
    }

    #[test]
    fn quantiles_are_type_seven() {
        let check = |values: &[i64], parts: u8, expect: &[&str]| {
            let values: Vec<Number> = values.iter().copied().map(Number::int).collect();
            let found: Vec<String> =
                score_cuts(&values, parts).0.iter().map(|cut| Number(cut / i128::from(parts)).to_string()).collect();
            assert_eq!(found, expect);
        };
        // R: quantile(c(1, 2, 3, 4, 10), c(.2, .4, .6, .8))
        check(&[1, 2, 3, 4, 10], 5, &["1.8", "2.6", "3.4", "5.2"]);
        check(&[1, 2, 3, 4], 2, &["2.5"]);
        check(&[7], 5, &["7", "7", "7", "7"]);
        check(&[], 5, &[]);
    }

    #[test]
    fn scores_count_cut_offs_below() {
        let values: Vec<Number> = (1..=5).map(Number::int).collect();
        let cuts = score_cuts(&values, 5);
        let check = |value: Option<i64>, reversed, expect| {
            assert_eq!(cuts.score(value.map(Number::int), 5, reversed), expect, "{value:?}");
        };
        check(Some(1), false, 1);
        check(Some(2), false, 2);
        check(Some(5), false, 5);
        check(Some(1), true, 5);
        check(Some(5), true, 1);
        check(None, false, 1);
        check(None, true, 1);
    }
}
