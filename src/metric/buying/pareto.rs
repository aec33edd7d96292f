//! Pareto/NBD: purchases at a rate of one's own, until one leaves after a lifetime of one's own.
//!
//! D. C. Schmittlein, D. G. Morrison and R. Colombo, Counting Your Customers: Who Are They and What Will They Do Next?,
//! Management Science 33 (1987); the likelihood as in P. S. Fader and B. G. S. Hardie, A Note on Deriving the Pareto/NBD
//! Model and Related Expressions (2005); what is still to come without end as in P. S. Fader, B. G. S. Hardie and
//! K. L. Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of Marketing Research 42 (2005).

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use serde::{Deserialize, Serialize};

use super::rhythm::Rhythm;
use super::special::{exp, exp_integral, gauss, ln, ln_gamma, ln_sum};

/// The rate of purchases is gamma distributed over customers (`r`, `alpha` in weeks), and so is the rate of leaving (`s`,
/// `beta` in weeks).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pareto {
    /// Shape of the rates of purchases.
    pub r: f64,
    /// Inverse scale of the rates of purchases, in weeks.
    pub alpha: f64,
    /// Shape of the rates of leaving.
    pub s: f64,
    /// Inverse scale of the rates of leaving, in weeks.
    pub beta: f64,
}

impl Pareto {
    /// ln of ∫ (α + y)^−(r+x) (β + y)^−(s+1) dy from `weeks` on, times (r + s + x).
    ///
    /// The paper's ₂F₁(r+s+x, s+1; r+s+x+1; (α−β)/(α+t)) (α+t)^−(r+s+x), brought by Euler's transform into a form that
    /// is the same for α above and below β.
    fn ln_tail(&self, x: f64, weeks: f64) -> f64 {
        let (alpha, beta) = (self.alpha + weeks, self.beta + weeks);
        let shape = self.r + x;
        let f = gauss(1.0, shape, shape + self.s + 1.0, (self.alpha - self.beta) / alpha);
        -shape * ln(alpha) - self.s * ln(beta) + ln(f)
    }

    /// ln of the likelihood but for what does not depend on when: being there still, and having left since.
    fn ln_there_and_gone(&self, rhythm: Rhythm) -> (f64, f64) {
        let x = rhythm.repeats_real();
        let (last, age) = (rhythm.last_weeks(), rhythm.age_weeks());
        let there = -(self.r + x) * ln(self.alpha + age) - self.s * ln(self.beta + age);
        if rhythm.last >= rhythm.age {
            return (there, f64::NEG_INFINITY);
        }
        let (from, until) = (self.ln_tail(x, last), self.ln_tail(x, age));
        let gone = from + ln(-libm::expm1(until - from)) + ln(self.s / (self.r + self.s + x));
        (there, if gone.is_nan() { f64::NEG_INFINITY } else { gone })
    }

    /// ln of the likelihood of one customer's rhythm.
    pub fn ln_likelihood(&self, rhythm: Rhythm) -> f64 {
        let (there, gone) = self.ln_there_and_gone(rhythm);
        ln_gamma(self.r + rhythm.repeats_real()) - ln_gamma(self.r)
            + self.r * ln(self.alpha)
            + self.s * ln(self.beta)
            + ln_sum(there, gone)
    }

    /// The probability of being a customer still.
    pub fn alive(&self, rhythm: Rhythm) -> f64 {
        let (there, gone) = self.ln_there_and_gone(rhythm);
        1.0 / (1.0 + exp(gone - there))
    }

    /// Expected purchases within so many weeks to come.
    pub fn expected(&self, rhythm: Rhythm, weeks: f64) -> f64 {
        self.alive(rhythm) * self.of_living(self.r + rhythm.repeats_real(), rhythm.age_weeks(), weeks)
    }

    /// Expected repeat purchases of a new customer within so many weeks.
    pub fn expected_of_new(&self, weeks: f64) -> f64 {
        self.of_living(self.r, 0.0, weeks)
    }

    /// (r + x)/(α + T) ∫₀^t ((β + T)/(β + T + u))^s du
    fn of_living(&self, shape: f64, age: f64, weeks: f64) -> f64 {
        let beta = self.beta + age;
        let stretch = libm::log1p(weeks / beta);
        let power = (1.0 - self.s) * stretch;
        // (e^power − 1)/(1 − s), which is `stretch` at s = 1.
        let integral = if power.abs() < 1e-12 { stretch } else { stretch * libm::expm1(power) / power };
        shape / (self.alpha + age) * beta * integral
    }

    /// Discounted expected purchases without end (DERT), at a continuous discount rate per week above 0.
    pub fn discounted_for_ever(&self, rhythm: Rhythm, rate: f64) -> f64 {
        let beta = self.beta + rhythm.age_weeks();
        let purchases = (self.r + rhythm.repeats_real()) / (self.alpha + rhythm.age_weeks());
        self.alive(rhythm) * purchases * beta * exp_integral(self.s, rate * beta)
    }
}
