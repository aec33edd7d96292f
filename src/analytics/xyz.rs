//! XYZ analysis: how evenly a customer's demand comes, period by period.
//!
//! By the coefficient of variation, the standard deviation of demand per period by its mean: X up to 0.5 (steady), Y up to
//! 1 (it varies), Z above (now and then). Those are the limits that are usual in inventory control, where XYZ comes from.

use serde::Serialize;
use utoipa::ToSchema;

use crate::money::Number;

/// How evenly demand comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub enum Variability {
    /// Steady: a coefficient of variation of at most 0.5.
    X,
    /// It varies: at most 1.
    Y,
    /// Now and then.
    Z,
}

impl Variability {
    /// So many periods are needed before anything is said.
    pub const FEWEST_PERIODS: usize = 3;

    /// All of them, the steadiest first.
    pub const ALL: [Self; 3] = [Self::X, Self::Y, Self::Z];

    /// Its letter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X => "X",
            Self::Y => "Y",
            Self::Z => "Z",
        }
    }

    /// Of demand in whole periods since a customer's first; absent for too few periods or no demand.
    pub fn of(demand: &[Number]) -> Option<Self> {
        // In thousandths, so that squares of any amount fit.
        let demand: Vec<i128> = demand.iter().map(|value| value.0 / 1_000).collect();
        let (n, sum) = (demand.len() as i128, demand.iter().sum::<i128>());
        if demand.len() < Self::FEWEST_PERIODS || sum <= 0 {
            return None;
        }
        // Variance by squared mean is (n Σx² − (Σx)²) / (Σx)².
        let square = |value: i128| value.saturating_mul(value);
        let squares = demand.iter().map(|value| square(*value)).fold(0i128, i128::saturating_add);
        let spread = squares.saturating_mul(n).saturating_sub(square(sum));
        Some(if spread.saturating_mul(4) <= square(sum) {
            Self::X
        } else if spread <= square(sum) {
            Self::Y
        } else {
            Self::Z
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let check = |demand: &[i64], expect: Option<Variability>| {
            let demand: Vec<Number> = demand.iter().copied().map(Number::int).collect();
            assert_eq!(Variability::of(&demand), expect, "{demand:?}");
        };
        check(&[10, 10, 10], Some(Variability::X));
        // Mean 10, deviations of 5: a coefficient of exactly 0.5.
        check(&[5, 15, 5, 15], Some(Variability::X));
        check(&[4, 16, 4, 16], Some(Variability::Y));
        // Mean 10, deviations of 10: exactly 1.
        check(&[0, 20, 0, 20], Some(Variability::Y));
        check(&[0, 0, 30], Some(Variability::Z));
        check(&[10, 10], None);
        check(&[0, 0, 0, 0], None);
        check(&[5, -5, 0], None);
    }
}
