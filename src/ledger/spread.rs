//! A line's money, spread over its units.

use crate::money::{Money, Quantity};

/// What the first `taken` of a line's `quantity` hold of its `total`.
///
/// The total is split over whole units (and a last broken one, if the quantity has decimals) by largest remainder, of
/// equal remainders the earlier first; a part of a unit holds its share rounded down. So the sum over any way of taking
/// all units is the total, and taking more never takes less. Needs `0 <= taken <= quantity`, quantity above zero.
pub fn spread(total: Money, quantity: Quantity, taken: Quantity) -> Money {
    debug_assert!(0 <= taken.0 && taken.0 <= quantity.0 && quantity.0 > 0, "more is taken than there is");
    let one = i128::from(Quantity::ONE.0);
    let (all, total) = (i128::from(quantity.0), total.wide());
    let (whole, broken) = (all / one, all % one);
    // Shares rounded down, and what that leaves to hand out one minor unit at a time.
    let (base, base_rest) = (total * one / all, total * one % all);
    let (last, last_rest) = (total * broken / all, total * broken % all);
    let mut extra = total - base * whole - last;
    // The broken unit stands last, so it goes first only with a larger remainder.
    let last_extra = i128::from(broken > 0 && extra > 0 && (last_rest > base_rest || extra > whole));
    extra -= last_extra;
    let unit = |at: i128| {
        if at < whole { base + i128::from(at < extra) } else { last + last_extra }
    };
    let (units, part) = (i128::from(taken.0) / one, i128::from(taken.0) % one);
    let first = units.min(whole);
    let mut held = first * base + first.min(extra);
    if part > 0 {
        let size = if units < whole { one } else { broken };
        held += unit(units) * part / size;
    }
    // At most the total, which is an i64.
    Money(held as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spreads_by_largest_remainder() {
        let check = |total, quantity: &str, taken: &str, expect| {
            let read = |text| Quantity::parse(text).expect("a quantity");
            assert_eq!(spread(Money(total), read(quantity), read(taken)), Money(expect), "{total} {quantity} {taken}");
        };
        check(30000, "3", "2", 20000);
        check(100, "3", "1", 34);
        check(100, "3", "2", 67);
        check(100, "3", "3", 100);
        check(101, "3", "1", 34);
        check(101, "3", "2", 68);
        check(1000, "2.5", "1", 400);
        check(1000, "2.5", "2.5", 1000);
        check(1000, "0.5", "0.25", 500);
        check(2, "3", "0", 0);
    }

    proptest! {
        /// Property 4: whatever comes back in whatever steps, in the end all of it came back, and no step takes less than nothing.
        #[test]
        fn steps_add_up(total in 0i64..1_000_000_000, quantity in 1i64..50_000, cuts in prop::collection::vec(0i64..50_000, 0..6)) {
            let mut cuts: Vec<i64> = cuts.into_iter().map(|cut| cut % (quantity + 1)).collect();
            cuts.extend([0, quantity]);
            cuts.sort_unstable();
            let held: Vec<i64> = cuts.iter().map(|cut| spread(Money(total), Quantity(quantity), Quantity(*cut)).0).collect();
            prop_assert_eq!(held[0], 0);
            prop_assert_eq!(*held.last().expect("two at least"), total);
            prop_assert!(held.windows(2).all(|pair| pair[0] <= pair[1]));
        }

        /// A discount of at most the gross never makes a part of a line negative.
        #[test]
        fn less_spreads_to_less(gross in 0i64..100_000, share in 0i64..=1000, quantity in 1i64..20_000, taken in 0i64..20_000) {
            let taken = Quantity(taken % (quantity + 1));
            let discount = gross * share / 1000;
            let held = |total| spread(Money(total), Quantity(quantity), taken);
            prop_assert!(held(discount) <= held(gross));
        }
    }
}
