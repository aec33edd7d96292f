//! How unequally customers share a total: Lorenz curve, Gini coefficient, what the top hold.
//!
//! M. O. Lorenz, "Methods of Measuring the Concentration of Wealth", Publications of the American Statistical Association
//! 9 (1905); C. Gini, "Variabilità e mutabilità" (1912). Everything is computed in whole numbers and rounded once.

use serde::Serialize;
use utoipa::ToSchema;

use super::report::Share;
use crate::money::{Number, Rate};

/// How unequally customers share a total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Concentration {
    /// 0 where all hold the same, towards 1 where one holds everything; null where nobody holds anything.
    pub gini: Option<Share>,
    /// What the 20 % of customers with the most hold, as measured.
    pub top_20_percent_hold: Option<Share>,
    /// The smallest share of customers who together hold half.
    pub half_is_held_by: Option<Share>,
    /// The Lorenz curve: what the customers with the least hold together.
    pub lorenz: Vec<LorenzPoint>,
}

/// A point of the Lorenz curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct LorenzPoint {
    /// This share of customers, those with the least …
    pub customers: Share,
    /// … holds this share of the total.
    pub hold: Share,
}

/// Points that a curve is drawn with.
const POINTS: u64 = 100;

impl Concentration {
    /// Of values in ascending order; those below zero count as zero.
    pub fn of(ascending: &[Number]) -> Self {
        Self {
            gini: gini(ascending),
            top_20_percent_hold: top_share(ascending, Rate::from_ppm(200_000).unwrap_or(Rate::ZERO)),
            half_is_held_by: holders_of_half(ascending),
            lorenz: lorenz(ascending, POINTS),
        }
    }
}

fn held(value: Number) -> i128 {
    value.0.max(0)
}

fn total(values: &[Number]) -> i128 {
    values.iter().map(|value| held(*value)).sum()
}

/// The Gini coefficient of values in ascending order: half the mean difference between any two, by the mean.
pub fn gini(ascending: &[Number]) -> Option<Share> {
    let n = ascending.len() as i128;
    // Sorted, the double sum over all pairs is one sum of ranks.
    let ranked: i128 = (1..).zip(ascending).map(|(rank, value)| (2 * rank - n - 1) * held(*value)).sum();
    Share::of(ranked, n * total(ascending))
}

/// The share of the total that this share of customers, those with the most, holds; linear between two customers.
pub fn top_share(ascending: &[Number], top: Rate) -> Option<Share> {
    let scale = i128::from(Rate::ONE.ppm());
    // So many customers, in millionths of one.
    let customers = ascending.len() as i128 * i128::from(top.ppm());
    let whole = (customers / scale) as usize;
    let (below, above) = ascending.split_at(ascending.len() - whole.min(ascending.len()));
    let next = below.last().map_or(0, |value| held(*value));
    Share::of(total(above) * scale + next * (customers % scale), total(ascending) * scale)
}

fn holders_of_half(ascending: &[Number]) -> Option<Share> {
    let whole = total(ascending);
    let mut sum = 0;
    let mut holders = 0;
    for value in ascending.iter().rev().map(|value| held(*value)) {
        if 2 * sum >= whole {
            break;
        }
        sum += value;
        holders += 1;
    }
    if whole > 0 { Share::of(holders, ascending.len() as i128) } else { None }
}

/// So many steps of the Lorenz curve of values in ascending order, with both ends; empty where nobody holds anything.
pub fn lorenz(ascending: &[Number], steps: u64) -> Vec<LorenzPoint> {
    let (whole, n) = (total(ascending), ascending.len() as u64);
    if whole == 0 {
        return Vec::new();
    }
    let (mut sum, mut taken) = (0, 0);
    let mut points = Vec::with_capacity(steps as usize + 1);
    for step in 0..=steps {
        // Customers up to here; a step that splits one is drawn at the customer before, so points lie on the curve.
        let until = n * step / steps;
        sum += total(&ascending[taken..until as usize]);
        taken = until as usize;
        let point = Share::of(i128::from(until), i128::from(n)).zip(Share::of(sum, whole));
        points.extend(point.map(|(customers, hold)| LorenzPoint { customers, hold }));
    }
    points.dedup();
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(values: &[i64]) -> Vec<Number> {
        let mut values: Vec<Number> = values.iter().copied().map(Number::int).collect();
        values.sort_unstable();
        values
    }

    #[test]
    fn by_hand() {
        let check = |values: &[i64], gini_: Option<&str>, top: Option<&str>, half: Option<&str>| {
            let found = Concentration::of(&numbers(values));
            let text = |share: Option<Share>| share.map(|share| share.to_string());
            assert_eq!(text(found.gini).as_deref(), gini_, "{values:?}");
            assert_eq!(text(found.top_20_percent_hold).as_deref(), top, "{values:?}");
            assert_eq!(text(found.half_is_held_by).as_deref(), half, "{values:?}");
        };
        // Differences of all pairs: 1, 2, 3, 1, 2, 1 make 10, twice, by 2 · 4² · 2.5 = 80.
        check(&[1, 2, 3, 4], Some("0.250000"), Some("0.320000"), Some("0.500000"));
        check(&[5, 5, 5, 5, 5], Some("0.000000"), Some("0.200000"), Some("0.600000"));
        check(&[0, 0, 0, 0, 10], Some("0.800000"), Some("1.000000"), Some("0.200000"));
        // Below zero counts as zero.
        check(&[-7, 0, 0, 0, 10], Some("0.800000"), Some("1.000000"), Some("0.200000"));
        check(&[], None, None, None);
        check(&[0, -1], None, None, None);
    }

    #[test]
    fn the_curve_of_four() {
        let points = lorenz(&numbers(&[1, 2, 3, 4]), 4);
        let points: Vec<(i64, i64)> = points.iter().map(|point| (point.customers.0, point.hold.0)).collect();
        assert_eq!(
            points,
            [(0, 0), (250_000, 100_000), (500_000, 300_000), (750_000, 600_000), (1_000_000, 1_000_000)]
        );
    }

    proptest! {
        #[test]
        fn lorenz_curves_are_convex_and_end_where_they_should(values in prop::collection::vec(-5i64..10_000, 1..300)) {
            let points = lorenz(&numbers(&values), 100);
            prop_assume!(!points.is_empty());
            let first = (points[0].customers.0, points[0].hold.0);
            let last = points.last().map(|point| (point.customers.0, point.hold.0));
            prop_assert_eq!((first, last), ((0, 0), Some((Share::WHOLE, Share::WHOLE))));
            for three in points.windows(3) {
                let slope = |a: LorenzPoint, b: LorenzPoint| {
                    (i128::from(b.hold.0 - a.hold.0), i128::from(b.customers.0 - a.customers.0))
                };
                let ((dy, dx), (ey, ex)) = (slope(three[0], three[1]), slope(three[1], three[2]));
                // Coordinates are rounded to millionths, so slopes may be off by that much.
                prop_assert!(dy * ex <= ey * dx + 2 * (dx + ex), "{:?}", three);
                prop_assert!(three[1].hold <= three[1].customers, "below the line of equal shares: {:?}", three);
            }
        }

        #[test]
        fn gini_is_the_naive_double_sum(values in prop::collection::vec(-5i64..1_000, 1..40), factor in 2i64..50) {
            let found = gini(&numbers(&values));
            let held: Vec<i128> = values.iter().map(|value| i128::from((*value).max(0))).collect();
            let pairs: i128 = held.iter().flat_map(|a| held.iter().map(move |b| (a - b).abs())).sum();
            let n = held.len() as i128;
            prop_assert_eq!(found, Share::of(pairs, 2 * n * held.iter().sum::<i128>()));
            if let Some(gini) = found {
                prop_assert!((0..Share::WHOLE).contains(&gini.0));
                let scaled: Vec<i64> = values.iter().map(|value| value * factor).collect();
                prop_assert_eq!(super::gini(&numbers(&scaled)), Some(gini));
            }
        }
    }
}
