//! Where ABC classes end: shares that somebody chose, or limits that are computed from the curve itself.
//!
//! Computed limits are those of A. Ultsch and J. Lötsch, "Computed ABC Analysis for Rational Selection of Most Informative
//! Variables in Multivariate Data", PLoS ONE 10(6): e0129767 (2015). On their curve of yield over effort (customers with the
//! most first) the *Pareto point* is nearest to all of the yield for no effort, (0, 1); at the *break-even point* one more
//! customer brings what the average one does, a slope of 1. The smaller effort of both ends A. The *submarginal point*,
//! nearest to all of the yield for the larger effort of both, ends B.
#![expect(clippy::float_arithmetic, reason = "distances on a curve; the limits are values of customers")]

use crate::engine::rank_cuts;
use crate::money::{Number, Rate};

/// Where the classes end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AbcLimits {
    /// Per class what those with strictly more hold together; the best class first.
    Shares(Vec<(String, Rate)>),
    /// A, B and C by the curve itself.
    Computed,
}

impl AbcLimits {
    /// Names of the classes, the best first.
    pub fn classes(&self) -> Vec<String> {
        match self {
            Self::Shares(classes) => classes.iter().map(|(class, _)| class.clone()).collect(),
            Self::Computed => ["A", "B", "C"].map(str::to_owned).to_vec(),
        }
    }

    /// The bound of a class, where one was chosen.
    pub fn bound(&self, class: usize) -> Option<Rate> {
        match self {
            Self::Shares(classes) => classes.get(class).map(|(_, bound)| *bound),
            Self::Computed => None,
        }
    }

    /// Per class the smallest value that has it. Equal values share a class, whatever the limits.
    pub fn cuts(&self, ascending: &[Number]) -> Vec<Option<Number>> {
        match self {
            Self::Shares(classes) => rank_cuts(ascending, &classes.iter().map(|(_, bound)| *bound).collect::<Vec<_>>()),
            Self::Computed => computed_cuts(ascending),
        }
    }
}

fn computed_cuts(ascending: &[Number]) -> Vec<Option<Number>> {
    let descending: Vec<i128> = ascending.iter().rev().map(|value| value.0.max(0)).collect();
    let total: i128 = descending.iter().sum();
    if total == 0 {
        return vec![None; 3];
    }
    let (a, b) = limits(&descending, total);
    let smallest = |customers: usize| customers.checked_sub(1).map(|last| Number(descending[last]));
    let least = descending.iter().rfind(|value| **value > 0).map(|value| Number(*value));
    vec![smallest(a), smallest(b), least]
}

/// How many customers are in A, and how many in A and B together.
fn limits(descending: &[i128], total: i128) -> (usize, usize) {
    let n = descending.len();
    let (n_f, total_f) = (n as f64, total as f64);
    // Points (customers / n, held / total) of the curve, from (0, 0) on.
    let mut held = vec![0.0];
    let mut sum = 0;
    for value in descending {
        sum += value;
        held.push(sum as f64 / total_f);
    }
    let nearest = |effort: f64| {
        let distance = |customers: usize| (customers as f64 / n_f - effort).powi(2) + (1.0 - held[customers]).powi(2);
        (0..=n).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0)
    };
    let pareto = nearest(0.0);
    // The slope of the curve at a customer is what the customer holds by the average.
    let break_even = descending.partition_point(|value| value.saturating_mul(n as i128) >= total);
    let submarginal = nearest(pareto.max(break_even) as f64 / n_f);
    let a = pareto.min(break_even).max(1);
    (a, submarginal.max(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked as well against the authors' example, the inhabitants of 2,896 Swiss communes: 642, 434 and 1,820.
    #[test]
    fn computed_limits_by_hand() {
        let check = |values: &[i128], expect: (usize, usize)| {
            assert_eq!(limits(values, values.iter().sum()), expect, "{values:?}");
        };
        // Yield .50 .68 .80 .88 .93 .96 .98 .99 1 1. Squared distances to (0, 1) are .26, .1424, .13, .1744, so the Pareto
        // point is at 3; three hold the average of 10 or more, so the break-even point is there too. To (0.3, 1) they are
        // .04 at 3, .0244 at 4, .0449 at 5, so B ends at 4.
        check(&[50, 18, 12, 8, 5, 3, 2, 1, 1, 0], (3, 4));
        // One holds everything.
        check(&[10, 0, 0, 0, 0], (1, 1));
        // All hold the same: half of them are nearest to (0, 1), and all of them hold the average.
        check(&[1, 1, 1, 1], (2, 4));
    }

    #[test]
    fn equal_values_share_a_class() {
        let cuts = AbcLimits::Computed.cuts(&[Number(1); 4]);
        assert_eq!(cuts, [Some(Number(1)); 3]);
        assert_eq!(AbcLimits::Computed.cuts(&[Number(-5), Number(0)]), [None; 3]);
    }
}
