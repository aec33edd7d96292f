//! Log-likelihoods over a base, with their slopes.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use rayon::prelude::*;

use super::summary::Group;
use crate::metric::{DAYS_PER_WEEK, Dropout, Pareto, exp, ln, ln_1p};

/// A log-likelihood as a function of parameters that are all above 0.
pub(super) trait Surface {
    /// Where to start from.
    fn start(&self) -> Vec<f64>;

    /// The value and its slope in each parameter.
    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>);
}

/// Groups that one thread sums at a time. Sums are added up in order, so they do not depend on how many threads there are.
const STRETCH: usize = 1_024;

/// Sums over groups, on all processors where there are many.
fn summed<const N: usize>(groups: &[Group], of: impl Fn(&Group) -> [f64; N] + Sync) -> [f64; N] {
    let add = |sums: [f64; N], more: [f64; N]| std::array::from_fn(|at| sums[at] + more[at]);
    let stretch = |groups: &[Group]| {
        groups.iter().fold([0.0; N], |sums, group| {
            let weight = group.customers as f64;
            add(sums, of(group).map(|value| value * weight))
        })
    };
    if groups.len() <= STRETCH {
        return stretch(groups);
    }
    let parts: Vec<[f64; N]> = groups.par_chunks(STRETCH).map(stretch).collect();
    parts.into_iter().fold([0.0; N], add)
}

/// What every model starts from: as many purchases a week as the base shows, with rates that vary much.
fn start_of_rates(groups: &[Group]) -> (f64, f64) {
    let [purchases, weeks] = summed(groups, |group| [group.rhythm.repeats_real(), group.rhythm.age_weeks()]);
    let rate = if purchases > 0.0 && weeks > 0.0 { purchases / weeks } else { 0.01 };
    let r = 0.5;
    (r, r / rate)
}

/// BG/NBD and MBG/NBD.
///
/// Whatever depends on x alone, or on a number of days alone, is computed once per value and not once per customer: what
/// is left for a group is one exponential and one logarithm.
pub(super) struct GeometricSurface<'g> {
    groups: &'g [Group],
    dropout: Dropout,
    most_repeats: u32,
    most_days: u32,
}

/// Sums over i below n of ln(start + i) and of 1/(start + i), for every n up to the last: differences of ln Γ and of its
/// slope.
fn rises(start: f64, most: u32) -> Vec<(f64, f64)> {
    let mut sums = vec![(0.0, 0.0)];
    let (mut logs, mut inverses) = (0.0, 0.0);
    for i in 0..most {
        let at = start + f64::from(i);
        logs += ln(at);
        inverses += 1.0 / at;
        sums.push((logs, inverses));
    }
    sums
}

impl<'g> GeometricSurface<'g> {
    pub fn new(groups: &'g [Group], dropout: Dropout) -> Self {
        let most = |of: fn(&Group) -> u32| groups.iter().map(of).max().unwrap_or(0);
        Self {
            groups,
            dropout,
            most_repeats: most(|group| group.rhythm.repeats),
            most_days: most(|group| group.rhythm.age),
        }
    }
}

impl Surface for GeometricSurface<'_> {
    fn start(&self) -> Vec<f64> {
        let (r, alpha) = start_of_rates(self.groups);
        vec![r, alpha, 1.0, 3.0]
    }

    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let &[r, alpha, a, b] = parameters else { return (f64::NEG_INFINITY, Vec::new()) };
        let chances = self.dropout.chances(self.most_repeats);
        let (of_r, of_b, of_both) = (rises(r, self.most_repeats), rises(b, chances), rises(a + b, chances));
        let days: Vec<(f64, f64)> = (0..=self.most_days)
            .map(|day| {
                let at = alpha + f64::from(day) / DAYS_PER_WEEK;
                (ln(at), 1.0 / at)
            })
            .collect();
        let (ln_alpha, ln_a) = (days[0].0, ln(a));
        let sums = summed(self.groups, |group| {
            let rhythm = group.rhythm;
            let chances = self.dropout.chances(rhythm.repeats) as usize;
            let (ln_r, by_r) = of_r[rhythm.repeats as usize];
            let ((ln_b, by_b), (ln_both, by_both)) = (of_b[chances], of_both[chances]);
            let (ln_age, by_age) = days[rhythm.age as usize];
            let shape = r + rhythm.repeats_real();
            let there = ln_r + r * ln_alpha - shape * ln_age + ln_b - ln_both;
            let Some(before) = chances.checked_sub(1) else {
                return [there, by_r + ln_alpha - ln_age, r / alpha - shape * by_age, -by_both, by_b - by_both];
            };
            let (ln_last, by_last) = days[rhythm.last as usize];
            let last_chance = b + before as f64;
            // The odds of having dropped out at the last purchase; ln(b + chances − 1) is a step of the table.
            let odds = ln_a - (ln_b - of_b[before].0) + shape * (ln_age - ln_last);
            let (both, gone) = if odds > 0.0 {
                let odds_there = exp(-odds);
                (odds + ln_1p(odds_there), 1.0 / (1.0 + odds_there))
            } else {
                let odds = exp(odds);
                (ln_1p(odds), odds / (1.0 + odds))
            };
            let stays = 1.0 - gone;
            [
                there + both,
                by_r + ln_alpha - stays * ln_age - gone * ln_last,
                r / alpha - shape * (stays * by_age + gone * by_last),
                gone / a - by_both,
                by_b - by_both - gone / last_chance,
            ]
        });
        (sums[0], sums[1..].to_vec())
    }
}

/// NBD.
pub(super) struct PoissonSurface<'g>(pub &'g [Group]);

impl Surface for PoissonSurface<'_> {
    fn start(&self) -> Vec<f64> {
        let (r, alpha) = start_of_rates(self.0);
        vec![r, alpha]
    }

    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let &[r, alpha] = parameters else { return (f64::NEG_INFINITY, Vec::new()) };
        let of_r = rises(r, self.0.iter().map(|group| group.rhythm.repeats).max().unwrap_or(0));
        let ln_alpha = ln(alpha);
        let sums = summed(self.0, |group| {
            let (ln_r, by_r) = of_r[group.rhythm.repeats as usize];
            let (shape, age) = (r + group.rhythm.repeats_real(), alpha + group.rhythm.age_weeks());
            let ln_age = ln(age);
            [ln_r + r * ln_alpha - shape * ln_age, by_r + ln_alpha - ln_age, r / alpha - shape / age]
        });
        (sums[0], sums[1..].to_vec())
    }
}

/// Pareto/NBD. The slopes of ₂F₁ in its parameters have no closed form, so they are differences.
pub(super) struct ParetoSurface<'g>(pub &'g [Group]);

impl Surface for ParetoSurface<'_> {
    fn start(&self) -> Vec<f64> {
        let (r, alpha) = start_of_rates(self.0);
        vec![r, alpha, 0.5, alpha]
    }

    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let &[r, alpha, s, beta] = parameters else { return (f64::NEG_INFINITY, Vec::new()) };
        const STEP: f64 = 1e-4;
        // Four slopes by central differences on a logarithmic scale.
        let near: [Pareto; 8] = std::array::from_fn(|at| {
            let factor = if at % 2 == 0 { 1.0 + STEP } else { 1.0 / (1.0 + STEP) };
            let moved = |which: usize, value: f64| if at / 2 == which { value * factor } else { value };
            Pareto { r: moved(0, r), alpha: moved(1, alpha), s: moved(2, s), beta: moved(3, beta) }
        });
        let here = Pareto { r, alpha, s, beta };
        let sums = summed(self.0, |group| {
            let mut values = [0.0; 9];
            values[0] = here.ln_likelihood(group.rhythm);
            for (value, model) in values[1..].iter_mut().zip(&near) {
                *value = model.ln_likelihood(group.rhythm);
            }
            values
        });
        let width = 2.0 * ln_1p(STEP);
        let slope = |at: usize| (sums[1 + 2 * at] - sums[2 + 2 * at]) / (width * parameters[at]);
        (sums[0], (0..4).map(slope).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Geometric, Poisson, Rhythm};
    use proptest::prelude::*;

    fn groups() -> impl Strategy<Value = Vec<Group>> {
        let group = (0u32..30, 0u32..200, 0u32..200, 1u64..5).prop_map(|(repeats, last, more, customers)| {
            let last = if repeats == 0 { 0 } else { last };
            Group { rhythm: Rhythm { age: last + more, last, repeats }, customers }
        });
        prop::collection::vec(group, 1..20)
    }

    fn agrees(surface: &impl Surface, parameters: &[f64], value: impl Fn(&[f64]) -> f64) {
        let (found, slopes) = surface.at(parameters);
        let direct = value(parameters);
        assert!((found - direct).abs() < 1e-8 * (1.0 + direct.abs()), "{found} is not {direct}");
        for at in 0..parameters.len() {
            let step = 1e-4 * parameters[at];
            let moved = |by: f64| {
                let mut near = parameters.to_vec();
                near[at] += by;
                value(&near)
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            let size = (1.0 + direct.abs() / parameters[at]).max(slope.abs());
            assert!((slopes[at] - slope).abs() < 1e-5 * size, "slope {at}: {} is not {slope}", slopes[at]);
        }
    }

    proptest! {
        #[test]
        fn slopes_are_slopes(groups in groups(), r in 0.05f64..5.0, alpha in 0.5f64..50.0, a in 0.1f64..5.0, b in 0.1f64..9.0) {
            let sum = |of: &dyn Fn(Rhythm) -> f64| -> f64 {
                groups.iter().map(|group| group.customers as f64 * of(group.rhythm)).sum()
            };
            for dropout in [Dropout::AfterRepeats, Dropout::AfterAll] {
                agrees(&GeometricSurface::new(&groups, dropout), &[r, alpha, a, b], |at| {
                    let model = Geometric { dropout, r: at[0], alpha: at[1], a: at[2], b: at[3] };
                    sum(&|rhythm| model.ln_likelihood(rhythm))
                });
            }
            agrees(&PoissonSurface(&groups), &[r, alpha], |at| {
                sum(&|rhythm| Poisson { r: at[0], alpha: at[1] }.ln_likelihood(rhythm))
            });
            agrees(&ParetoSurface(&groups), &[r, alpha, a, b], |at| {
                let model = Pareto { r: at[0], alpha: at[1], s: at[2], beta: at[3] };
                sum(&|rhythm| model.ln_likelihood(rhythm))
            });
        }
    }
}
