//! Log-likelihoods over a base, with their slopes.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use rayon::prelude::*;

use super::summary::Group;
use crate::metric::{DAYS_PER_WEEK, Dropout, exp, ln, ln_1p};

/// A log-likelihood as a function of parameters that are all above 0.
pub(super) trait Surface {
    /// Where to start from.
    fn start(&self) -> Vec<f64>;

    /// How high it is there, and which way it goes.
    fn at(&self, parameters: &[f64]) -> Height;
}

/// A log-likelihood at one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Height {
    pub value: f64,
    /// Its slope in each parameter.
    pub slopes: Vec<f64>,
    /// Its second slopes; absent where they are not known in closed form.
    pub bends: Option<Vec<Vec<f64>>>,
}

impl Height {
    /// From the value, its `n` slopes, and the upper triangle of its second slopes, row by row.
    pub fn of(n: usize, sums: &[f64]) -> Self {
        let place = |a: usize, b: usize| {
            let (row, column) = (a.min(b), a.max(b));
            1 + n + row * n - row * (row + 1) / 2 + column
        };
        let row = |a: usize| (0..n).map(|b| sums[place(a, b)]).collect();
        Self { value: sums[0], slopes: sums[1..=n].to_vec(), bends: Some((0..n).map(row).collect()) }
    }

    /// Where there are not as many parameters as there should be.
    pub fn nowhere() -> Self {
        Self { value: f64::NEG_INFINITY, ..Self::default() }
    }
}

/// Groups that one thread sums at a time. Sums are added up in order, so they do not depend on how many threads there are.
const STRETCH: usize = 1_024;

/// Sums over groups, on all processors where there are many.
pub(super) fn summed<const N: usize>(groups: &[Group], of: impl Fn(&Group) -> [f64; N] + Sync) -> [f64; N] {
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
pub(super) fn start_of_rates(groups: &[Group]) -> (f64, f64) {
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

/// Sums over i below n of ln(start + i), of 1/(start + i) and of −1/(start + i)², for every n up to the last:
/// differences of ln Γ, of its slope and of its second slope.
pub(super) fn rises(start: f64, most: u32) -> Vec<(f64, f64, f64)> {
    let mut sums = vec![(0.0, 0.0, 0.0)];
    let (mut logs, mut inverses, mut squares) = (0.0, 0.0, 0.0);
    for i in 0..most {
        let at = start + f64::from(i);
        logs += ln(at);
        inverses += 1.0 / at;
        squares -= 1.0 / (at * at);
        sums.push((logs, inverses, squares));
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

    fn at(&self, parameters: &[f64]) -> Height {
        let &[r, alpha, a, b] = parameters else { return Height::nowhere() };
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
            let (ln_r, by_r, r_r) = of_r[rhythm.repeats as usize];
            let ((ln_b, by_b, b_b), (ln_both, by_both, both_both)) = (of_b[chances], of_both[chances]);
            let (ln_age, by_age) = days[rhythm.age as usize];
            let shape = r + rhythm.repeats_real();
            let there = ln_r + r * ln_alpha - shape * ln_age + ln_b - ln_both;
            let (alpha_alpha, r_alpha) = (shape * by_age * by_age - r / (alpha * alpha), 1.0 / alpha - by_age);
            let Some(before) = chances.checked_sub(1) else {
                return [
                    there,
                    by_r + ln_alpha - ln_age,
                    r / alpha - shape * by_age,
                    -by_both,
                    by_b - by_both,
                    r_r,
                    r_alpha,
                    0.0,
                    0.0,
                    alpha_alpha,
                    0.0,
                    0.0,
                    -both_both,
                    -both_both,
                    b_b - both_both,
                ];
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
            // Slopes of the logarithm of the odds, and how they bend: ln(1 + e^odds) has the slope `gone`, and `gone`
            // has the slope `gone × (1 − gone)`.
            let turns = gone * (1.0 - gone);
            let (of_r, of_alpha, of_a, of_b) =
                (ln_age - ln_last, shape * (by_age - by_last), 1.0 / a, -1.0 / last_chance);
            [
                there + both,
                by_r + ln_alpha - ln_age + gone * of_r,
                r / alpha - shape * by_age + gone * of_alpha,
                gone * of_a - by_both,
                by_b - by_both + gone * of_b,
                r_r + turns * of_r * of_r,
                r_alpha + gone * (by_age - by_last) + turns * of_r * of_alpha,
                turns * of_r * of_a,
                turns * of_r * of_b,
                alpha_alpha + gone * shape * (by_last * by_last - by_age * by_age) + turns * of_alpha * of_alpha,
                turns * of_alpha * of_a,
                turns * of_alpha * of_b,
                (turns - gone) * of_a * of_a - both_both,
                turns * of_a * of_b - both_both,
                b_b - both_both + (turns + gone) * of_b * of_b,
            ]
        });
        Height::of(4, &sums)
    }
}

/// NBD.
pub(super) struct PoissonSurface<'g>(pub &'g [Group]);

impl Surface for PoissonSurface<'_> {
    fn start(&self) -> Vec<f64> {
        let (r, alpha) = start_of_rates(self.0);
        vec![r, alpha]
    }

    fn at(&self, parameters: &[f64]) -> Height {
        let &[r, alpha] = parameters else { return Height::nowhere() };
        let of_r = rises(r, self.0.iter().map(|group| group.rhythm.repeats).max().unwrap_or(0));
        let ln_alpha = ln(alpha);
        let sums = summed(self.0, |group| {
            let (ln_r, by_r, r_r) = of_r[group.rhythm.repeats as usize];
            let (shape, age) = (r + group.rhythm.repeats_real(), alpha + group.rhythm.age_weeks());
            let ln_age = ln(age);
            [
                ln_r + r * ln_alpha - shape * ln_age,
                by_r + ln_alpha - ln_age,
                r / alpha - shape / age,
                r_r,
                1.0 / alpha - 1.0 / age,
                shape / (age * age) - r / (alpha * alpha),
            ]
        });
        Height::of(2, &sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::value::lifetime::ParetoSurface;
    use crate::metric::{Geometric, Pareto, Poisson, Rhythm};
    use proptest::prelude::*;

    fn groups() -> impl Strategy<Value = Vec<Group>> {
        let group = (0u32..30, 0u32..200, 0u32..200, 1u64..5).prop_map(|(repeats, last, more, customers)| {
            let last = if repeats == 0 { 0 } else { last };
            Group { rhythm: Rhythm { age: last + more, last, repeats }, customers }
        });
        prop::collection::vec(group, 1..20)
    }

    fn agrees(surface: &impl Surface, parameters: &[f64], value: impl Fn(&[f64]) -> f64) {
        let Height { value: found, slopes, bends } = surface.at(parameters);
        let bends = bends.expect("second slopes");
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
            let slopes_near = |by: f64| {
                let mut near = parameters.to_vec();
                near[at] += by;
                surface.at(&near).slopes
            };
            for (other, (above, below)) in slopes_near(step).iter().zip(&slopes_near(-step)).enumerate() {
                let bend = (above - below) / (2.0 * step);
                // A difference of slopes is no better than what the sum of them all leaves of its digits.
                let noise = 1e-2 * (1.0 + direct.abs());
                let size = bend.abs().max(bends[at][at].abs()).max(bends[other][other].abs()).max(noise);
                assert!((bends[at][other] - bend).abs() < 1e-5 * size, "{at} {other}: {} {bend}", bends[at][other]);
            }
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
