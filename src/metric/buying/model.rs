//! The models of buying, and what can be asked of them.

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use serde::{Deserialize, Serialize};

use super::geometric::{Dropout, Geometric};
use super::pareto::Pareto;
use super::poisson::Poisson;
use super::rhythm::{DAYS_PER_WEEK, Rhythm};
use super::special::{exp, ln_1p};

/// Weeks of an average month.
const MONTH: f64 = 365.25 / 12.0 / DAYS_PER_WEEK;

/// A fitted model of how often customers buy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum BuyingModel {
    /// BG/NBD or MBG/NBD.
    Geometric(Geometric),
    /// Pareto/NBD.
    Pareto(Pareto),
    /// NBD.
    Poisson(Poisson),
}

/// Over which time, and at which discount, what is still to come is summed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    /// How far ahead, in weeks.
    pub weeks: f64,
    /// How much less a purchase is worth that comes a year later: 0.1 for ten percent.
    pub yearly_discount: f64,
}

impl BuyingModel {
    /// Its usual name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Geometric(Geometric { dropout: Dropout::AfterRepeats, .. }) => "BG/NBD",
            Self::Geometric(Geometric { dropout: Dropout::AfterAll, .. }) => "MBG/NBD",
            Self::Pareto(_) => "Pareto/NBD",
            Self::Poisson(_) => "NBD",
        }
    }

    /// Its parameters by name.
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        match self {
            Self::Geometric(m) => vec![("r", m.r), ("alpha", m.alpha), ("a", m.a), ("b", m.b)],
            Self::Pareto(m) => vec![("r", m.r), ("alpha", m.alpha), ("s", m.s), ("beta", m.beta)],
            Self::Poisson(m) => vec![("r", m.r), ("alpha", m.alpha)],
        }
    }

    /// ln of the likelihood of one customer's rhythm.
    pub fn ln_likelihood(&self, rhythm: Rhythm) -> f64 {
        match self {
            Self::Geometric(model) => model.ln_likelihood(rhythm),
            Self::Pareto(model) => model.ln_likelihood(rhythm),
            Self::Poisson(model) => model.ln_likelihood(rhythm),
        }
    }

    /// The probability of being a customer still. By BG/NBD it is 1 for everybody who bought once, however long ago, and
    /// by NBD for everybody: no measure of who will come back.
    pub fn alive(&self, rhythm: Rhythm) -> f64 {
        match self {
            Self::Geometric(model) => model.alive(rhythm),
            Self::Pareto(model) => model.alive(rhythm),
            Self::Poisson(_) => 1.0,
        }
    }

    /// Expected purchases within so many weeks to come.
    pub fn expected(&self, rhythm: Rhythm, weeks: f64) -> f64 {
        match self {
            Self::Geometric(model) => model.expected(rhythm, weeks),
            Self::Pareto(model) => model.expected(rhythm, weeks),
            Self::Poisson(model) => model.expected(rhythm, weeks),
        }
    }

    /// Expected repeat purchases of a new customer within so many weeks.
    pub fn expected_of_new(&self, weeks: f64) -> f64 {
        match self {
            Self::Geometric(model) => model.expected_of_new(weeks),
            Self::Pareto(model) => model.expected_of_new(weeks),
            Self::Poisson(model) => model.expected(Rhythm::default(), weeks),
        }
    }

    /// Expected purchases to come without end, discounted; absent but for Pareto/NBD with a discount, which alone has such
    /// a sum in closed form.
    pub fn discounted_for_ever(&self, rhythm: Rhythm, yearly_discount: f64) -> Option<f64> {
        let by_week = ln_1p(yearly_discount) / (MONTH * 12.0);
        match self {
            Self::Pareto(model) if by_week > 0.0 => Some(model.discounted_for_ever(rhythm, by_week)),
            _ => None,
        }
    }

    /// Expected purchases to come, each worth less the later it comes: month by month, from the middle of each.
    pub fn discounted(&self, rhythm: Rhythm, residual: Residual) -> f64 {
        if residual.yearly_discount <= 0.0 {
            return self.expected(rhythm, residual.weeks);
        }
        let by_week = ln_1p(residual.yearly_discount) / (MONTH * 12.0);
        let (mut from, mut before, mut sum) = (0.0, 0.0, 0.0);
        while from < residual.weeks {
            let until = (from + MONTH).min(residual.weeks);
            let expected = self.expected(rhythm, until);
            sum += (expected - before) * exp(-by_week * (from + until) / 2.0);
            (from, before) = (until, expected);
        }
        sum
    }
}
