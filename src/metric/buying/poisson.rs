//! NBD: purchases at a rate of one's own, and nobody ever leaves.
//!
//! A. S. C. Ehrenberg, The Pattern of Consumer Purchases, Applied Statistics 8 (1959).

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use serde::{Deserialize, Serialize};

use super::rhythm::Rhythm;
use super::special::{ln, ln_gamma};

/// The rate of purchases is gamma distributed over customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Poisson {
    /// Shape of the rates.
    pub r: f64,
    /// Inverse scale of the rates, in weeks.
    pub alpha: f64,
}

impl Poisson {
    /// ln of the likelihood of one customer's rhythm: that of BG/NBD where nobody drops out.
    pub fn ln_likelihood(&self, rhythm: Rhythm) -> f64 {
        let x = rhythm.repeats_real();
        ln_gamma(self.r + x) - ln_gamma(self.r) + self.r * ln(self.alpha)
            - (self.r + x) * ln(self.alpha + rhythm.age_weeks())
    }

    /// Expected purchases within so many weeks to come.
    pub fn expected(&self, rhythm: Rhythm, weeks: f64) -> f64 {
        (self.r + rhythm.repeats_real()) / (self.alpha + rhythm.age_weeks()) * weeks
    }
}
