//! Splitting an amount in proportion, without losing a cent: the largest-remainder (Hare–Niemeyer) method.

use std::cmp::Reverse;

use smallvec::{Array, SmallVec};

use super::amount::Money;
use super::decimal::div_rem;

/// Splits `total` over `weights` in proportion by largest remainder; of equal remainders the earlier wins.
///
/// The parts add up to `total`. Where `total` is at most the sum of the weights, no part exceeds its weight.
/// Weights and total are not below zero. With no weight at all there is nothing to split over, and all parts are zero.
pub fn allot<A: Array<Item = Money>>(total: Money, weights: &[Money], parts: &mut SmallVec<A>) {
    parts.clear();
    if let [weight] = weights {
        parts.push(if *weight == Money::ZERO { Money::ZERO } else { total });
        return;
    }
    let sum: i128 = weights.iter().map(|w| w.wide()).sum();
    if sum == 0 {
        parts.resize(weights.len(), Money::ZERO);
        return;
    }
    // Nearly every basket is small, and its products fit 64 bits.
    if let (Ok(total), Ok(sum)) = (u32::try_from(total.0), u32::try_from(sum)) {
        let divide = |weight: Money| {
            let product = u64::from(total) * weight.0.unsigned_abs();
            ((product / u64::from(sum)) as i64, product % u64::from(sum))
        };
        split(i64::from(total), weights, parts, divide);
    } else {
        let divide = |weight: Money| {
            let (part, remainder) = div_rem(total.wide() * weight.wide(), sum);
            (part as i64, remainder)
        };
        split(total.0, weights, parts, divide);
    }
}

/// Splits by a function that says a weight's whole part, and what remains of it.
fn split<A: Array<Item = Money>, R: Ord + Copy>(
    total: i64,
    weights: &[Money],
    parts: &mut SmallVec<A>,
    divide: impl Fn(Money) -> (i64, R),
) {
    let mut left = total;
    let mut largest = None;
    for (at, weight) in weights.iter().enumerate() {
        let (part, remainder) = divide(*weight);
        left -= part;
        if largest.is_none_or(|(known, _)| remainder > known) {
            largest = Some((remainder, at));
        }
        parts.push(Money(part));
    }
    // What is left is below the number of lines: one unit each, to the largest remainders first.
    match (left, largest) {
        (0, _) | (_, None) => {}
        // The usual case needs no sorting.
        (1, Some((_, at))) => parts[at] += Money(1),
        _ => {
            let mut order: SmallVec<[(Reverse<R>, usize); 8]> =
                weights.iter().enumerate().map(|(at, weight)| (Reverse(divide(*weight).1), at)).collect();
            order.sort_unstable();
            for (_, at) in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
                parts[at] += Money(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(total: i64, weights: &[i64]) -> Vec<i64> {
        let weights: Vec<Money> = weights.iter().copied().map(Money).collect();
        let mut parts = SmallVec::<[Money; 8]>::new();
        allot(Money(total), &weights, &mut parts);
        parts.into_iter().map(|p| p.0).collect()
    }

    #[test]
    fn splits_by_largest_remainder() {
        let check = |total, weights: &[i64], expect: &[i64]| assert_eq!(split(total, weights), expect);
        check(10, &[100, 100, 100], &[4, 3, 3]);
        check(2, &[100, 100, 100], &[1, 1, 0]);
        check(100, &[50, 30, 20], &[50, 30, 20]);
        check(1, &[1, 2], &[0, 1]);
        check(5, &[0, 10], &[0, 5]);
        check(0, &[1, 2], &[0, 0]);
        check(7, &[0, 0], &[0, 0]);
        check(3, &[], &[]);
    }

    proptest! {
        /// Property 1 and 2: lines add up to the discount; no line goes below zero.
        #[test]
        fn adds_up_and_stays_within(weights in prop::collection::vec(0i64..1_000_000, 1..40), share in 0u32..=1_000_000) {
            let sum: i64 = weights.iter().sum();
            let total = (i128::from(sum) * i128::from(share) / 1_000_000) as i64;
            let parts = split(total, &weights);
            if sum > 0 {
                prop_assert_eq!(parts.iter().sum::<i64>(), total);
            }
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(0 <= *part && part <= weight);
            }
        }
    }
}
