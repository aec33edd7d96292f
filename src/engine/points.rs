//! Points on a decision: what is paid with them, and what the purchase earns.

use thiserror::Error;

use super::condition::all_hold;
use super::price::Priced;
use crate::model::{Basket, Facts, Totals};
use crate::money::{Money, Number, Rate, div_rem};
use crate::policy::{Bundle, Points};

/// Why fewer points pay than were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PointsShort {
    /// Nobody to have points.
    #[error("a guest has no points")]
    Guest,
    /// The policy says nothing about redeeming.
    #[error("points cannot pay under this policy")]
    CannotPay,
    /// The customer has fewer.
    #[error("the customer can redeem {0} points")]
    Owned(i64),
    /// The largest share of a purchase.
    #[error("points pay at most {share} of a purchase, here {most}")]
    Share {
        /// The share.
        share: Rate,
        /// So many points.
        most: i64,
    },
    /// The fewest at once.
    #[error("at least {0} points pay at once")]
    AtLeast(u32),
    /// Not even the smallest coin.
    #[error("so few points are worth nothing")]
    Worthless,
}

/// Why fewer points pay than the basket asks for; empty where all do. `net` is what the decision came to.
pub fn points_short(bundle: &Bundle, facts: &Facts, basket: &Basket, net: Money) -> Vec<PointsShort> {
    let mut short = Vec::new();
    usable(bundle, facts, basket.redeem_points, net, &mut short);
    short
}

/// Fills in points paid, redeemed and earned. What cannot be redeemed (too few, above the share, not owned) is not.
pub(super) fn settle(bundle: &Bundle, facts: &Facts, basket: &Basket, priced: &Priced, totals: &mut Totals) {
    let (used, paid) = usable(bundle, facts, basket.redeem_points, totals.net(), &mut Vec::new());
    totals.points_redeemed = used;
    totals.points_paid = paid;
    if let Some(points) = &bundle.points {
        earn(points, facts, basket, priced, totals);
    }
}

/// How many of the points asked for pay, and what they are worth. Notes what stands against the rest.
fn usable(bundle: &Bundle, facts: &Facts, asked: i64, net: Money, short: &mut Vec<PointsShort>) -> (i64, Money) {
    const NONE: (i64, Money) = (0, Money::ZERO);
    if asked <= 0 {
        return NONE;
    }
    let Some(rule) = bundle.points.as_ref().and_then(|points| points.redeem).filter(|rule| rule.value.0 > 0) else {
        short.push(PointsShort::CannotPay);
        return NONE;
    };
    if facts.customer.is_none() {
        short.push(PointsShort::Guest);
        return NONE;
    }
    let owned = facts.points.max(0);
    if owned < asked {
        short.push(PointsShort::Owned(owned));
    }
    let most = Number::money(rule.max_share.bound_of(net), bundle.currency);
    let most = i64::try_from(most.0 / rule.value.0).unwrap_or(i64::MAX);
    if most < asked.min(owned) {
        short.push(PointsShort::Share { share: rule.max_share, most });
    }
    let used = asked.min(owned).min(most);
    if used < i64::from(rule.at_least) {
        short.push(PointsShort::AtLeast(rule.at_least));
        return NONE;
    }
    let worth = Number(rule.value.0.saturating_mul(i128::from(used)));
    match worth.to_money(bundle.currency) {
        Some(paid) if paid > Money::ZERO => (used, paid.at_most(net)),
        _ => {
            if short.is_empty() {
                short.push(PointsShort::Worthless);
            }
            NONE
        }
    }
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
    totals.points_earned = i64::try_from(div_rem(up, down).0).unwrap_or(i64::MAX);
}
