//! Contacts with customers, and sums of them.

use crate::metric::Totals;
use crate::time::Instant;

/// A contact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contact {
    pub at: Instant,
    pub customer: u32,
}

/// How many contacts, what they cost, how many were rated and the sum of ratings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ContactSums(pub [i64; 4]);

impl ContactSums {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at].saturating_add(other.0[at])))
    }

    /// What these have more than others.
    pub fn minus(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] - other.0[at]))
    }

    /// Puts them into totals.
    pub fn into_totals(self, totals: &mut Totals) {
        [totals.interactions, totals.service_cost, totals.ratings, totals.rating_sum] = self.0;
    }
}
