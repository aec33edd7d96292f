//! What spend achieves, and at most.

/// A quantity that rises with what is spent on a customer in a period, ever slower, up to a ceiling:
/// `low + (ceiling − low) × (1 − e^(−k × spend))`.
///
/// With `low` = 0 it is how retention answers to spend in R. C. Blattberg and J. Deighton, "Manage Marketing by the
/// Customer Equity Test", Harvard Business Review 74(4), 1996.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// What there is without any spend.
    pub low: f64,
    /// What no spend exceeds.
    pub ceiling: f64,
    /// How fast it rises, per unit of money.
    pub k: f64,
}

impl Curve {
    /// The curve on which this spend reaches this much. There is one where the spend is above zero and what it reaches
    /// lies between both ends.
    pub fn through(low: f64, ceiling: f64, spend: f64, reached: f64) -> Option<Self> {
        let open = (ceiling - reached) / (ceiling - low);
        let k = -open.ln() / spend;
        (low < reached && reached < ceiling && spend > 0.0 && k > 0.0 && k.is_finite()).then_some(Self {
            low,
            ceiling,
            k,
        })
    }

    /// What this spend reaches.
    pub fn at(self, spend: f64) -> f64 {
        self.ceiling - self.open(spend)
    }

    /// How much the next unit of money adds.
    pub fn slope(self, spend: f64) -> f64 {
        self.k * self.open(spend)
    }

    /// The spend that reaches this much, none for less than there is without; absent where no spend does.
    pub fn spend_for(self, reached: f64) -> Option<f64> {
        if reached <= self.low {
            return Some(0.0);
        }
        (reached < self.ceiling).then(|| -((self.ceiling - reached) / (self.ceiling - self.low)).ln() / self.k)
    }

    /// The spend at which the next unit of money adds this much, above zero; below zero where it never adds as much.
    pub fn spend_at_slope(self, slope: f64) -> f64 {
        (self.k * (self.ceiling - self.low) / slope).ln() / self.k
    }

    /// The spend beyond which nothing is left to gain that a float could hold.
    pub fn saturation(self) -> f64 {
        40.0 / self.k
    }

    /// What is missing to the ceiling.
    fn open(self, spend: f64) -> f64 {
        (self.ceiling - self.low) * (-self.k * spend).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_point() {
        let curve = Curve::through(0.0, 0.8, 8.0, 0.6).expect("a curve");
        assert!((curve.k - 4f64.ln() / 8.0).abs() < 1e-15);
        assert!((curve.at(8.0) - 0.6).abs() < 1e-15);
        assert!((curve.spend_for(0.6).expect("a spend") - 8.0).abs() < 1e-12);
        assert_eq!((curve.spend_for(-0.1), curve.spend_for(0.8)), (Some(0.0), None));
        let step = 1e-6;
        assert!((curve.spend_at_slope(curve.slope(5.0)) - 5.0).abs() < 1e-12);
        assert!(((curve.at(5.0 + step) - curve.at(5.0 - step)) / (2.0 * step) - curve.slope(5.0)).abs() < 1e-9);
    }

    #[test]
    fn no_curve_reaches_its_ends() {
        for (spend, reached) in [(8.0, 0.8), (8.0, 0.9), (8.0, 0.0), (0.0, 0.6), (-1.0, 0.6), (f64::NAN, 0.6)] {
            assert_eq!(Curve::through(0.0, 0.8, spend, reached), None, "{spend} {reached}");
        }
    }
}
