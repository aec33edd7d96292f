//! The best spends where every class keeps to one stretch of its curve.

use super::class::ClassModel;
use crate::estimate::root;

/// What the spends of all classes have to keep to. Multipliers are prices: `budget` is what a unit of money is worth,
/// `quality` what a unit of satisfaction of one customer is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most that may be spent in all; infinite where nothing bounds it.
    pub(super) budget: f64,
    /// The least that the satisfaction of all customers must sum to; minus infinity where nothing does.
    pub(super) quality: f64,
}

/// Prices of both bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Prices {
    pub(super) budget: f64,
    pub(super) quality: f64,
}

/// A class with the spends that it may choose from: alternatives, each a stretch on which its value rises ever slower,
/// or a single spend.
#[derive(Debug, Clone)]
pub(super) struct Choice<'a> {
    pub(super) class: &'a ClassModel,
    pub(super) stretches: Vec<(f64, f64)>,
}

/// Spends by class, and the prices at which nobody would choose otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Allotted {
    pub(super) spend: Vec<f64>,
    pub(super) prices: Prices,
}

impl Choice<'_> {
    /// What a unit of spend on a customer adds, less what it costs.
    pub(super) fn pull(class: &ClassModel, discount_rate: f64, prices: Prices, spend: f64) -> f64 {
        let quality = class.satisfaction.map_or(0.0, |curve| curve.slope(spend));
        class.slope(discount_rate, spend) + prices.quality * quality - prices.budget
    }

    /// What a customer is worth at a spend, at these prices.
    pub(super) fn worth(class: &ClassModel, discount_rate: f64, prices: Prices, spend: f64) -> f64 {
        let quality = class.satisfaction.map_or(0.0, |curve| curve.at(spend));
        class.value(discount_rate, spend) + prices.quality * quality - prices.budget * spend
    }

    /// The best spend at these prices.
    pub(super) fn best(&self, discount_rate: f64, prices: Prices) -> f64 {
        let pull = |spend: f64| Self::pull(self.class, discount_rate, prices, spend);
        let on = |(from, until): (f64, f64)| match (pull(from), pull(until)) {
            (first, _) if first <= 0.0 => from,
            (_, last) if last >= 0.0 => until,
            _ => root(pull, from, until),
        };
        let worth = |spend: &f64| Self::worth(self.class, discount_rate, prices, *spend);
        let spends = self.stretches.iter().map(|stretch| on(*stretch));
        spends.max_by(|a, b| worth(a).total_cmp(&worth(b))).unwrap_or(0.0)
    }
}

/// The spends that are worth most within the bounds; absent where nothing is within them.
///
/// By the duality of D. P. Bertsekas, Nonlinear Programming, chapter 6: the higher the price of money the less is
/// spent, the higher that of satisfaction the more there is, so each price is where its bound is just kept. With one
/// stretch for each class that is exact. With alternatives spends can jump across a bound; the prices then still bound
/// what can be reached from above.
pub(super) fn allot(choices: &[Choice<'_>], discount_rate: f64, bounds: Bounds) -> Option<Allotted> {
    let at = |prices: Prices| -> Vec<f64> { choices.iter().map(|choice| choice.best(discount_rate, prices)).collect() };
    let sum = |spends: &[f64], of: &dyn Fn(&ClassModel, f64) -> f64| -> f64 {
        choices.iter().zip(spends).map(|(choice, spend)| choice.class.customers * of(choice.class, *spend)).sum()
    };
    let cost = |spends: &[f64]| sum(spends, &|_, spend| spend);
    let quality = |spends: &[f64]| sum(spends, &quality_of);
    let least: Vec<f64> =
        choices.iter().map(|choice| choice.stretches.iter().map(|s| s.0).fold(f64::INFINITY, f64::min)).collect();
    let slack = if bounds.budget.is_finite() { 1e-12 * bounds.budget.abs().max(1.0) } else { 0.0 };
    let spare = bounds.budget - cost(&least);
    if spare < -slack {
        return None;
    }
    let within_budget = |quality: f64| -> Prices {
        let free = Prices { budget: 0.0, quality };
        // At this price nobody wants more than the least.
        let dear = choices.iter().zip(&least);
        let dear =
            dear.map(|(choice, least)| Choice::pull(choice.class, discount_rate, free, *least)).fold(0.0, f64::max);
        if spare <= slack {
            return Prices { budget: dear, quality };
        }
        if cost(&at(free)) <= bounds.budget {
            return free;
        }
        // Where value rises ever faster more is wanted at that price, so it may have to be higher.
        let mut most = dear.max(1e-3);
        while cost(&at(Prices { budget: most, quality })) > bounds.budget {
            most *= 2.0;
        }
        let budget = root(|budget| cost(&at(Prices { budget, quality })) - bounds.budget, 0.0, most);
        Prices { budget, quality }
    };
    let missing = |price: f64| quality(&at(within_budget(price))) - bounds.quality;
    let prices = if bounds.quality == f64::NEG_INFINITY || missing(0.0) >= 0.0 {
        within_budget(0.0)
    } else {
        let mut most = 1.0;
        while missing(most) < 0.0 {
            most *= 4.0;
            if most > 1e30 {
                return None;
            }
        }
        within_budget(root(missing, 0.0, most))
    };
    Some(Allotted { spend: at(prices), prices })
}

/// How satisfied a customer of a class is at a spend; nothing where nothing is assumed of it.
pub(super) fn quality_of(class: &ClassModel, spend: f64) -> f64 {
    class.satisfaction.map_or(0.0, |curve| curve.at(spend))
}
