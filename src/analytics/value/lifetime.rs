//! The log-likelihood of Pareto/NBD over a base, with its slopes and second slopes.
//!
//! What a rhythm's likelihood has beside powers is the chance of being there still, and that of having left at some instant
//! since the last purchase, an integral (D. C. Schmittlein, D. G. Morrison and R. Colombo, Management Science 33, 1987). With
//! ₂F₁ it has a closed form, whose slopes have none. By quadrature (C. F. Gauss, 1814) it has both at once: all slopes are
//! averages under the same integral.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use super::summary::Group;
use super::surface::{Height, Surface, rises, start_of_rates, summed};
use crate::metric::{Rhythm, exp, ln, ln_1p};

/// Pareto/NBD.
pub(super) struct ParetoSurface<'g>(pub &'g [Group]);

/// Nodes above 0 and weights of Gauss's rule with 16 nodes on −1 to 1 (Abramowitz and Stegun, table 25.4).
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_47),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_55),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_82),
    (0.755_404_408_355_003, 0.124_628_971_255_533_95),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_9),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_776),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_058),
];

impl Surface for ParetoSurface<'_> {
    fn start(&self) -> Vec<f64> {
        let (r, alpha) = start_of_rates(self.0);
        vec![r, alpha, 0.5, alpha]
    }

    fn at(&self, parameters: &[f64]) -> Height {
        let &[r, alpha, s, beta] = parameters else { return Height::nowhere() };
        let of_r = rises(r, self.0.iter().map(|group| group.rhythm.repeats).max().unwrap_or(0));
        let (ln_alpha, ln_beta) = (ln(alpha), ln(beta));
        let sums = summed(self.0, |group| {
            let (ln_r, by_r, r_r) = of_r[group.rhythm.repeats as usize];
            let ends = Ends { shape: r + group.rhythm.repeats_real(), alpha, s, beta };
            let mut sums = ends.over(group.rhythm).averaged();
            sums[0] += ln_r + r * ln_alpha + s * ln_beta;
            let slopes = [by_r + ln_alpha, r / alpha, ln_beta, s / beta];
            sums[1..5].iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += slope);
            sums[5] += r_r;
            sums[6] += 1.0 / alpha;
            sums[9] -= r / (alpha * alpha);
            sums[13] += 1.0 / beta;
            sums[14] -= s / (beta * beta);
            sums
        });
        Height::of(4, &sums)
    }
}

/// How a rhythm may have ended: not yet, or at some instant since the last purchase.
struct Ends {
    shape: f64,
    alpha: f64,
    s: f64,
    beta: f64,
}

/// Weighted sums over all ends: of weights, of the slopes of their logarithms, and of what second slopes are made of.
#[derive(Default)]
struct Moments {
    /// The logarithm of a factor that all weights were divided by.
    ln_scale: f64,
    weight: f64,
    slopes: [f64; 4],
    /// The upper triangle, row by row.
    bends: [f64; 10],
}

impl Ends {
    /// ∫ s (α + t)^−(r+x) (β + t)^−(s+1) dt from the last purchase to the end, and (α + T)^−(r+x) (β + T)^−s.
    fn over(&self, rhythm: Rhythm) -> Moments {
        // Where a weight is e^−45 of the first nothing is left to add.
        const LEAST: f64 = 45.0;
        let Self { shape, alpha, s, beta } = *self;
        let (last, open) = (rhythm.last_weeks(), rhythm.age_weeks() - rhythm.last_weeks());
        let (first_a, first_b) = (alpha + last, beta + last);
        let (ln_a, ln_b) = (ln(first_a), ln(first_b));
        let mut sums = Moments { ln_scale: -shape * ln_a - s * ln_b, ..Moments::default() };
        let (grown_a, grown_b) = (ln_1p(open / first_a), ln_1p(open / first_b));
        let there = [first_a + open, ln_a + grown_a, first_b + open, ln_b + grown_b];
        self.add(&mut sums, exp(-shape * grown_a - s * grown_b), there, None);
        let open = open.min(first_a * libm::expm1(LEAST / shape)).min(first_b * libm::expm1(LEAST / s));
        if open <= 0.0 {
            return sums;
        }
        // On the logarithmic scale of the smaller of α + t and β + t the other varies slowly.
        let (grown_a, grown_b) = (ln_1p(open / first_a), ln_1p(open / first_b));
        let by_a = alpha <= beta;
        let length = if by_a { grown_a } else { grown_b };
        let pieces = (length / 2.0).max((shape * grown_a + s * grown_b) / 10.0).ceil().max(1.0);
        let half = 0.5 * length / pieces;
        for piece in 0..pieces as u32 {
            let middle = half * f64::from(2 * piece + 1);
            for (node, weight) in NODES.iter().flat_map(|(node, weight)| [(-node, weight), (*node, weight)]) {
                let grown = middle + half * node;
                let (a, grown_a, b, grown_b, dt) = if by_a {
                    let a = first_a * exp(grown);
                    let b = a - alpha + beta;
                    (a, grown, b, ln(b) - ln_b, a / b)
                } else {
                    let b = first_b * exp(grown);
                    let a = b - beta + alpha;
                    (a, ln(a) - ln_a, b, grown, 1.0)
                };
                let weight = weight * half * s * dt * exp(-shape * grown_a - s * grown_b);
                self.add(&mut sums, weight, [a, ln_a + grown_a, b, ln_b + grown_b], Some(1.0 / s));
            }
        }
        sums
    }

    /// One end more, with α + t and β + t and their logarithms; `left` holds 1/s where the customer left there.
    fn add(&self, sums: &mut Moments, weight: f64, [a, ln_a, b, ln_b]: [f64; 4], left: Option<f64>) {
        let (inverse_a, inverse_b) = (1.0 / a, 1.0 / b);
        let (by_s, power) = match left {
            Some(inverse) => (inverse, self.s + 1.0),
            None => (0.0, self.s),
        };
        let slopes = [-ln_a, -self.shape * inverse_a, by_s - ln_b, -power * inverse_b];
        sums.weight += weight;
        let mut at = 0;
        for row in 0..4 {
            let weighted = weight * slopes[row];
            sums.slopes[row] += weighted;
            for slope in &slopes[row..] {
                sums.bends[at] += weighted * slope;
                at += 1;
            }
        }
        sums.bends[1] -= weight * inverse_a;
        sums.bends[4] += weight * self.shape * inverse_a * inverse_a;
        sums.bends[7] -= weight * by_s * by_s;
        sums.bends[8] -= weight * inverse_b;
        sums.bends[9] += weight * power * inverse_b * inverse_b;
    }
}

impl Moments {
    /// The logarithm of the sum of weights, its slopes, and the upper triangle of its second slopes.
    fn averaged(&self) -> [f64; 15] {
        let mut found = [0.0; 15];
        found[0] = self.ln_scale + ln(self.weight);
        let average = self.slopes.map(|slope| slope / self.weight);
        found[1..5].copy_from_slice(&average);
        let mut at = 0;
        for row in 0..4 {
            for column in row..4 {
                found[5 + at] = self.bends[at] / self.weight - average[row] * average[column];
                at += 1;
            }
        }
        found
    }
}
