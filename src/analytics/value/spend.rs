//! Gamma-gamma for what a base spends per purchase.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use std::collections::BTreeMap;

use statrs::function::gamma::digamma;

use super::climb::climb;
use super::fit::{Doubt, FittedParameter, doubts, parameters};
use super::surface::{Height, Surface};
use crate::metric::{Spend, SpendModel, ln, ln_gamma};

/// Gamma-gamma fitted to a base by maximum likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct SpendFit {
    /// The model.
    pub model: SpendModel,
    /// Its parameters with their standard errors.
    pub parameters: Vec<FittedParameter>,
    /// The log-likelihood.
    pub ln_likelihood: f64,
    /// Customers with a repeat purchase worth more than nothing.
    pub customers: u64,
    /// Correlation between how often they bought again and what they spent: the model takes it to be 0.
    pub correlation: f64,
    /// How often the log-likelihood was computed.
    pub evaluations: u32,
    /// What is to be said against it.
    pub doubts: Vec<Doubt>,
}

/// Averages by the number of repeat purchases.
struct SpendSurface {
    by_repeats: BTreeMap<u32, Averages>,
    mean: f64,
}

#[derive(Default)]
struct Averages {
    values: Vec<f64>,
    ln_sum: f64,
}

impl Surface for SpendSurface {
    fn start(&self) -> Vec<f64> {
        // Purchases that vary by a third of their mean, customers whose means do too.
        vec![5.0, 4.0, self.mean * 3.0 / 5.0]
    }

    fn at(&self, parameters: &[f64]) -> Height {
        let &[p, q, gamma] = parameters else { return Height::nowhere() };
        let (mut value, mut by_p, mut by_q, mut by_gamma) = (0.0, 0.0, 0.0, 0.0);
        let (ln_gamma_q, psi_q, ln_scale) = (ln_gamma(q), digamma(q), ln(gamma));
        for (repeats, averages) in &self.by_repeats {
            let x = f64::from(*repeats);
            let px = p * x;
            let (mut logs, mut inverses) = (0.0, 0.0);
            for z in &averages.values {
                let sum = gamma + x * z;
                logs += ln(sum);
                inverses += 1.0 / sum;
            }
            let n = averages.values.len() as f64;
            let psi_sum = digamma(px + q);
            value += n * (ln_gamma(px + q) - ln_gamma(px) - ln_gamma_q + q * ln_scale + px * ln(x))
                + (px - 1.0) * averages.ln_sum
                - (px + q) * logs;
            by_p += x * (n * (psi_sum - digamma(px) + ln(x)) + averages.ln_sum - logs);
            by_q += n * (psi_sum - psi_q + ln_scale) - logs;
            by_gamma += n * q / gamma - (px + q) * inverses;
        }
        Height { value, slopes: vec![by_p, by_q, by_gamma], bends: None }
    }
}

/// Fits gamma-gamma to the customers with a repeat purchase worth more than nothing; absent where there are none.
pub fn fit_spend(base: &[Spend]) -> Option<SpendFit> {
    let bought: Vec<Spend> = base.iter().copied().filter(|spend| spend.repeats > 0 && spend.mean > 0.0).collect();
    if bought.is_empty() {
        return None;
    }
    let customers = bought.len() as u64;
    let mean = bought.iter().map(|spend| spend.mean).sum::<f64>() / customers as f64;
    let mut by_repeats: BTreeMap<u32, Averages> = BTreeMap::new();
    for spend in &bought {
        let averages = by_repeats.entry(spend.repeats).or_default();
        averages.values.push(spend.mean);
        averages.ln_sum += ln(spend.mean);
    }
    // Sums in one order, whatever order customers were found in.
    by_repeats.values_mut().for_each(|averages| averages.values.sort_unstable_by(f64::total_cmp));
    let top = climb(&SpendSurface { by_repeats, mean });
    let names = ["p", "q", "gamma"];
    let model = SpendModel { p: top.parameters[0], q: top.parameters[1], gamma: top.parameters[2] };
    Some(SpendFit {
        model,
        parameters: parameters(&top, &names),
        ln_likelihood: top.ln_likelihood,
        customers,
        correlation: correlation(&bought, mean),
        evaluations: top.evaluations,
        doubts: doubts(&top, &names),
    })
}

/// Pearson's coefficient between the number and the average of repeat purchases; 0 where one of them does not vary.
fn correlation(bought: &[Spend], mean: f64) -> f64 {
    let count = bought.iter().map(|spend| f64::from(spend.repeats)).sum::<f64>() / bought.len() as f64;
    let (mut xx, mut zz, mut xz) = (0.0, 0.0, 0.0);
    for spend in bought {
        let (x, z) = (f64::from(spend.repeats) - count, spend.mean - mean);
        xx += x * x;
        zz += z * z;
        xz += x * z;
    }
    let spread = (xx * zz).sqrt();
    if spread > 0.0 { xz / spread } else { 0.0 }
}
