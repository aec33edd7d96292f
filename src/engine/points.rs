//! Points on a decision: what is paid with them, and what the purchase earns.

use super::condition::all_hold;
use super::price::Priced;
use crate::model::{Basket, Facts, Totals};
use crate::money::{Money, Number};
use crate::policy::{Bundle, Points};

/// Fills in points paid, redeemed and earned. What cannot be redeemed (too few, above the share, not owned) is not.
pub(super) fn settle(bundle: &Bundle, facts: &Facts, basket: &Basket, priced: &Priced, totals: &mut Totals) {
    let Some(points) = &bundle.points else { return };
    redeem(bundle, points, facts, basket, totals);
    earn(points, facts, basket, priced, totals);
}

fn redeem(bundle: &Bundle, points: &Points, facts: &Facts, basket: &Basket, totals: &mut Totals) {
    let Some(rule) = &points.redeem else { return };
    let most = Number::money(rule.max_share.bound_of(totals.net()), bundle.currency);
    if rule.value.0 <= 0 || facts.customer.is_none() {
        return;
    }
    let payable = i64::try_from(most.0 / rule.value.0).unwrap_or(i64::MAX);
    let used = basket.redeem_points.min(facts.points).min(payable);
    if used <= 0 || used < i64::from(rule.at_least) {
        return;
    }
    let worth = Number(rule.value.0.saturating_mul(i128::from(used)));
    let Some(paid) = worth.to_money(bundle.currency) else { return };
    totals.points_redeemed = used;
    totals.points_paid = paid.at_most(totals.net());
}

fn earn(points: &Points, facts: &Facts, basket: &Basket, priced: &Priced, totals: &mut Totals) {
    if facts.customer.is_none() || points.earn.per <= Money::ZERO {
        return;
    }
    let factor = points
        .multiply
        .iter()
        .filter(|multiplier| all_hold(&multiplier.when, facts, basket, priced))
        .map(|multiplier| multiplier.by)
        .max()
        .unwrap_or(Number::int(1));
    let up = totals.to_pay().wide().saturating_mul(i128::from(points.earn.points)).saturating_mul(factor.0);
    let down = points.earn.per.wide() * Number::int(1).0;
    totals.points_earned = i64::try_from(up / down).unwrap_or(i64::MAX);
}
