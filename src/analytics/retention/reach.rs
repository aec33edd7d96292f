//! What satisfaction a budget buys at most.

use super::class::ClassModel;
use super::solve::Problem;
use crate::estimate::root;

/// Floors of satisfaction that cannot be kept, and what comes nearest.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreachable {
    /// What it would take in all; absent where no spend reaches it.
    pub needed: Option<f64>,
    /// By class, the spend on a customer that comes nearest.
    pub spend: Vec<f64>,
    /// By how much the average floor, or else every floor of a class that is missed, would have to be lower.
    pub missed_by: f64,
}

/// Spends on a customer, by class, between which the best lie.
pub(super) struct Reach {
    /// The least that keep the floors of classes.
    pub(super) least: Vec<f64>,
    /// Those that satisfy most within the budget, where an average has to be kept; the least otherwise.
    pub(super) most: Vec<f64>,
}

/// What can be reached at all.
pub(super) fn reach(problem: &Problem) -> Result<Reach, Unreachable> {
    let budget = problem.budget.unwrap_or(f64::INFINITY);
    let least = least(problem, 0.0);
    let kept = least.as_ref().is_some_and(|spend| problem.cost(spend) <= budget);
    let least = match least {
        Some(least) if kept => least,
        least => {
            let missed_by = lower_by(problem, budget);
            let spend = self::least(problem, missed_by).unwrap_or_default();
            return Err(Unreachable { needed: least.map(|spend| problem.cost(&spend)), spend, missed_by });
        }
    };
    let Some(floor) = problem.floor else { return Ok(Reach { most: least.clone(), least }) };
    let most = greatest(problem, &least, |spend| problem.cost(spend) - budget);
    let reached = problem.satisfaction(&most);
    if reached >= floor {
        return Ok(Reach { least, most });
    }
    let ceiling: f64 = problem.classes.iter().map(|class| class.customers * ceiling(class)).sum::<f64>();
    let needed = (floor < ceiling / problem.customers())
        .then(|| problem.cost(&greatest(problem, &least, |spend| problem.satisfaction(spend) - floor)));
    Err(Unreachable { needed, spend: most, missed_by: floor - reached })
}

fn ceiling(class: &ClassModel) -> f64 {
    class.satisfaction.map_or(0.0, |curve| curve.ceiling)
}

/// The least spends where every floor of a class is lower by this much; absent where no spend keeps one of them.
fn least(problem: &Problem, lower: f64) -> Option<Vec<f64>> {
    let spend = |class: &ClassModel| match (class.satisfaction, class.floor) {
        (Some(curve), Some(floor)) => curve.spend_for(floor - lower),
        _ => Some(0.0),
    };
    problem.classes.iter().map(spend).collect()
}

/// By how much every floor of a class has to be lower, so that the budget reaches them; to the last digit of a float.
fn lower_by(problem: &Problem, budget: f64) -> f64 {
    let above = |class: &ClassModel| Some(class.floor? - class.satisfaction?.low);
    let (mut too_little, mut enough) = (0.0, problem.classes.iter().filter_map(above).fold(0.0, f64::max));
    for _ in 0..200 {
        let middle = 0.5 * (too_little + enough);
        if least(problem, middle).is_some_and(|spend| problem.cost(&spend) <= budget) {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    enough
}

/// The spends that satisfy most for what they cost, at the price at which `over` crosses zero: every class is spent on
/// until a unit of money adds the same satisfaction everywhere.
fn greatest(problem: &Problem, least: &[f64], over: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let at = |log_price: f64| -> Vec<f64> {
        let spend = |(class, least): (&ClassModel, &f64)| {
            let Some(curve) = class.satisfaction else { return *least };
            curve.spend_at_slope(log_price.exp()).clamp(*least, least + curve.saturation())
        };
        problem.classes.iter().zip(least).map(spend).collect()
    };
    let first = |class: &ClassModel| class.satisfaction.map(|curve| (curve.k * (curve.ceiling - curve.low)).ln());
    let highest = problem.classes.iter().filter_map(first).fold(f64::NEG_INFINITY, f64::max);
    // 40 natural logarithms lower every curve is saturated.
    let lowest = problem.classes.iter().filter_map(first).fold(highest, f64::min) - 80.0;
    if over(&at(lowest)) <= 0.0 {
        return at(lowest);
    }
    at(root(|log_price| over(&at(log_price)), lowest, highest))
}
