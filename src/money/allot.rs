//! Splitting an amount in proportion, without losing a cent: the largest-remainder (Hare–Niemeyer) method.

use smallvec::{Array, SmallVec};

use super::amount::Money;
use super::decimal::div_rem;

/// Splits `total` over `weights` in proportion by largest remainder; of equal remainders the earlier wins.
///
/// The parts add up to `total`. Where `total` is at most the sum of the weights, no part exceeds its weight.
/// Weights and total are not below zero. With no weight at all there is nothing to split over, and all parts are zero.
pub fn allot<A: Array<Item = Money>>(total: Money, weights: &[Money], parts: &mut SmallVec<A>) {
    parts.clear();
    let sum: i128 = weights.iter().map(|w| w.wide()).sum();
    if sum == 0 {
        parts.resize(weights.len(), Money::ZERO);
        return;
    }
    if let [_] = weights {
        parts.push(total);
        return;
    }
    let divide = |weight: Money| div_rem(total.wide() * weight.wide(), sum);
    let mut left = total.wide();
    let (mut largest, mut at_largest) = (0, 0);
    for (at, weight) in weights.iter().enumerate() {
        let (part, remainder) = divide(*weight);
        left -= part;
        if remainder > largest {
            (largest, at_largest) = (remainder, at);
        }
        parts.push(Money(part as i64));
    }
    // What is left is below the number of lines: one unit each, to the largest remainders first.
    match left {
        0 => {}
        // The usual case needs no sorting.
        1 => parts[at_largest] += Money(1),
        _ => {
            let mut order: Vec<usize> = (0..weights.len()).collect();
            order.sort_by_cached_key(|at| (std::cmp::Reverse(divide(weights[*at]).1), *at));
            for at in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
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
