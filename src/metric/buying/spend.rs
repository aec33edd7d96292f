//! Gamma-gamma: what a purchase is worth on average.
//!
//! P. S. Fader and B. G. S. Hardie, The Gamma-Gamma Model of Monetary Value (2013), after P. S. Fader, B. G. S. Hardie
//! and K. L. Lee (2005): a customer's purchases vary around a mean of the customer's own, independent of how many there
//! are; what few purchases say is drawn towards the base's mean.

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use serde::{Deserialize, Serialize};

use super::special::{ln, ln_gamma};

/// What a customer spent on purchases after the first.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spend {
    /// How many (x).
    pub repeats: u32,
    /// Their average, in major units.
    pub mean: f64,
}

/// The parameters, for spend in major units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpendModel {
    /// Shape of the purchases of one customer.
    pub p: f64,
    /// Shape of the customers' scales.
    pub q: f64,
    /// Scale of the customers' scales.
    pub gamma: f64,
}

impl SpendModel {
    /// ln of the likelihood of one customer's average; both are above 0.
    pub fn ln_likelihood(&self, spend: Spend) -> f64 {
        let (x, z) = (f64::from(spend.repeats), spend.mean);
        let px = self.p * x;
        ln_gamma(px + self.q) - ln_gamma(px) - ln_gamma(self.q)
            + self.q * ln(self.gamma)
            + (px - 1.0) * ln(z)
            + px * ln(x)
            - (px + self.q) * ln(self.gamma + x * z)
    }

    /// What a purchase of an unknown customer is worth; absent where the model has no mean (q at most 1).
    pub fn mean(&self) -> Option<f64> {
        (self.q > 1.0).then(|| self.p * self.gamma / (self.q - 1.0))
    }

    /// What a purchase of this customer is worth; where nothing above 0 is known, what it is of an unknown one.
    pub fn expected(&self, spend: Spend) -> Option<f64> {
        let mean = self.mean()?;
        if spend.repeats == 0 || spend.mean <= 0.0 {
            return Some(mean);
        }
        let x = f64::from(spend.repeats);
        Some(self.p * (self.gamma + x * spend.mean) / (self.p * x + self.q - 1.0))
    }
}
