//! The best of all spends.

use super::allot::{Allotted, Bounds, Choice, Prices, allot, quality_of};
use super::class::ClassModel;
use super::reach::{Reach, Unreachable, reach};
use crate::estimate::root;

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
        self.sum(spend, quality_of) / self.customers()
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

/// Where a class may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// At the least spend that is allowed.
    Least,
    /// Where the value rises ever slower.
    Upper,
    /// Where it still rises ever faster. At most one class does: of two, one would gain by taking from the other.
    Lower,
}

/// The stretches of a class.
#[derive(Debug, Clone, Copy)]
struct Shape {
    least: f64,
    turn: f64,
    most: f64,
}

impl Shape {
    fn stretch(&self, part: Part) -> (f64, f64) {
        match part {
            Part::Least => (self.least, self.least),
            Part::Lower => (self.least, self.turn),
            Part::Upper => (self.turn, self.most),
        }
    }

    fn parts(&self) -> &'static [Part] {
        if self.turn > self.least { &[Part::Upper, Part::Least, Part::Lower] } else { &[Part::Upper] }
    }
}

/// The spends that make the base worth most, or how much of what is asked can be reached.
///
/// The value of a class is S-shaped in the spend on it, so there may be several local optima, such as one class served
/// well in place of two served by half. What every class would choose at common prices is looked at first: where that
/// keeps the bounds exactly, nothing can be better. Otherwise every combination of stretches is looked at whose bound
/// at these prices is above the best found yet (branch and bound, A. H. Land and A. G. Doig, Econometrica 28, 1960).
pub fn solve(problem: &Problem) -> Result<Solution, Unreachable> {
    let Reach { least, most } = reach(problem)?;
    let heads = problem.customers();
    let bounds = Bounds {
        budget: problem.budget.unwrap_or(f64::INFINITY),
        quality: problem.floor.map_or(f64::NEG_INFINITY, |floor| floor * heads),
    };
    let shapes: Vec<Shape> =
        problem.classes.iter().zip(&least).map(|(class, least)| shape(problem, class, *least)).collect();
    let choice = |at: usize, parts: &[Part]| Choice {
        class: &problem.classes[at],
        stretches: parts.iter().map(|part| shapes[at].stretch(*part)).collect(),
    };
    let all: Vec<Choice<'_>> = (0..shapes.len())
        .map(|at| choice(at, if shapes[at].parts().len() > 1 { &[Part::Upper, Part::Least] } else { &[Part::Upper] }))
        .collect();
    let relaxed = allot(&all, problem.discount_rate, bounds);
    let prices = relaxed.as_ref().map_or_else(Prices::default, |found| found.prices);
    let search = Search { problem, bounds, shapes, prices };
    let best = relaxed.filter(|found| search.exact(found)).or_else(|| search.branches());
    // Where a floor is all but out of reach its price is beyond what floats tell apart; what satisfies most keeps it.
    let best = best.unwrap_or_else(|| Allotted { spend: most, prices: Prices::default() });
    Ok(search.solution(best, heads))
}

fn shape(problem: &Problem, class: &ClassModel, least: f64) -> Shape {
    let break_even = class.break_even(problem.discount_rate);
    let saturation = class.satisfaction.filter(|_| problem.floor.is_some()).map_or(0.0, |curve| curve.saturation());
    Shape { least, turn: class.turn(problem.discount_rate, least), most: break_even.max(saturation).max(least) }
}

struct Search<'a> {
    problem: &'a Problem,
    bounds: Bounds,
    shapes: Vec<Shape>,
    /// Of what every class would choose; with them the value of any choice is bounded from above.
    prices: Prices,
}

impl Search<'_> {
    /// Whether spends keep the bounds.
    fn within(&self, spend: &[f64]) -> bool {
        const SLACK: f64 = 1e-9;
        let quality = self.bounds.quality;
        self.problem.cost(spend) <= self.bounds.budget + SLACK * self.bounds.budget.abs().max(1.0)
            && (quality == f64::NEG_INFINITY
                || self.problem.sum(spend, quality_of) >= quality - SLACK * quality.abs().max(1.0))
    }

    /// Whether spends keep the bounds, and those that have a price just so.
    fn exact(&self, found: &Allotted) -> bool {
        const SLACK: f64 = 1e-9;
        let near = |a: f64, b: f64| (a - b).abs() <= SLACK * b.abs().max(1.0);
        self.within(&found.spend)
            && (found.prices.budget == 0.0 || near(self.problem.cost(&found.spend), self.bounds.budget))
            && (found.prices.quality == 0.0 || near(self.problem.sum(&found.spend, quality_of), self.bounds.quality))
    }

    /// What a class can be worth at most on a stretch, at the common prices.
    fn bound(&self, at: usize, part: Part) -> f64 {
        let (class, rate, prices) = (&self.problem.classes[at], self.problem.discount_rate, self.prices);
        let (from, until) = self.shapes[at].stretch(part);
        if part != Part::Lower {
            let best = Choice { class, stretches: vec![(from, until)] }.best(rate, prices);
            return class.customers * Choice::worth(class, rate, prices, best);
        }
        // The value is convex there, so it is largest at the ends of each small piece; satisfaction and cost rise.
        const PIECES: u32 = 64;
        let place = |n: u32| from + (until - from) * f64::from(n) / f64::from(PIECES);
        let piece = |n: u32| {
            let (a, b) = (place(n), place(n + 1));
            let value = class.value(rate, a).max(class.value(rate, b));
            value + prices.quality * quality_of(class, b) - prices.budget * a
        };
        class.customers * (0..PIECES).map(piece).fold(f64::NEG_INFINITY, f64::max)
    }

    fn branches(&self) -> Option<Allotted> {
        let limits = |price: f64, bound: f64| if price == 0.0 { 0.0 } else { price * bound };
        let offset = limits(self.prices.budget, self.bounds.budget) - limits(self.prices.quality, self.bounds.quality);
        let bounds: Vec<Vec<(Part, f64)>> = (0..self.shapes.len())
            .map(|at| {
                let parts = self.shapes[at].parts().iter().map(|part| (*part, self.bound(at, *part)));
                let mut parts: Vec<_> = parts.collect();
                parts.sort_by(|a, b| b.1.total_cmp(&a.1));
                parts
            })
            .collect();
        let mut branches = Branches { search: self, bounds: &bounds, offset, best: None };
        branches.descend(&mut Vec::new());
        branches.best.map(|(_, found)| found)
    }

    /// The best spends where every class has its part.
    fn combination(&self, parts: &[Part]) -> Option<Allotted> {
        let rate = self.problem.discount_rate;
        let choice = |at: usize| Choice {
            class: &self.problem.classes[at],
            stretches: vec![self.shapes[at].stretch(parts[at])],
        };
        let Some(lower) = parts.iter().position(|part| *part == Part::Lower) else {
            let choices: Vec<_> = (0..parts.len()).map(choice).collect();
            return allot(&choices, rate, self.bounds);
        };
        // The spend on one class is tried; the others have the best of what it leaves.
        let class = &self.problem.classes[lower];
        let others: Vec<_> = (0..parts.len()).filter(|at| *at != lower).map(choice).collect();
        let rest = |spend: f64| {
            let left = Bounds {
                budget: self.bounds.budget - class.customers * spend,
                quality: self.bounds.quality - class.customers * quality_of(class, spend),
            };
            allot(&others, rate, left)
        };
        let pull = |spend: f64| rest(spend).map(|found| Choice::pull(class, rate, found.prices, spend));
        let taken: f64 = others.iter().map(|other| other.class.customers * other.stretches[0].0).sum();
        let (from, turn) = self.shapes[lower].stretch(Part::Lower);
        let until = turn.min((self.bounds.budget - taken) / class.customers);
        if until < from {
            return None;
        }
        const TRIES: u32 = 32;
        let place = |n: u32| from + (until - from) * f64::from(n) / f64::from(TRIES);
        let mut tried: Vec<f64> = vec![from, until];
        for n in 0..TRIES {
            let (a, b) = (place(n), place(n + 1));
            if let (Some(before), Some(after)) = (pull(a), pull(b))
                && before > 0.0
                && after < 0.0
            {
                // Where the rest cannot do without more, this class has too much.
                tried.push(root(|spend| pull(spend).unwrap_or(-1.0), a, b));
            }
        }
        let whole = |spend: f64| {
            let mut found = rest(spend)?;
            found.spend.insert(lower, spend);
            let pull = Choice::pull(class, rate, found.prices, spend);
            if spend >= until && until < turn && pull > 0.0 {
                // Nobody else can give anything: money is worth what this class would make of it.
                found.prices.budget += pull;
            }
            Some(found)
        };
        let found = tried.into_iter().filter_map(whole).filter(|found| self.within(&found.spend));
        found.max_by(|a, b| self.problem.value(&a.spend).total_cmp(&self.problem.value(&b.spend)))
    }

    fn solution(&self, found: Allotted, heads: f64) -> Solution {
        let Allotted { spend, prices } = found;
        let rate = self.problem.discount_rate;
        let (mut class_floor_prices, mut residual) = (Vec::new(), 0f64);
        for ((class, shape), spend) in self.problem.classes.iter().zip(&self.shapes).zip(&spend) {
            let pull = Choice::pull(class, rate, prices, *spend);
            let held = *spend <= shape.least;
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

struct Branches<'a> {
    search: &'a Search<'a>,
    /// By class, its parts with their bounds, the best first.
    bounds: &'a [Vec<(Part, f64)>],
    /// What bounds on money and satisfaction add to the bounds of the classes.
    offset: f64,
    best: Option<(f64, Allotted)>,
}

impl Branches<'_> {
    fn descend(&mut self, chosen: &mut Vec<(Part, f64)>) {
        let so_far: f64 = chosen.iter().map(|(_, bound)| bound).sum();
        let open: f64 = self.bounds[chosen.len()..].iter().filter_map(|parts| parts.first()).map(|(_, b)| b).sum();
        let bound = so_far + open + self.offset;
        if self.best.as_ref().is_some_and(|(best, _)| bound <= *best - 1e-12 * best.abs()) {
            return;
        }
        let Some(parts) = self.bounds.get(chosen.len()) else {
            let parts: Vec<Part> = chosen.iter().map(|(part, _)| *part).collect();
            let Some(found) = self.search.combination(&parts) else { return };
            let value = self.search.problem.value(&found.spend);
            if self.search.within(&found.spend) && self.best.as_ref().is_none_or(|(best, _)| value > *best) {
                self.best = Some((value, found));
            }
            return;
        };
        for part in parts {
            if part.0 == Part::Lower && chosen.iter().any(|(part, _)| *part == Part::Lower) {
                continue;
            }
            chosen.push(*part);
            self.descend(chosen);
            chosen.pop();
        }
    }
}
