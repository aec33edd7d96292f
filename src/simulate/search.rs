//! A search for the best settings on a grid: every setting is tried where there are few, else by simulated annealing.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use argmin::core::{CostFunction, Error, Executor};
use argmin::solver::simulatedannealing::{Anneal, SATempFunc, SimulatedAnnealing};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What may be set to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// By setting, how many steps it has from its lowest to its highest value.
    pub steps: Vec<u32>,
    /// The place on the grid that is nearest to how things are set now.
    pub start: Vec<u32>,
}

/// What a setting achieves.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// One objective or two, each the smaller the better.
    pub objectives: Vec<f64>,
    /// By how much it breaks what has to be kept, as a share of it; 0 where nothing is broken.
    pub violation: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Of one objective the best setting; of two all of those than which none is better in both, by the first. Empty where
    /// nothing that was tried keeps what has to be kept.
    pub best: Vec<Vec<u32>>,
    /// How many settings were tried.
    pub tried: usize,
    /// Whether every setting was tried, so that none is better.
    pub exhaustive: bool,
}

/// The share of the tries that annealing may use up; the rest is for the neighbours of what it found.
const ANNEALING: f64 = 0.7;
/// What breaking a constraint by all of it costs, beside objectives relative to the start.
const PENALTY: f64 = 100.0;
/// Weights of the first of two objectives: one search for each.
const WEIGHTS: [f64; 5] = [0.5, 0.95, 0.05, 0.75, 0.25];

/// Searches a grid for the settings with the best scores. The same seed gives the same answer.
///
/// S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by Simulated Annealing", Science 220 (1983); with two
/// objectives once for each of several weighted sums, and what is not dominated of all tries is the frontier. Each run is
/// followed by descent to the best neighbour. `evaluate` gives `None` for a setting that cannot be, and ends the search
/// where it gives an error.
pub fn search<E>(
    grid: &Grid,
    tries: usize,
    seed: u64,
    evaluate: impl Fn(&[u32]) -> Result<Option<Score>, E>,
) -> Result<Found, E> {
    let tried = Tried {
        known: RefCell::new(HashMap::new()),
        order: RefCell::new(Vec::new()),
        failed: RefCell::new(None),
        limit: Cell::new(tries),
        evaluate: &evaluate,
    };
    tried.at(&grid.start);
    let whole = grid.steps.iter().try_fold(1usize, |product, steps| product.checked_mul(*steps as usize + 1));
    let exhaustive = whole.is_some_and(|whole| whole <= tries);
    if exhaustive {
        every(grid, &tried);
    } else {
        anneal(grid, &tried, tries, seed);
    }
    if let Some(error) = tried.failed.take() {
        return Err(error);
    }
    Ok(Found { best: tried.best(), tried: tried.order.borrow().len(), exhaustive })
}

/// Everything that was tried.
struct Tried<'a, E, F> {
    known: RefCell<HashMap<Vec<u32>, Option<Score>>>,
    /// In the order of the tries.
    order: RefCell<Vec<Vec<u32>>>,
    failed: RefCell<Option<E>>,
    limit: Cell<usize>,
    evaluate: &'a F,
}

impl<E, F: Fn(&[u32]) -> Result<Option<Score>, E>> Tried<'_, E, F> {
    /// The score of a setting, outer `None` where no more may be tried.
    fn at(&self, place: &[u32]) -> Option<Option<Score>> {
        if let Some(known) = self.known.borrow().get(place) {
            return Some(known.clone());
        }
        if self.order.borrow().len() >= self.limit.get() || self.failed.borrow().is_some() {
            return None;
        }
        match (self.evaluate)(place) {
            Ok(score) => {
                self.known.borrow_mut().insert(place.to_vec(), score.clone());
                self.order.borrow_mut().push(place.to_vec());
                Some(score)
            }
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                None
            }
        }
    }

    /// What is not dominated among all that keeps what has to be kept, by the first objective.
    fn best(&self) -> Vec<Vec<u32>> {
        let (known, order) = (self.known.borrow(), self.order.borrow());
        let score = |place: &Vec<u32>| known.get(place).and_then(Option::as_ref).filter(|score| score.violation <= 0.0);
        let mut kept: Vec<(&Vec<u32>, &Score)> =
            order.iter().filter_map(|place| Some((place, score(place)?))).collect();
        // Stable: of equals the first that was tried.
        kept.sort_by(|(_, a), (_, b)| {
            let pairs = a.objectives.iter().zip(&b.objectives);
            pairs.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut front: Vec<(&Vec<u32>, &Score)> = Vec::new();
        for (place, score) in kept {
            let dominated =
                front.last().is_some_and(|(_, best)| match (best.objectives.get(1), score.objectives.get(1)) {
                    (Some(best), Some(other)) => best <= other,
                    _ => true,
                });
            if !dominated {
                front.push((place, score));
            }
        }
        front.into_iter().map(|(place, _)| place.clone()).collect()
    }
}

fn every<E, F: Fn(&[u32]) -> Result<Option<Score>, E>>(grid: &Grid, tried: &Tried<'_, E, F>) {
    let mut place = vec![0; grid.steps.len()];
    // The start may have been tried beyond the limit of a grid that is all start.
    tried.limit.set(tried.limit.get().saturating_add(1));
    loop {
        if tried.at(&place).is_none() {
            return;
        }
        let Some(at) = place.iter().zip(&grid.steps).position(|(place, steps)| place < steps) else { return };
        place[at] += 1;
        place[..at].fill(0);
    }
}

fn anneal<E, F: Fn(&[u32]) -> Result<Option<Score>, E>>(grid: &Grid, tried: &Tried<'_, E, F>, tries: usize, seed: u64) {
    let Some(base) = tried.at(&grid.start).flatten() else {
        // Whoever starts from a policy that cannot be has the whole grid to look for one.
        return wander(grid, tried, tries, seed);
    };
    let weights: &[f64] = if base.objectives.len() > 1 { &WEIGHTS } else { &[1.0] };
    for (nth, weight) in weights.iter().enumerate() {
        let energy = |score: &Score| {
            let relative =
                score.objectives.iter().zip(&base.objectives).map(|(value, base)| value / base.abs().max(1e-9));
            let sum: f64 = relative.zip([*weight, 1.0 - *weight]).map(|(value, weight)| value * weight).sum();
            sum + PENALTY * score.violation
        };
        let share = tries * (nth + 1) / weights.len();
        let before = tries * nth / weights.len();
        tried.limit.set(before + ((share - before) as f64 * ANNEALING) as usize);
        let rng = |stream: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(2 * nth as u64 + stream);
            rng
        };
        let landscape = Landscape { grid, tried, energy: &energy, rng: RefCell::new(rng(0)) };
        // Energies are relative, so a tenth is much at the start.
        if let Ok(solver) = SimulatedAnnealing::new_with_rng(0.1, rng(1)) {
            let solver = solver.with_temp_func(SATempFunc::Exponential(0.98));
            let most = 20 * (share - before) as u64;
            let start = grid.start.clone();
            // It ends with an error where the tries are used up: what was tried is kept beside it.
            let _ = Executor::new(landscape, solver)
                .configure(|state| state.param(start).max_iters(most))
                .timer(false)
                .run();
        }
        tried.limit.set(share);
        descend(grid, tried, &energy);
    }
}

/// Tries settings at random.
fn wander<E, F: Fn(&[u32]) -> Result<Option<Score>, E>>(grid: &Grid, tried: &Tried<'_, E, F>, tries: usize, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..tries {
        let place: Vec<u32> = grid.steps.iter().map(|steps| rng.random_range(0..=*steps)).collect();
        if tried.at(&place).is_none() {
            return;
        }
    }
}

/// From the best that was tried to the best of its neighbours, as long as there is a better one.
fn descend<E, F: Fn(&[u32]) -> Result<Option<Score>, E>>(
    grid: &Grid,
    tried: &Tried<'_, E, F>,
    energy: &dyn Fn(&Score) -> f64,
) {
    let of = |place: &[u32]| tried.known.borrow().get(place).and_then(Option::as_ref).map(energy);
    let best = {
        let order = tried.order.borrow();
        let known = order.iter().filter_map(|place| Some((place.clone(), of(place)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let Some((mut place, mut lowest)) = best else { return };
    loop {
        let from = place.clone();
        for at in 0..grid.steps.len() {
            for up in [false, true] {
                let moved = if up { from[at] + 1 } else { from[at].wrapping_sub(1) };
                if moved > grid.steps[at] {
                    continue;
                }
                let mut next = from.clone();
                next[at] = moved;
                let Some(score) = tried.at(&next) else { return };
                if let Some(energy) = score.as_ref().map(energy)
                    && energy < lowest
                {
                    (place, lowest) = (next, energy);
                }
            }
        }
        if place == from {
            return;
        }
    }
}

/// A grid as annealing sees it.
struct Landscape<'a, 'b, E, F> {
    grid: &'a Grid,
    tried: &'a Tried<'b, E, F>,
    energy: &'a dyn Fn(&Score) -> f64,
    rng: RefCell<ChaCha8Rng>,
}

impl<E, F: Fn(&[u32]) -> Result<Option<Score>, E>> CostFunction for Landscape<'_, '_, E, F> {
    type Param = Vec<u32>;
    type Output = f64;

    fn cost(&self, place: &Vec<u32>) -> Result<f64, Error> {
        match self.tried.at(place) {
            // Far above every other, and finite: differences of energies are taken.
            Some(score) => Ok(score.as_ref().map_or(1e9, self.energy)),
            None => Err(Error::msg("no more may be tried")),
        }
    }
}

impl<E, F> Anneal for Landscape<'_, '_, E, F> {
    type Param = Vec<u32>;
    type Output = Vec<u32>;
    type Float = f64;

    /// Moves one setting, now and then two, by up to a quarter of its range.
    fn anneal(&self, place: &Vec<u32>, _: f64) -> Result<Vec<u32>, Error> {
        let mut rng = self.rng.borrow_mut();
        let mut next = place.clone();
        for _ in 0..if rng.random_bool(0.3) { 2 } else { 1 } {
            let at = rng.random_range(0..next.len());
            let steps = self.grid.steps[at];
            let far = rng.random_range(1..=(steps / 4).max(1));
            next[at] = if rng.random_bool(0.5) { (next[at] + far).min(steps) } else { next[at].saturating_sub(far) };
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn bowl(place: &[u32], centre: &[f64]) -> f64 {
        1.0 + place.iter().zip(centre).map(|(at, centre)| (f64::from(*at) - centre).powi(2)).sum::<f64>()
    }

    fn one(objective: f64) -> Result<Option<Score>, Infallible> {
        Ok(Some(Score { objectives: vec![objective], violation: 0.0 }))
    }

    #[test]
    fn a_small_grid_is_tried_whole() {
        let grid = Grid { steps: vec![9, 9], start: vec![0, 0] };
        let found = search(&grid, 100, 1, |place| one(bowl(place, &[7.2, 2.9]))).expect("an answer");
        assert_eq!(found, Found { best: vec![vec![7, 3]], tried: 100, exhaustive: true });
    }

    #[test]
    fn a_large_grid_is_annealed_and_the_same_seed_finds_the_same() {
        let grid = Grid { steps: vec![60, 60, 60], start: vec![0, 60, 30] };
        // A ripple makes many local optima.
        let ripple = |place: &[u32]| place.iter().map(|at| (f64::from(*at) * 2.1).sin().abs()).sum::<f64>();
        let at = |place: &[u32]| one(bowl(place, &[41.0, 12.0, 5.0]) + 3.0 * ripple(place));
        let found = search(&grid, 1_500, 7, at).expect("an answer");
        assert_eq!(found, search(&grid, 1_500, 7, at).expect("the same"));
        assert!(!found.exhaustive && found.tried <= 1_500);
        assert!(bowl(&found.best[0], &[41.0, 12.0, 5.0]) < 20.0, "{:?}", found.best);
    }

    #[test]
    fn constraints_are_kept_and_what_cannot_be_is_left_out() {
        let grid = Grid { steps: vec![9, 9], start: vec![0, 0] };
        let at = |place: &[u32]| -> Result<_, Infallible> {
            let short = 9.0 - f64::from(place[0] + place[1]);
            let score = Score { objectives: vec![bowl(place, &[2.0, 2.0])], violation: (short / 9.0).max(0.0) };
            Ok((place[0] != 5).then_some(score))
        };
        assert_eq!(search(&grid, 100, 1, at).expect("an answer").best, [[4, 5]]);
        let never = |_: &[u32]| one(1.0).map(|score| score.map(|score| Score { violation: 1.0, ..score }));
        assert_eq!(search(&grid, 30, 1, never).expect("none").best, [[0u32; 0]; 0]);
    }

    #[test]
    fn two_objectives_have_a_frontier() {
        let grid = Grid { steps: vec![10, 10], start: vec![5, 5] };
        // The first wants little, the second much, and the second setting is of no use to either.
        let at = |place: &[u32]| -> Result<_, Infallible> {
            let (use_of, waste) = (f64::from(place[0]), f64::from(place[1]));
            Ok(Some(Score { objectives: vec![1.0 + use_of + waste, 20.0 - use_of], violation: 0.0 }))
        };
        let found = search(&grid, 200, 1, at).expect("a frontier");
        assert_eq!(found.best, (0..=10).map(|n| vec![n, 0]).collect::<Vec<_>>());
    }

    #[test]
    fn a_failure_ends_it() {
        let grid = Grid { steps: vec![9], start: vec![0] };
        assert_eq!(search(&grid, 10, 1, |place| if place[0] == 4 { Err("broken") } else { Ok(None) }), Err("broken"));
    }
}
