//! What a customer of a class is worth at a spend.

use crate::estimate::Curve;

/// A class of customers who answer to spend alike. Money is in major units, per customer and period.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassModel {
    /// How many; above zero.
    pub customers: f64,
    /// What a customer who stays brings before service.
    pub margin: f64,
    /// The share of customers who stay for the next period.
    pub retention: Curve,
    /// How satisfied they are.
    pub satisfaction: Option<Curve>,
    /// The least they may be satisfied.
    pub floor: Option<f64>,
}

impl ClassModel {
    /// What a customer is worth who is served at this spend in every period to come: `m + (m·r − s) / (1 + d − r)`, the
    /// margin of now and, discounted at rate `d`, what those who stay bring and what keeping them costs
    /// (Blattberg and Deighton 1996).
    pub fn value(&self, discount_rate: f64, spend: f64) -> f64 {
        let kept = self.retention.at(spend);
        self.margin + (self.margin * kept - spend) / (1.0 + discount_rate - kept)
    }

    /// What the next unit of spend adds to that value.
    pub fn slope(&self, discount_rate: f64, spend: f64) -> f64 {
        let lost = 1.0 + discount_rate - self.retention.at(spend);
        (self.retention.slope(spend) * (self.break_even(discount_rate) - spend) - lost) / (lost * lost)
    }

    /// The spend beyond which no further retention can pay.
    pub fn break_even(&self, discount_rate: f64) -> f64 {
        self.margin * (1.0 + discount_rate)
    }

    /// Where, above this spend, the value stops rising ever faster and begins to rise ever slower; this spend where it
    /// does so already.
    ///
    /// There is at most one such place below the break-even spend `M`: with `u` for what is missing to the ceiling of
    /// retention and `a = 1 + d − ceiling`, the curvature has the sign of `k(M − s)(u − a) − 2(a + u)`, which is convex
    /// in `u` and below zero at `M`.
    pub fn turn(&self, discount_rate: f64, from: f64) -> f64 {
        let until = self.break_even(discount_rate);
        let lost = 1.0 + discount_rate - self.retention.ceiling;
        let bend = |spend: f64| {
            let open = self.retention.ceiling - self.retention.at(spend);
            self.retention.k * (until - spend) * (open - lost) - 2.0 * (lost + open)
        };
        if from >= until || bend(from) <= 0.0 { from } else { crate::estimate::root(bend, from, until) }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is compared exactly")]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_value() {
        let class = ClassModel {
            customers: 1.0,
            margin: 50.0,
            retention: Curve { low: 0.1, ceiling: 0.95, k: 0.2 },
            satisfaction: None,
            floor: None,
        };
        let step = 1e-5;
        for spend in [0.5, 3.0, 12.0, 40.0, 70.0] {
            let about = |f: &dyn Fn(f64) -> f64| (f(spend + step) - f(spend - step)) / (2.0 * step);
            assert!((about(&|s| class.value(0.1, s)) - class.slope(0.1, spend)).abs() < 1e-6, "{spend}");
        }
        let turn = class.turn(0.1, 0.0);
        let rises = |spend: f64| class.slope(0.1, spend + 0.01) - class.slope(0.1, spend - 0.01);
        assert!(turn > 0.0 && rises(turn - 0.1) > 0.0 && rises(turn + 0.1) < 0.0);
        assert_eq!(class.turn(0.1, 30.0), 30.0);
    }
}
