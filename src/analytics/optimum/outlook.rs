//! The answer, and what becomes of it where one number is other than assumed.

use super::world::{End, Place, World};
use crate::analytics::retention::{Problem, Solution, Unreachable, solve};
use crate::estimate::Ranged;

/// The answer, and what hangs on what.
#[derive(Debug)]
pub(super) struct Outlook {
    /// With every number as it is used.
    pub(super) problem: Problem,
    pub(super) answer: Result<Solution, Unreachable>,
    /// What the base would be worth if no floor of satisfaction had to be kept; absent where there is none.
    pub(super) without_floors: Option<f64>,
    pub(super) moved: Vec<Moved>,
}

/// One number with its range, and what the ends of it change.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) place: Place,
    pub(super) range: Ranged,
    /// At its low end; absent where no curve goes through that.
    pub(super) low: Option<Elsewhere>,
    pub(super) high: Option<Elsewhere>,
}

/// How it is where one number is other than assumed.
#[derive(Debug)]
pub(super) struct Elsewhere {
    /// What the base is worth there at the spends of the answer.
    pub(super) value: f64,
    /// The spends that would be best there; absent where floors cannot be kept.
    pub(super) best: Option<Solution>,
}

impl Outlook {
    /// Solves a world, and all worlds next to it. Absent where no curve goes through its numbers.
    pub(super) fn of(world: &World) -> Option<Self> {
        let problem = world.problem(None)?;
        let answer = solve(&problem);
        let spend = match &answer {
            Ok(solution) => &solution.spend,
            Err(none) => &none.spend,
        };
        let elsewhere = |place: Place, end: End| {
            let there = world.problem(Some((place, end)))?;
            Some(Elsewhere { value: there.value(spend), best: solve(&there).ok() })
        };
        let move_one = |(place, range): (Place, Ranged)| Moved {
            place,
            range,
            low: elsewhere(place, End::Low),
            high: elsewhere(place, End::High),
        };
        let moved = world.places().into_iter().filter(|(_, range)| range.low < range.high).map(move_one).collect();
        let mut free = problem.clone();
        free.floor = None;
        free.classes.iter_mut().for_each(|class| class.floor = None);
        let without_floors = (free != problem).then(|| solve(&free).ok()).flatten().map(|solution| solution.value);
        Some(Self { without_floors, moved, answer, problem })
    }

    /// The spends of the answer, or those that come nearest to what is asked.
    pub(super) fn spend(&self) -> &[f64] {
        match &self.answer {
            Ok(solution) => &solution.spend,
            Err(none) => &none.spend,
        }
    }
}
