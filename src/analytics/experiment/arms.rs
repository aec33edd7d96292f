//! An experiment's two arms, by intent to treat: who could get the discount, and who never does.

#![expect(clippy::float_arithmetic, reason = "means and shares are statistics")]

use statrs::function::erf::erfc;

use super::compare::{Adjusted, Difference, cuped, welch};
use super::sample::Sample;
use crate::money::Rate;

/// What one customer did since an experiment began. Money in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// Net of what was bought.
    pub spend: i64,
    /// Purchases that were not fully returned.
    pub orders: i64,
    /// Net less cost of goods.
    pub margin: i64,
    /// Net of what was bought before the start.
    pub before: i64,
    /// Whether the discount was granted, once at least.
    pub reached: bool,
}

/// One arm of an experiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Arm {
    /// Net per customer, beside what the same ones spent before the start.
    pub spend: Sample,
    /// Purchases per customer, likewise.
    pub orders: Sample,
    /// Margin per customer, likewise.
    pub margin: Sample,
    /// How many bought anything since the start.
    pub buyers: u64,
    /// How many got the discount. In a control group that is nobody.
    pub reached: u64,
}

impl Arm {
    /// Takes in one customer.
    pub fn push(&mut self, did: Behaviour) {
        self.spend.push(did.spend, did.before);
        self.orders.push(did.orders, did.before);
        self.margin.push(did.margin, did.before);
        self.buyers += u64::from(did.orders > 0);
        self.reached += u64::from(did.reached);
    }

    /// Takes in what another thread found.
    pub const fn merge(self, other: Self) -> Self {
        Self {
            spend: self.spend.merge(other.spend),
            orders: self.orders.merge(other.orders),
            margin: self.margin.merge(other.margin),
            buyers: self.buyers + other.buyers,
            reached: self.reached + other.reached,
        }
    }

    /// How many customers.
    pub const fn customers(&self) -> u64 {
        self.spend.customers
    }
}

/// What is compared, per customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Net of what was bought.
    Spend,
    /// Purchases.
    Orders,
    /// Net less cost of goods.
    Margin,
}

impl Outcome {
    /// All of them; the first is the one that an experiment is judged by.
    pub const ALL: [Self; 3] = [Self::Spend, Self::Orders, Self::Margin];

    /// The name in answers and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spend => "spend",
            Self::Orders => "orders",
            Self::Margin => "margin",
        }
    }

    /// Whether it is an amount of money, in minor units.
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Spend | Self::Margin)
    }

    const fn of(self, arm: &Arm) -> &Sample {
        match self {
            Self::Spend => &arm.spend,
            Self::Orders => &arm.orders,
            Self::Margin => &arm.margin,
        }
    }
}

/// One outcome in both arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// What is compared.
    pub outcome: Outcome,
    /// Mean of the treated; absent without a customer.
    pub treated: Option<f64>,
    /// Mean of the control group; absent without a customer.
    pub control: Option<f64>,
    /// Welch's interval.
    pub plain: Option<Difference>,
    /// The same after CUPED.
    pub adjusted: Option<Adjusted>,
}

impl Compared {
    /// What the comparison is judged by. Chosen by what is known of the past, never by which of both looks better: CUPED
    /// where there was spend before the start, Welch otherwise.
    pub fn judged(&self) -> Option<Difference> {
        self.adjusted.map(|adjusted| adjusted.difference).or(self.plain)
    }

    /// The smallest true difference that these arms show four times in five.
    pub fn smallest(&self) -> Option<f64> {
        self.judged().map(|difference| difference.smallest())
    }

    /// A difference as a share of the control group's mean; absent where that is not above zero.
    pub fn relative(&self, difference: f64) -> Option<f64> {
        self.control.filter(|mean| *mean > 0.0).map(|mean| difference / mean)
    }
}

/// An experiment as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExperimentResult {
    /// Those who could get the discount.
    pub treated: Arm,
    /// Those who never do.
    pub control: Arm,
    /// The outcomes, spend first.
    pub outcomes: [Compared; 3],
    /// How often chance alone splits a base at least as far from the share that was asked for; absent where there is
    /// nobody. Below 0.001 something else than chance chose who is counted.
    pub split: Option<f64>,
}

/// Below this the arms were not split by chance alone.
pub(super) const UNLIKELY: f64 = 0.001;

impl ExperimentResult {
    /// Compares two arms, the second of which was to hold this share.
    pub fn new(treated: Arm, control: Arm, share: Rate) -> Self {
        let compared = |outcome: Outcome| {
            let (treated, control) = (outcome.of(&treated), outcome.of(&control));
            Compared {
                outcome,
                treated: treated.mean(),
                control: control.mean(),
                plain: welch(treated, control),
                adjusted: cuped(treated, control),
            }
        };
        let outcomes = Outcome::ALL.map(compared);
        Self { treated, control, outcomes, split: split(treated.customers(), control.customers(), share) }
    }

    /// Whether chance alone explains how many customers are in which arm.
    pub fn split_by_chance(&self) -> bool {
        self.split.is_none_or(|likely| likely >= UNLIKELY)
    }
}

/// The two-sided p-value of so many in the control group, by the normal approximation of the binomial distribution:
/// the test for a sample ratio mismatch of A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
/// experiments", KDD 2019.
fn split(treated: u64, control: u64, share: Rate) -> Option<f64> {
    let all = (treated + control) as f64;
    let share = f64::from(share.ppm()) / f64::from(Rate::ONE.ppm());
    let deviation = (all * share * (1.0 - share)).sqrt();
    (deviation > 0.0).then(|| erfc(((control as f64 - all * share) / deviation).abs() / std::f64::consts::SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_that_chance_explains_and_one_that_it_does_not() {
        let tenth = Rate::parse("10%").expect("a rate");
        let check = |treated, control, expect: Option<f64>| {
            let found = split(treated, control, tenth);
            assert_eq!(found.map(|p| (p * 1e4).round() / 1e4), expect, "{treated} {control}");
        };
        check(9_000, 1_000, Some(1.0));
        // 30 more than 1000: one standard deviation of √(10000 · 0.1 · 0.9) = 30.
        check(8_970, 1_030, Some(0.3173));
        check(8_880, 1_120, Some(0.0001));
        check(0, 0, None);
        assert_eq!(split(10, 0, Rate::ZERO), None);
    }

    #[test]
    fn an_arm_counts_who_bought_and_who_got_it() {
        let did = |spend, orders, reached| Behaviour { spend, orders, margin: spend / 2, before: 100, reached };
        let mut parts = [Arm::default(), Arm::default()];
        parts[0].push(did(500, 2, true));
        parts[0].push(did(0, 0, false));
        parts[1].push(did(100, 1, false));
        let arm = parts[0].merge(parts[1]);
        assert_eq!((arm.customers(), arm.buyers, arm.reached), (3, 2, 1));
        assert_eq!((arm.spend.total(), arm.orders.total(), arm.margin.total()), (600, 3, 300));
    }
}
