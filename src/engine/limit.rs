//! The bounds on the whole decision: what they take, they take from the last applied discount backwards.

use super::base::PerLine;
use super::grant::Granted;
use super::price::Priced;
use crate::model::{Cut, LimitKind};
use crate::money::{Money, Rate, allot, div_rem};
use crate::policy::Limits;

/// Cuts grants to the bundle's limits: first each line's margin, then the share and the sum of the whole basket.
pub(super) fn apply(limits: &Limits, priced: &Priced, grants: &mut [Granted]) {
    if let Some(margin) = limits.min_margin {
        keep_margin(margin, priced, grants);
    }
    if let Some(rate) = limits.max_rate {
        keep_total(rate.bound_of(priced.total), LimitKind::MaxRate, grants);
    }
    if let Some(amount) = limits.max_amount {
        keep_total(amount, LimitKind::MaxAmount, grants);
    }
}

fn keep_margin(margin: Rate, priced: &Priced, grants: &mut [Granted]) {
    for line in 0..priced.gross.len() {
        let granted: Money = grants.iter().map(|grant| grant.parts[line]).sum();
        let room = priced.gross[line] - smallest_net(priced.cost[line], margin);
        let mut excess = granted - room.max(Money::ZERO);
        for grant in grants.iter_mut().rev() {
            if excess <= Money::ZERO {
                break;
            }
            let taken = grant.parts[line].at_most(excess);
            excess -= taken;
            grant.parts[line] -= taken;
            grant.amount -= taken;
            note(grant, LimitKind::MinMargin, taken);
        }
    }
}

/// The smallest net at which a line still has the margin: cost / (1 − margin), rounded up to the minor unit.
fn smallest_net(cost: Money, margin: Rate) -> Money {
    if cost == Money::ZERO {
        return Money::ZERO;
    }
    let kept = i128::from(Rate::ONE.ppm() - margin.ppm());
    if kept == 0 {
        return Money(i64::MAX);
    }
    let exact = cost.wide() * i128::from(Rate::ONE.ppm());
    Money::from_wide(div_rem(exact + kept - 1, kept).0).unwrap_or(Money(i64::MAX))
}

fn keep_total(bound: Money, by: LimitKind, grants: &mut [Granted]) {
    let granted: Money = grants.iter().map(|grant| grant.amount).sum();
    let mut excess = granted - bound;
    for grant in grants.iter_mut().rev() {
        if excess <= Money::ZERO {
            break;
        }
        let taken = grant.amount.at_most(excess);
        excess -= taken;
        grant.amount -= taken;
        reallot(grant);
        note(grant, by, taken);
    }
}

/// Allots a smaller amount anew: in proportion to the bases, unless some line would get more than it had.
fn reallot(grant: &mut Granted) {
    let mut parts = PerLine::new();
    allot(grant.amount, &grant.bases, &mut parts);
    if parts.iter().zip(&grant.parts).any(|(new, old)| new > old) {
        allot(grant.amount, &grant.parts, &mut parts);
    }
    grant.parts = parts;
}

fn note(grant: &mut Granted, by: LimitKind, amount: Money) {
    if amount == Money::ZERO {
        return;
    }
    match grant.cuts.iter_mut().find(|cut| cut.by == by) {
        Some(cut) => cut.amount += amount,
        None => grant.cuts.push(Cut { by, amount }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_net_is_rounded_up() {
        let check = |cost, margin: &str, expect| {
            assert_eq!(smallest_net(Money(cost), Rate::parse(margin).expect("a rate")), Money(expect));
        };
        check(2100, "12%", 2387); // 23.8636…
        check(0, "100%", 0);
        check(1, "100%", i64::MAX);
        check(880, "12%", 1000);
    }
}
