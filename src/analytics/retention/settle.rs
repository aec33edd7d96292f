//! From spends that are nearly best to those where the first-order conditions hold.

use super::allot::{Allotted, Bounds, Prices};
use super::solve::Problem;

/// Which bounds hold just so.
struct Active {
    /// By class, whether the least that is allowed is spent.
    held: Vec<bool>,
    budget: bool,
    quality: bool,
}

/// Which price a bound that holds has.
enum Price {
    Budget,
    Quality,
}

/// Newton's steps on the conditions of Karush, Kuhn and Tucker, with the bounds that are active found along the way
/// (J. Nocedal and S. J. Wright, Numerical Optimization, chapter 18); absent where they lead nowhere.
pub(super) fn settle(problem: &Problem, least: &[f64], bounds: Bounds, near: &Allotted) -> Option<Allotted> {
    const ROUNDS: u32 = 24;
    const TIGHT: f64 = 1e-9;
    let mut found = near.clone();
    let mut active = Active {
        held: near.spend.iter().zip(least).map(|(spend, least)| spend - least <= 1e-9 * (1.0 + least)).collect(),
        budget: problem.cost(&near.spend) >= bounds.budget - TIGHT * bounds.budget.abs().max(1.0),
        quality: problem.quality(&near.spend) <= bounds.quality + TIGHT * bounds.quality.abs().max(1.0),
    };
    for _ in 0..ROUNDS {
        climb(problem, least, bounds, &mut active, &mut found)?;
        if !changed(problem, bounds, &mut active, &mut found) {
            found.bound = problem.value(&found.spend);
            return Some(found);
        }
    }
    None
}

/// Sets bounds free that cost nothing, and holds those that are not kept.
fn changed(problem: &Problem, bounds: Bounds, active: &mut Active, found: &mut Allotted) -> bool {
    const SLACK: f64 = 1e-11;
    let mut changed = false;
    if active.budget && found.prices.budget < 0.0 {
        (active.budget, found.prices.budget, changed) = (false, 0.0, true);
    } else if !active.budget && problem.cost(&found.spend) > bounds.budget + SLACK * bounds.budget.abs().max(1.0) {
        (active.budget, changed) = (true, true);
    }
    let short = bounds.quality - problem.quality(&found.spend);
    if active.quality && found.prices.quality < 0.0 {
        (active.quality, found.prices.quality, changed) = (false, 0.0, true);
    } else if !active.quality && short > SLACK * bounds.quality.abs().max(1.0) {
        (active.quality, changed) = (true, true);
    }
    for ((class, held), spend) in problem.classes.iter().zip(&mut active.held).zip(&found.spend) {
        if *held && class.pull(problem.discount_rate, found.prices, *spend) > 1e-10 {
            (*held, changed) = (false, true);
        }
    }
    changed
}

/// Newton's steps with these bounds active; who falls below the least is held there.
fn climb(problem: &Problem, least: &[f64], bounds: Bounds, active: &mut Active, found: &mut Allotted) -> Option<()> {
    const MOST_STEPS: u32 = 60;
    let rate = problem.discount_rate;
    let mut last = f64::INFINITY;
    for _ in 0..MOST_STEPS {
        let (held, free): (Vec<usize>, Vec<usize>) = (0..least.len()).partition(|at| active.held[*at]);
        held.into_iter().for_each(|at| found.spend[at] = least[at]);
        if free.is_empty() {
            // Nobody can give anything up: money is worth what the first unit of it would add.
            let pulls = problem.classes.iter().zip(least);
            let free_money = Prices { budget: 0.0, ..found.prices };
            let most = pulls.map(|(class, least)| class.pull(rate, free_money, *least)).fold(0.0, f64::max);
            found.prices.budget = if active.budget { most } else { 0.0 };
            return Some(());
        }
        if free.len() == 1 && active.budget && active.quality {
            // One spend keeps both by chance, or because nothing else does: one price is enough.
            (active.quality, found.prices.quality) = (false, 0.0);
        }
        let prices: Vec<Price> = [(active.budget, Price::Budget), (active.quality, Price::Quality)]
            .into_iter()
            .filter_map(|(active, price)| active.then_some(price))
            .collect();
        let size = free.len() + prices.len();
        let mut rows = vec![vec![0.0; size + 1]; size];
        let mut off = 0f64;
        for (row, at) in free.iter().enumerate() {
            let (class, spend) = (&problem.classes[*at], found.spend[*at]);
            let pull = class.pull(rate, found.prices, spend);
            off = off.max(pull.abs() / (1.0 + found.prices.budget.abs()));
            let slope = class.satisfaction.map_or(0.0, |curve| curve.slope(spend));
            let bend = class.satisfaction.map_or(0.0, |curve| curve.k * slope);
            rows[row][row] = class.customers * (class.bend(rate, spend) - found.prices.quality * bend);
            rows[row][size] = -class.customers * pull;
            for (nth, price) in prices.iter().enumerate() {
                let by = match price {
                    Price::Budget => -class.customers,
                    Price::Quality => class.customers * slope,
                };
                rows[row][free.len() + nth] = by;
                rows[free.len() + nth][row] = by;
            }
        }
        for (nth, price) in prices.iter().enumerate() {
            let (over, bound) = match price {
                Price::Budget => (problem.cost(&found.spend) - bounds.budget, bounds.budget),
                Price::Quality => (bounds.quality - problem.quality(&found.spend), bounds.quality),
            };
            off = off.max(over.abs() / bound.abs().max(1.0));
            rows[free.len() + nth][size] = over;
        }
        if off <= 1e-15 || (off <= 1e-10 && off >= 0.5 * last) {
            return Some(());
        }
        last = off;
        let Some(step) = eliminate(rows) else { return (off <= 1e-10).then_some(()) };
        // A step as long as the curves are is as far as they can be trusted.
        let longest = free.iter().zip(&step).map(|(at, step)| {
            let class = &problem.classes[*at];
            step.abs() * class.satisfaction.map_or(0.0, |curve| curve.k).max(class.retention.k)
        });
        let mut scale = 1.0 / longest.fold(1.0, f64::max);
        // Nor does a step cross a bound, near which the next one may well turn round.
        for (at, step) in free.iter().zip(&step) {
            let above = found.spend[*at] - least[*at];
            if above + scale * step < 0.0 {
                if above <= 1e-7 * (1.0 + least[*at]) {
                    active.held[*at] = true;
                    last = f64::INFINITY;
                } else {
                    scale = scale.min(0.9 * above / -step);
                }
            }
        }
        for (at, step) in free.iter().zip(&step) {
            found.spend[*at] = (found.spend[*at] + scale * step).max(least[*at]);
        }
        for (price, step) in prices.iter().zip(&step[free.len()..]) {
            match price {
                Price::Budget => found.prices.budget += scale * step,
                Price::Quality => found.prices.quality += scale * step,
            }
        }
    }
    None
}

/// Solves linear equations, each with its right side at the end, by Gauss's elimination with the largest pivots; absent
/// where they do not determine a solution.
fn eliminate(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for row in &mut rows {
        let most = row[..size].iter().fold(0.0f64, |most, part| most.max(part.abs()));
        row.iter_mut().for_each(|part| *part /= most);
    }
    for at in 0..size {
        let pivot = (at..size).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))?;
        rows.swap(at, pivot);
        let (above, below) = rows.split_at_mut(at + 1);
        let row = &above[at];
        for other in below {
            let factor = other[at] / row[at];
            (at..=size).for_each(|place| other[place] -= factor * row[place]);
        }
    }
    let mut x = vec![0.0; size];
    for at in (0..size).rev() {
        let rest: f64 = (at + 1..size).map(|other| rows[at][other] * x[other]).sum();
        x[at] = (rows[at][size] - rest) / rows[at][at];
    }
    x.iter().all(|part| part.is_finite()).then_some(x)
}
