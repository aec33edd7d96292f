//! The question before anyone starts: how many customers it takes.
//!
//! n per arm = 2 (z₀.₉₇₅ + z₀.₈)² s² / δ², after S.-C. Chow, J. Shao, H. Wang, "Sample Size Calculations in Clinical
//! Research" (2nd edition 2008), section 3.2, two parallel arms of equal size and variance: what a two-sided test at 5 %
//! needs to see a difference δ of means with 80 % power. With CUPED only the part 1 − ρ² of the variance is left.

#![expect(clippy::float_arithmetic, reason = "sample sizes are statistics")]

use super::compare::SEEN;
use super::sample::Sample;
use crate::money::Rate;

/// Shares of a control group that a plan looks at besides the one asked for: half, a fifth, a tenth.
pub const CONTROL_SHARES: [u32; 3] = [500_000, 200_000, 100_000];

/// What an experiment on this base could show.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// How many customers the base has.
    pub customers: u64,
    /// What they spend on average.
    pub mean: f64,
    /// Standard deviation of it.
    pub deviation: f64,
    /// Its correlation with what the same customers spent before; absent where either does not vary.
    pub correlation: Option<f64>,
    /// The uplift asked about.
    pub uplift: Rate,
    /// How many customers each arm needs to see it; absent where it is zero, or nobody spends.
    pub per_arm: Option<u64>,
    /// The same with CUPED.
    pub per_arm_adjusted: Option<u64>,
    /// The smallest uplift that this base shows, by the share of the control group.
    pub shown: Vec<ShareShown>,
}

/// What a split of the base shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareShown {
    /// The control group's share of the base.
    pub control: Rate,
    /// The smallest uplift, as a share of the average (0.05 for 5 %).
    pub smallest: f64,
    /// The same with CUPED; absent where there is no correlation to go by.
    pub smallest_adjusted: Option<f64>,
}

impl Plan {
    /// Whether the base has as many customers as two arms need.
    pub fn suffices(&self) -> bool {
        self.per_arm.is_some_and(|needed| self.customers / 2 >= needed)
    }

    /// The same with CUPED.
    pub fn suffices_adjusted(&self) -> bool {
        self.per_arm_adjusted.is_some_and(|needed| self.customers / 2 >= needed)
    }
}

/// What an experiment on a base would show whose customers spend like this. `y` of the sample is spend over as long as
/// the experiment is to run, `x` what the same customers spent before that.
pub fn plan(base: &Sample, uplift: Rate) -> Plan {
    let (mean, variance) = (base.mean().unwrap_or(0.0), base.variance().unwrap_or(0.0));
    let correlation = base.correlation();
    let left = correlation.map(|rho| 1.0 - rho * rho);
    let share = f64::from(uplift.ppm()) / f64::from(Rate::ONE.ppm());
    let spends = mean > 0.0 && variance > 0.0;
    let per_arm = |part: f64| {
        let needed = 2.0 * SEEN * SEEN * variance * part / (share * mean).powi(2);
        // Two at least: one customer has no variance.
        (spends && share > 0.0).then(|| (needed.ceil() as u64).max(2))
    };
    let smallest = |control: Rate, part: f64| {
        let held = f64::from(control.ppm()) / f64::from(Rate::ONE.ppm());
        let customers = base.customers as f64;
        SEEN * (variance * part * (1.0 / (customers * held) + 1.0 / (customers * (1.0 - held)))).sqrt() / mean
    };
    let shown = CONTROL_SHARES.into_iter().filter_map(Rate::from_ppm).filter(|_| spends).map(|control| ShareShown {
        control,
        smallest: smallest(control, 1.0),
        smallest_adjusted: left.map(|left| smallest(control, left)),
    });
    Plan {
        customers: base.customers,
        mean,
        deviation: variance.sqrt(),
        correlation,
        uplift,
        per_arm: per_arm(1.0),
        per_arm_adjusted: left.and_then(per_arm),
        shown: shown.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(pairs: &[(i64, i64)], times: usize) -> Sample {
        let mut sample = Sample::default();
        pairs.iter().cycle().take(pairs.len() * times).for_each(|(y, x)| sample.push(*y, *x));
        sample
    }

    #[test]
    fn sizes_by_hand() {
        // Half spend nothing, half 200: mean 100, and the deviation is 100 but for the degree of freedom.
        let found = plan(&base(&[(0, 0), (200, 0)], 5_000), Rate::parse("5%").expect("a rate"));
        // 2 · 7.848880 · 100² / 5² = 6279.1, and one in ten thousand more.
        assert_eq!((found.customers, found.per_arm, found.per_arm_adjusted), (10_000, Some(6_280), None));
        assert!(!found.suffices(), "5,000 in each arm are fewer");
        // 2.801585 · 100 · √(1/5000 + 1/5000) / 100 = 5.6 %; a tenth held out shows 2.801585 · √(1/1000 + 1/9000).
        let shown: Vec<(String, i64)> =
            found.shown.iter().map(|it| (it.control.to_string(), (it.smallest * 1e6).round() as i64)).collect();
        let expect = [("50%", 56_035), ("20%", 70_043), ("10%", 93_391)].map(|(share, it)| (share.to_owned(), it));
        assert_eq!(shown, expect);
        assert_eq!(plan(&base(&[(0, 0), (200, 0)], 5_000), Rate::parse("6%").expect("a rate")).per_arm, Some(4_361));
    }

    #[test]
    fn the_past_saves_customers() {
        // x and y agree for three customers in four: ρ = 0.5, so three quarters of the variance are left.
        let sample = base(&[(0, 0), (0, 0), (0, 0), (0, 200), (200, 0), (200, 200), (200, 200), (200, 200)], 1_250);
        let found = plan(&sample, Rate::parse("5%").expect("a rate"));
        assert!((found.correlation.expect("it varies") - 0.5).abs() < 1e-12);
        assert_eq!((found.per_arm, found.per_arm_adjusted), (Some(6_280), Some(4_710)));
        assert!(!found.suffices() && found.suffices_adjusted());
    }

    #[test]
    fn nothing_comes_of_nothing() {
        for (sample, uplift) in [
            (Sample::default(), "5%"),
            (base(&[(0, 0)], 10), "5%"),
            (base(&[(7, 7)], 10), "5%"),
            (base(&[(-3, 0), (3, 0)], 10), "5%"),
        ] {
            let found = plan(&sample, Rate::parse(uplift).expect("a rate"));
            assert_eq!((found.per_arm, found.per_arm_adjusted, found.shown), (None, None, vec![]), "{sample:?}");
        }
        assert_eq!(plan(&base(&[(0, 0), (2, 0)], 10), Rate::ZERO).per_arm, None);
    }
}
