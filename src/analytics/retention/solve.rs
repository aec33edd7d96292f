//! The best of all spends.

use super::allot::{Allotted, Bounds, allot, quality_of};
use super::class::ClassModel;
use super::reach::{Reach, Unreachable, reach};
use super::settle::settle;
use super::span::Span;

/// What is asked: the spend on a customer of each class that makes the base worth most.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The classes; at least one.
    pub classes: Vec<ClassModel>,
    /// What a period of waiting takes off money; above zero.
    pub discount_rate: f64,
    /// The most that may be spent in a period on all customers.
    pub budget: Option<f64>,
    /// The least that satisfaction may be on the average over all customers. Every class then has a satisfaction.
    pub floor: Option<f64>,
}

impl Problem {
    /// How many customers there are.
    pub fn customers(&self) -> f64 {
        self.classes.iter().map(|class| class.customers).sum()
    }

    /// What these spends cost in a period.
    pub fn cost(&self, spend: &[f64]) -> f64 {
        self.sum(spend, |_, spend| spend)
    }

    /// What the base is worth at these spends.
    pub fn value(&self, spend: &[f64]) -> f64 {
        self.sum(spend, |class, spend| class.value(self.discount_rate, spend))
    }

    /// How satisfied customers are on the average at these spends.
    pub fn satisfaction(&self, spend: &[f64]) -> f64 {
        self.quality(spend) / self.customers()
    }

    /// What their satisfaction sums to.
    pub(super) fn quality(&self, spend: &[f64]) -> f64 {
        self.sum(spend, quality_of)
    }

    fn sum(&self, spend: &[f64], of: impl Fn(&ClassModel, f64) -> f64) -> f64 {
        self.classes.iter().zip(spend).map(|(class, spend)| class.customers * of(class, *spend)).sum()
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The spend on a customer, by class.
    pub spend: Vec<f64>,
    /// What the whole base is worth.
    pub value: f64,
    /// What the last unit of the budget adds to that value; zero where the budget does not bind.
    pub budget_price: f64,
    /// What a unit more of the average floor takes off that value; zero where it does not bind.
    pub floor_price: f64,
    /// By class, what a unit more of its own floor takes off that value; zero where it does not bind.
    pub class_floor_prices: Vec<f64>,
    /// By how much the first-order conditions are missed at most: the value that a unit of money would add if it were
    /// moved, or added where the budget does not bind.
    pub residual: f64,
}

/// How much better than the answer what was not looked at may be, as a share of what the base brings.
const TOLERANCE: f64 = 1e-11;
/// Stretches looked at, at most.
const MOST_STRETCHES: usize = 20_000;

/// The spends that make the base worth most, or how much of what is asked can be reached.
///
/// The value of a class is S-shaped in the spend on it, so there may be several local optima, such as one class served
/// well in place of two served by half. The value is bounded by concave curves above it, whose best spends keep all bounds;
/// where they leave a gap, the class with the widest is cut in two at its spend, and the better half is looked at first
/// (J. E. Falk and R. M. Soland, An algorithm for separable nonconvex programming problems, Management Science 15, 1969).
/// What is found is brought to where the first-order conditions hold.
pub fn solve(problem: &Problem) -> Result<Solution, Unreachable> {
    let Reach { least, most } = reach(problem)?;
    let heads = problem.customers();
    let bounds = Bounds {
        budget: problem.budget.unwrap_or(f64::INFINITY),
        quality: problem.floor.map_or(f64::NEG_INFINITY, |floor| floor * heads),
    };
    let search = Search { problem, bounds, least: &least };
    // Where a floor is all but out of reach its price is beyond what floats tell apart; what satisfies most keeps it.
    let best = search.best().unwrap_or_else(|| search.settled(&Allotted { spend: most, ..Allotted::default() }));
    Ok(search.solution(best, heads))
}

struct Search<'a> {
    problem: &'a Problem,
    bounds: Bounds,
    least: &'a [f64],
}

/// A stretch for every class, and what is best on them by the curves above.
struct Stretches<'a> {
    spans: Vec<Span<'a>>,
    found: Allotted,
}

impl<'a> Search<'a> {
    /// Everything that may be spent.
    fn spans(&self) -> Vec<Span<'a>> {
        let Problem { classes, discount_rate, floor, .. } = self.problem;
        let spare = self.bounds.budget - self.problem.cost(self.least);
        let span = |(class, least): (&'a ClassModel, &f64)| {
            let saturation = class.satisfaction.filter(|_| floor.is_some()).map_or(0.0, |curve| curve.saturation());
            let most = class.break_even(*discount_rate).max(saturation).min(least + spare / class.customers);
            Span::new(class, *discount_rate, *least, most.max(*least))
        };
        classes.iter().zip(self.least).map(span).collect()
    }

    fn best(&self) -> Option<Allotted> {
        let tolerance =
            TOLERANCE * self.problem.classes.iter().map(|class| class.customers * class.margin.abs()).sum::<f64>();
        let spans = self.spans();
        let found = allot(&spans, self.bounds)?;
        let mut best = self.settled(&found);
        let mut open = vec![Stretches { spans, found }];
        for _ in 0..MOST_STRETCHES {
            let most = open.iter().enumerate().max_by(|(_, a), (_, b)| a.found.bound.total_cmp(&b.found.bound));
            let Some((at, _)) = most else { break };
            let Stretches { spans, found } = open.swap_remove(at);
            if found.bound <= best.bound + tolerance {
                break;
            }
            let gap = |at: &usize| spans[*at].class.customers * spans[*at].gap(found.spend[*at]);
            let Some(widest) = (0..spans.len()).max_by(|a, b| gap(a).total_cmp(&gap(b))) else { break };
            let Span { class, from, until, .. } = spans[widest];
            // Not so near an end that hardly anything is cut off.
            let cut = found.spend[widest].clamp(from + 0.05 * (until - from), until - 0.05 * (until - from));
            for (from, until) in [(from, cut), (cut, until)] {
                let mut spans = spans.clone();
                spans[widest] = Span::new(class, self.problem.discount_rate, from, until);
                let Some(found) = allot(&spans, self.bounds) else { continue };
                let settled = self.settled(&found);
                if settled.bound > best.bound {
                    best = settled;
                }
                if found.bound > best.bound + tolerance {
                    open.push(Stretches { spans, found });
                }
            }
        }
        Some(best)
    }

    /// These spends or better ones near them, with what they are worth as their bound.
    fn settled(&self, found: &Allotted) -> Allotted {
        let value = self.problem.value(&found.spend);
        let as_good = |settled: &Allotted| settled.bound >= value - 1e-10 * value.abs();
        let better = settle(self.problem, self.least, self.bounds, found).filter(as_good);
        better.unwrap_or_else(|| Allotted { bound: value, ..found.clone() })
    }

    fn solution(&self, found: Allotted, heads: f64) -> Solution {
        let Allotted { spend, prices, .. } = found;
        let rate = self.problem.discount_rate;
        let (mut class_floor_prices, mut residual) = (Vec::new(), 0f64);
        for ((class, least), spend) in self.problem.classes.iter().zip(self.least).zip(&spend) {
            let pull = class.pull(rate, prices, *spend);
            let held = spend <= least;
            residual = residual.max(if held { pull.max(0.0) } else { pull.abs() });
            let slope = class.satisfaction.filter(|_| class.floor.is_some() && held).map(|curve| curve.slope(*spend));
            let price =
                slope.filter(|slope| *slope > 0.0).map_or(0.0, |slope| class.customers * -pull.min(0.0) / slope);
            class_floor_prices.push(price);
        }
        Solution {
            value: self.problem.value(&spend),
            budget_price: prices.budget,
            floor_price: prices.quality * heads,
            class_floor_prices,
            residual,
            spend,
        }
    }
}
