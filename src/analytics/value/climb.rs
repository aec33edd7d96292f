//! To the top of a log-likelihood, and how sharp it is there.
//!
//! Parameters are climbed on a logarithmic scale, where they have no bounds, by Newton's steps, whose matrix says how well
//! each parameter is known. Where second slopes are not known in closed form, or the steps do not arrive, `argmin`'s L-BFGS
//! brings the climb near the top first.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::surface::{Height, Surface};
use crate::metric::{exp, ln};

/// The top of a log-likelihood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Top {
    /// Where it is.
    pub parameters: Vec<f64>,
    /// How high it is.
    pub ln_likelihood: f64,
    /// Standard errors of the logarithms of the parameters; infinite along a direction that is flat.
    pub ln_errors: Vec<f64>,
    /// The largest slope left, in units of ln likelihood per unit of ln parameter.
    pub slope: f64,
    /// How often the log-likelihood was computed.
    pub evaluations: u32,
}

impl Top {
    /// Whether no slope is left that matters.
    pub fn has_arrived(&self) -> bool {
        self.slope <= 1e-3 * (1.0 + self.ln_likelihood.abs()).sqrt()
    }
}

/// Beyond e^±10 a parameter has run away: a wall keeps the climb where numbers are numbers.
const WALL: f64 = 10.0;

/// A surface upside down on a logarithmic scale, that remembers what it was asked last and the best it saw: `argmin`
/// asks for value and slope one after the other, and forgets where it was when a line search fails.
struct Descent<'s, S> {
    surface: &'s S,
    seen: RefCell<Seen>,
}

/// What a surface is at one place, upside down and on a logarithmic scale.
#[derive(Clone)]
struct Place {
    cost: f64,
    slope: Vec<f64>,
    bend: Option<Vec<Vec<f64>>>,
}

#[derive(Default)]
struct Seen {
    last: Option<(Vec<f64>, Place)>,
    best: Option<(Vec<f64>, f64)>,
    evaluations: u32,
}

impl<S: Surface> Descent<'_, S> {
    fn at(&self, logs: &[f64]) -> Place {
        let mut seen = self.seen.borrow_mut();
        if let Some((_, place)) = seen.last.as_ref().filter(|(at, _)| at == logs) {
            return place.clone();
        }
        let parameters: Vec<f64> = logs.iter().map(|log| exp(log.clamp(-2.0 * WALL, 2.0 * WALL))).collect();
        let Height { value, slopes, bends } = self.surface.at(&parameters);
        let mut cost = -value;
        let mut slope: Vec<f64> = slopes.iter().zip(&parameters).map(|(slope, parameter)| -slope * parameter).collect();
        let mut bend = bends.map(|mut bend| {
            for (row, of_row) in bend.iter_mut().enumerate() {
                for (column, part) in of_row.iter_mut().enumerate() {
                    *part *= -parameters[row] * parameters[column];
                }
                of_row[row] += slope[row];
            }
            bend
        });
        let height = 1.0 + value.abs();
        for (at, (log, slope)) in logs.iter().zip(&mut slope).enumerate() {
            let beyond = log - log.clamp(-WALL, WALL);
            cost += height * beyond * beyond;
            *slope += 2.0 * height * beyond;
            if let Some(bend) = bend.as_mut().filter(|_| beyond.abs() > 0.0) {
                bend[at][at] += 2.0 * height;
            }
        }
        if !cost.is_finite() || slope.iter().any(|slope| !slope.is_finite()) {
            (cost, slope, bend) = (f64::MAX.sqrt(), vec![0.0; logs.len()], None);
        }
        seen.evaluations += 1;
        if seen.best.as_ref().is_none_or(|(_, best)| cost < *best) {
            seen.best = Some((logs.to_vec(), cost));
        }
        let place = Place { cost, slope, bend };
        seen.last = Some((logs.to_vec(), place.clone()));
        place
    }

    /// The matrix of second slopes, by central differences of the slopes where the surface does not tell them.
    fn bend(&self, logs: &[f64]) -> Vec<Vec<f64>> {
        const STEP: f64 = 1e-3;
        if let Some(bend) = self.at(logs).bend.filter(|bend| bend.iter().flatten().all(|part| part.is_finite())) {
            return bend;
        }
        let n = logs.len();
        let mut bend = vec![vec![0.0; n]; n];
        for at in 0..n {
            let moved = |by: f64| {
                let mut near = logs.to_vec();
                near[at] += by;
                self.at(&near).slope
            };
            let (above, below) = (moved(STEP), moved(-STEP));
            for other in 0..n {
                let slope = (above[other] - below[other]) / (2.0 * STEP);
                bend[at][other] += slope / 2.0;
                bend[other][at] += slope / 2.0;
            }
        }
        bend
    }
}

impl<S: Surface> CostFunction for &Descent<'_, S> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, logs: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.at(logs).cost)
    }
}

impl<S: Surface> Gradient for &Descent<'_, S> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, logs: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.at(logs).slope)
    }
}

/// Climbs to the top of a surface.
pub(super) fn climb<S: Surface>(surface: &S) -> Top {
    let descent = Descent { surface, seen: RefCell::default() };
    let start: Vec<f64> = surface.start().into_iter().map(ln).collect();
    let Place { cost: height, bend, .. } = descent.at(&start);
    if bend.is_some() {
        let top = sharpen(&descent, start.clone());
        if top.has_arrived() {
            return top;
        }
    }
    let near = LBFGS::new(MoreThuenteLineSearch::new(), 7)
        .with_tolerance_grad(1e-6 * height.abs().max(1.0))
        .and_then(|solver| solver.with_tolerance_cost(1e-9 * height.abs().max(1.0)))
        .and_then(|solver| {
            Executor::new(&descent, solver)
                .configure(|state| state.param(start.clone()).max_iters(200))
                .timer(false)
                .run()
        });
    // A line search that found nothing better leaves the best point that was seen, and Newton's steps go on from there.
    drop(near);
    let best = descent.seen.borrow().best.clone();
    let logs = best.map_or(start, |(logs, _)| logs);
    sharpen(&descent, logs)
}

/// Newton's steps, shortened until they lead down; where the surface bends the wrong way, or hardly, towards the slope.
fn sharpen<S: Surface>(descent: &Descent<'_, S>, mut logs: Vec<f64>) -> Top {
    const MOST_STEPS: usize = 40;
    let Place { mut cost, mut slope, .. } = descent.at(&logs);
    let (mut damping, mut idle) = (0.0, 0);
    for _ in 0..MOST_STEPS {
        let bend = descent.bend(&logs);
        let size = (0..logs.len()).map(|at| bend[at][at].abs()).fold(f64::MIN_POSITIVE, f64::max);
        let mut moved = None;
        for _ in 0..30 {
            let mut damped = bend.clone();
            (0..logs.len()).for_each(|at| damped[at][at] += damping * size);
            if let Some(step) = solve(&damped, &slope) {
                let longest = step.iter().fold(0.0f64, |most, part| most.max(part.abs()));
                let shortened = if longest > 2.0 { 2.0 / longest } else { 1.0 };
                let near: Vec<f64> = logs.iter().zip(&step).map(|(log, part)| log - shortened * part).collect();
                let Place { cost: found, slope: found_slope, .. } = descent.at(&near);
                if found <= cost {
                    moved = Some((near, found, found_slope, longest));
                    break;
                }
            }
            damping = if damping == 0.0 { 1e-6 } else { damping * 10.0 };
        }
        let Some((near, found, found_slope, longest)) = moved else { break };
        let gained = cost - found;
        (logs, cost, slope) = (near, found, found_slope);
        damping = if damping > 1e-6 { damping / 10.0 } else { 0.0 };
        // Two steps that gain next to nothing: the top, or a ridge that goes on for ever.
        idle = if gained < 1e-6 { idle + 1 } else { 0 };
        if longest < 1e-7 || idle == 2 {
            break;
        }
    }
    let bend = descent.bend(&logs);
    let ln_errors = inverse_diagonal(&bend).unwrap_or_else(|| vec![f64::INFINITY; logs.len()]);
    let parameters: Vec<f64> = logs.iter().copied().map(exp).collect();
    let ln_likelihood = descent.surface.at(&parameters).value;
    let evaluations = descent.seen.borrow().evaluations;
    let slope = slope.iter().fold(0.0f64, |most, part| most.max(part.abs()));
    Top { parameters, ln_likelihood, ln_errors, slope, evaluations }
}

/// The lower triangle L with L Lᵀ = the matrix (Cholesky); absent where the matrix does not bend upwards everywhere.
fn triangle(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let size = (0..n).map(|at| matrix[at][at].abs()).fold(0.0, f64::max);
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i != j {
                lower[i][j] = rest / lower[j][j];
            } else if rest > 1e-11 * size {
                lower[i][i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(lower)
}

/// x with matrix · x = right.
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let lower = triangle(matrix)?;
    let n = right.len();
    let mut x = right.to_vec();
    for i in 0..n {
        x[i] = (x[i] - (0..i).map(|k| lower[i][k] * x[k]).sum::<f64>()) / lower[i][i];
    }
    for i in (0..n).rev() {
        x[i] = (x[i] - (i + 1..n).map(|k| lower[k][i] * x[k]).sum::<f64>()) / lower[i][i];
    }
    Some(x)
}

/// Roots of the diagonal of the inverse.
fn inverse_diagonal(matrix: &[Vec<f64>]) -> Option<Vec<f64>> {
    let unit = |at: usize| (0..matrix.len()).map(|i| if i == at { 1.0 } else { 0.0 }).collect::<Vec<_>>();
    (0..matrix.len()).map(|at| solve(matrix, &unit(at)).map(|column| column[at].sqrt())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A banana-shaped valley with its top at (2, 5) and known bends.
    struct Banana;

    impl Surface for Banana {
        fn start(&self) -> Vec<f64> {
            vec![0.1, 40.0]
        }

        fn at(&self, parameters: &[f64]) -> Height {
            let (x, y) = (parameters[0].ln() - 2f64.ln(), parameters[1].ln() - 5f64.ln());
            let (one, other) = (1.0 - x, y - x * x);
            let value = -(one - 1.0) * (one - 1.0) - 30.0 * other * other;
            let by_x = 2.0 * (one - 1.0) + 120.0 * other * x;
            Height { value, slopes: vec![by_x / parameters[0], -60.0 * other / parameters[1]], bends: None }
        }
    }

    #[test]
    fn tops_are_found_and_measured() {
        let top = climb(&Banana);
        assert!((top.parameters[0] - 2.0).abs() < 1e-6 && (top.parameters[1] - 5.0).abs() < 1e-6, "{top:?}");
        // Second slopes at the top: −2 in x, −60 in y.
        assert!((top.ln_errors[0] - 0.5f64.sqrt()).abs() < 1e-3, "{top:?}");
        assert!((top.ln_errors[1] - (1.0f64 / 60.0).sqrt()).abs() < 1e-3, "{top:?}");
        assert!(top.slope < 1e-4, "{top:?}");
    }
}
