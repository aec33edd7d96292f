//! The difference of two means, and how sure it is.
//!
//! - B. L. Welch, "The generalization of ‘Student’s’ problem when several different population variances are involved",
//!   Biometrika 34 (1947): variances of the two arms may differ, degrees of freedom after Welch and Satterthwaite.
//! - A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the sensitivity of online controlled experiments by utilizing
//!   pre-experiment data", WSDM 2013 (CUPED): what customers did before the start explains a part of what they do after
//!   it, and the assignment cannot have changed it; without that part the same difference is surer.

#![expect(clippy::float_arithmetic, reason = "intervals are statistics")]

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::sample::Sample;

/// The standard normal's quantile at 97.5 %: a two-sided test at 5 %.
const SURE: f64 = 1.959_963_984_540_054;
/// The standard normal's quantile at 80 %: an effect of this size is seen four times in five.
const POWER: f64 = 0.841_621_233_572_914_3;
/// How many standard errors an effect must measure to be seen with this power.
pub(super) const SEEN: f64 = SURE + POWER;

/// Treated less control, with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean of the treated less mean of the control group.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Standard error of the estimate.
    pub error: f64,
    /// Degrees of freedom, after Welch and Satterthwaite.
    pub degrees: f64,
}

impl Difference {
    /// Whether the interval leaves out zero.
    pub fn is_shown(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }

    /// The smallest true difference that these arms show with 80 % power in a two-sided test at 5 %:
    /// (z₀.₉₇₅ + z₀.₈) · standard error.
    pub fn smallest(&self) -> f64 {
        SEEN * self.error
    }
}

/// The difference after CUPED.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted {
    /// It and its interval.
    pub difference: Difference,
    /// How much a unit more before the start goes with after it: the pooled slope within the arms.
    pub slope: f64,
    /// Which part of the variance the past explains, 0 to 1.
    pub explained: f64,
}

/// Welch's interval. Absent where an arm has fewer than two customers, or nobody differs from anybody.
pub(super) fn welch(treated: &Sample, control: &Sample) -> Option<Difference> {
    let estimate = treated.mean()? - control.mean()?;
    interval(estimate, (treated.variance()?, treated.customers), (control.variance()?, control.customers))
}

/// The same after CUPED. Absent where the past does not vary, too.
///
/// The slope is pooled within the arms, so that an effect of the treatment does not leak into it.
pub(super) fn cuped(treated: &Sample, control: &Sample) -> Option<Adjusted> {
    let spread = treated.scatter_x() + control.scatter_x();
    if spread <= 0.0 {
        return None;
    }
    let slope = (treated.scatter_xy() + control.scatter_xy()) / spread;
    let before = treated.mean_before()? - control.mean_before()?;
    let estimate = treated.mean()? - control.mean()? - slope * before;
    let variances = (treated.variance_less(slope)?, control.variance_less(slope)?);
    let difference = interval(estimate, (variances.0, treated.customers), (variances.1, control.customers))?;
    let scatter = treated.scatter_y() + control.scatter_y();
    let explained = if scatter > 0.0 { slope * slope * spread / scatter } else { 0.0 };
    Some(Adjusted { difference, slope, explained: explained.min(1.0) })
}

fn interval(estimate: f64, treated: (f64, u64), control: (f64, u64)) -> Option<Difference> {
    let part = |(variance, customers): (f64, u64)| variance / customers as f64;
    let (a, b) = (part(treated), part(control));
    let square = a + b;
    // Also keeps out what is no number.
    if !(square > 0.0 && square.is_finite()) {
        return None;
    }
    let degrees = square * square / (a * a / (treated.1 - 1) as f64 + b * b / (control.1 - 1) as f64);
    let error = square.sqrt();
    let reach = quantile(degrees)? * error;
    Some(Difference { estimate, low: estimate - reach, high: estimate + reach, error, degrees })
}

/// Student's t at 97.5 %. With many degrees of freedom by its expansion around the normal quantile (Abramowitz and Stegun,
/// 26.7.5): there the crate's inversion of the beta function loses digits, 10⁻⁴ at a million degrees and all at 10¹⁶.
fn quantile(degrees: f64) -> Option<f64> {
    const MANY: f64 = 200.0;
    if degrees.is_nan() || degrees < MANY {
        return Some(StudentsT::new(0.0, 1.0, degrees).ok()?.inverse_cdf(0.975));
    }
    let (z, square) = (SURE, SURE * SURE);
    let first = (square + 1.0) / 4.0;
    let second = ((5.0 * square + 16.0) * square + 3.0) / 96.0;
    let third = (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
    Some(z * (1.0 + (first + (second + third / degrees) / degrees) / degrees))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Bernoulli, Distribution, Gamma};

    use super::*;

    fn sample(pairs: &[(i64, i64)]) -> Sample {
        let mut sample = Sample::default();
        pairs.iter().for_each(|(y, x)| sample.push(*y, *x));
        sample
    }

    fn near(found: f64, expect: f64, tolerance: f64) {
        assert!((found - expect).abs() <= tolerance, "{found} instead of {expect}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        use statrs::distribution::Normal;
        near(SURE, Normal::standard().inverse_cdf(0.975), 1e-9);
        near(POWER, Normal::standard().inverse_cdf(0.8), 1e-9);
        // By SciPy's t.ppf.
        for (degrees, expect) in [
            (1.0, 12.706_204_736),
            (10.0, 2.228_138_852),
            (199.9, 1.971_902_228),
            (200.0, 1.971_896_224),
            (1e3, 1.962_339_081),
            (1e6, 1.959_966_357),
            (1e12, 1.959_963_985),
        ] {
            near(quantile(degrees).expect("a quantile"), expect, 1e-8);
        }
        assert_eq!(quantile(f64::NAN), None);
    }

    #[test]
    fn welch_by_hand() {
        // Means 6 and 3; variances 4 and 1 over 3 and 5 customers: squared errors 4/3 and 1/5.
        let treated = sample(&[(4, 0), (6, 0), (8, 0)]);
        let control = sample(&[(2, 0), (2, 0), (3, 0), (4, 0), (4, 0)]);
        let found = welch(&treated, &control).expect("an interval");
        near(found.estimate, 3.0, 0.0);
        near(found.error, (4.0f64 / 3.0 + 0.2).sqrt(), 1e-12);
        near(found.degrees, (4.0f64 / 3.0 + 0.2).powi(2) / (16.0 / 9.0 / 2.0 + 0.04 / 4.0), 1e-12);
        // SciPy: ttest_ind([4, 6, 8], [2, 2, 3, 4, 4], equal_var=False) gives this interval at 2.6156 degrees.
        near(found.low, -1.289_569_6, 1e-6);
        near(found.high, 7.289_569_6, 1e-6);
        near(found.degrees, 2.615_574_8, 1e-6);
        near(found.smallest(), 2.801_585_2 * found.error, 1e-6);
        assert!(!found.is_shown());
        assert_eq!(cuped(&treated, &control), None, "nobody did anything before");
        for (few, other) in [(sample(&[(1, 1)]), control), (Sample::default(), control)] {
            assert_eq!((welch(&few, &other), welch(&other, &few)), (None, None));
        }
        let same = sample(&[(5, 1), (5, 2)]);
        assert_eq!(welch(&same, &same), None, "nobody differs from anybody");
    }

    #[test]
    fn cuped_takes_out_what_was_there_before() {
        // y = 2x + 1 in the control group and 2x + 4 in the treated one, but for a unit here and there.
        let treated = sample(&[(14, 5), (16, 6), (19, 7), (19, 8)]);
        let control = sample(&[(3, 1), (5, 2), (8, 3), (8, 4)]);
        let plain = welch(&treated, &control).expect("an interval");
        let found = cuped(&treated, &control).expect("an interval");
        near(plain.estimate, 11.0, 0.0);
        // Within each arm Σ(x − x̄)(y − ȳ) is 9 over Σ(x − x̄)² = 5: slope 1.8, and the past differs by 4.
        near(found.slope, 1.8, 1e-12);
        near(found.difference.estimate, 11.0 - 1.8 * 4.0, 1e-12);
        // Of a scatter of 18 each, 1.8² · 5 = 16.2 is explained.
        near(found.explained, 0.9, 1e-12);
        near(found.difference.error, (2.0 * (1.8 / 3.0) / 4.0f64).sqrt(), 1e-12);
        assert!(found.difference.is_shown() && found.difference.error < plain.error);
    }

    /// Spend like a shop's: most buy nothing, some little, few much; who bought before buys again.
    fn run(seed: u64, uplift: i64) -> (Sample, Sample) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let size = Gamma::new(0.8, 4_000.0).expect("a distribution");
        let buys = Bernoulli::new(0.4).expect("a distribution");
        let mut arm = |uplift: i64| {
            let mut arm = Sample::default();
            for _ in 0..500 {
                let taste = size.sample(&mut random);
                let mut spend = || if buys.sample(&mut random) { taste + size.sample(&mut random) } else { 0.0 };
                let (before, after) = (spend() + spend(), spend() + spend());
                arm.push(after as i64 + uplift, before as i64);
            }
            arm
        };
        (arm(uplift), arm(0))
    }

    #[test]
    fn the_interval_holds_the_truth_nineteen_times_in_twenty() {
        let truth = 700;
        let (mut plain, mut adjusted, mut surer) = (0, 0, 0);
        for seed in 0..400 {
            let (treated, control) = run(seed, truth);
            let holds = |it: &Difference| i32::from(it.low <= truth as f64 && truth as f64 <= it.high);
            let (one, other) = (welch(&treated, &control), cuped(&treated, &control));
            let (one, other) = (one.expect("an interval"), other.expect("an interval").difference);
            plain += holds(&one);
            adjusted += holds(&other);
            surer += i32::from(other.error < one.error);
        }
        // 380 of 400, give or take 2.3 standard errors of 4.4.
        assert!((370..=390).contains(&plain), "Welch: {plain} of 400");
        assert!((370..=390).contains(&adjusted), "CUPED: {adjusted} of 400");
        assert!(surer > 390, "the past makes it surer: {surer} of 400");
    }

    #[test]
    fn two_alike_arms_differ_one_time_in_twenty() {
        let shown = |seed| {
            let (treated, control) = run(seed, 0);
            let adjusted = cuped(&treated, &control).expect("an interval").difference;
            (welch(&treated, &control).expect("an interval").is_shown(), adjusted.is_shown())
        };
        let found: Vec<(bool, bool)> = (1_000..1_400).map(shown).collect();
        let (plain, adjusted) = (found.iter().filter(|it| it.0).count(), found.iter().filter(|it| it.1).count());
        assert!((10..=30).contains(&plain) && (10..=30).contains(&adjusted), "{plain} and {adjusted} of 400");
    }
}
