//! BG/NBD and MBG/NBD: purchases at a rate of one's own, and after each a chance of never coming back.
//!
//! P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
//! Model, Marketing Science 24 (2005). With dropout after the first purchase too: E. P. Batislam, M. Denizel and
//! A. Filiztekin, Empirical validation and comparison of models for customer base analysis, International Journal of
//! Research in Marketing 24 (2007); D. Hoppe and U. Wagner, Customer Base Analysis, Marketing JRM 3 (2007).

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use serde::{Deserialize, Serialize};

use super::rhythm::Rhythm;
use super::special::{exp, gauss, ln, ln_gamma, ln_sum};

/// After which purchases a customer may drop out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dropout {
    /// After each but the first: BG/NBD.
    AfterRepeats,
    /// After each: MBG/NBD.
    AfterAll,
}

/// The rate of purchases is gamma distributed over customers (`r`, `alpha` in weeks), the chance of dropout after a
/// purchase is beta distributed (`a`, `b`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Geometric {
    /// After which purchases customers drop out.
    pub dropout: Dropout,
    /// Shape of the rates.
    pub r: f64,
    /// Inverse scale of the rates, in weeks.
    pub alpha: f64,
    /// First parameter of the chance to drop out.
    pub a: f64,
    /// Second parameter of the chance to drop out.
    pub b: f64,
}

impl Dropout {
    /// How often a customer with so many repeat purchases could have dropped out so far.
    pub fn chances(self, repeats: u32) -> u32 {
        match self {
            Self::AfterRepeats => repeats,
            Self::AfterAll => repeats.saturating_add(1),
        }
    }
}

impl Geometric {
    /// ln of the odds of having dropped out at the last purchase, against being there still; absent where nobody could
    /// have dropped out yet.
    fn ln_odds_gone(&self, rhythm: Rhythm) -> Option<f64> {
        let chances = self.dropout.chances(rhythm.repeats);
        (chances > 0).then(|| {
            let stretch = ln((self.alpha + rhythm.age_weeks()) / (self.alpha + rhythm.last_weeks()));
            ln(self.a / (self.b + f64::from(chances) - 1.0)) + (self.r + rhythm.repeats_real()) * stretch
        })
    }

    /// ln of the likelihood of one customer's rhythm.
    pub fn ln_likelihood(&self, rhythm: Rhythm) -> f64 {
        let (r, x, chances) = (self.r, rhythm.repeats_real(), f64::from(self.dropout.chances(rhythm.repeats)));
        let there = ln_gamma(r + x) - ln_gamma(r) + r * ln(self.alpha) - (r + x) * ln(self.alpha + rhythm.age_weeks())
            + ln_gamma(self.a + self.b)
            - ln_gamma(self.a + self.b + chances)
            + ln_gamma(self.b + chances)
            - ln_gamma(self.b);
        there + self.ln_odds_gone(rhythm).map_or(0.0, |odds| ln_sum(0.0, odds))
    }

    /// The probability of being a customer still.
    pub fn alive(&self, rhythm: Rhythm) -> f64 {
        self.ln_odds_gone(rhythm).map_or(1.0, |odds| 1.0 / (1.0 + exp(odds)))
    }

    /// Expected purchases within so many weeks to come.
    pub fn expected(&self, rhythm: Rhythm, weeks: f64) -> f64 {
        let chances = f64::from(self.dropout.chances(rhythm.repeats));
        self.alive(rhythm) * self.of_living(self.r + rhythm.repeats_real(), rhythm.age_weeks(), chances, weeks)
    }

    /// Expected repeat purchases of a new customer within so many weeks.
    pub fn expected_of_new(&self, weeks: f64) -> f64 {
        match self.dropout {
            Dropout::AfterRepeats => self.of_living(self.r, 0.0, 0.0, weeks),
            // A new customer is there with the chance of not having dropped out at the first purchase.
            Dropout::AfterAll => self.b / (self.a + self.b) * self.of_living(self.r, 0.0, 1.0, weeks),
        }
    }

    /// Expected purchases of one who is there, with rates of shape `shape` after `age` weeks, who did not take `chances`
    /// of dropping out: equation 10 of the paper without its denominator.
    fn of_living(&self, shape: f64, age: f64, chances: f64, weeks: f64) -> f64 {
        if weeks <= 0.0 {
            return 0.0;
        }
        // At a = 1 the formula is 0/0 and its limit lies on a smooth curve.
        let a = if (self.a - 1.0).abs() < 1e-6 { 1.0 + 1e-6 } else { self.a };
        let b = self.b + chances;
        let time = self.alpha + age;
        let z = weeks / (time + weeks);
        // (1 − z)^shape F(shape, b; a + b − 1; z), by Euler's transform: (1 − z)^(a−1) F(a + b − 1 − shape, a − 1; …; z).
        let stays = exp((a - 1.0) * ln(time / (time + weeks))) * gauss(a + b - 1.0 - shape, a - 1.0, a + b - 1.0, z);
        (a + b - 1.0) / (a - 1.0) * (1.0 - stays)
    }
}
