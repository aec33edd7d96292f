//! What a customer of a class is worth at a spend.

use super::allot::Prices;
use crate::estimate::{Curve, root};

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

    /// How much the next unit of spend adds more than the last.
    pub(super) fn bend(&self, discount_rate: f64, spend: f64) -> f64 {
        let lost = 1.0 + discount_rate - self.retention.at(spend);
        self.retention.slope(spend) * self.bend_sign(discount_rate, spend) / (lost * lost * lost)
    }

    /// The sign of that, as a number that crosses zero where it does: with `u` for what is missing to the ceiling of
    /// retention, `a = 1 + d − ceiling` and the break-even spend `M`, it is `k(M − s)(u − a) − 2(a + u)`.
    fn bend_sign(&self, discount_rate: f64, spend: f64) -> f64 {
        let lost = 1.0 + discount_rate - self.retention.ceiling;
        let open = self.retention.ceiling - self.retention.at(spend);
        self.retention.k * (self.break_even(discount_rate) - spend) * (open - lost) - 2.0 * (lost + open)
    }

    /// Where, above this spend, the value stops rising ever faster and begins to rise ever slower; this spend where it
    /// does so already. There is at most one such place: [`Self::bend_sign`] is convex in `u`, and below zero at `M`.
    pub(super) fn turn(&self, discount_rate: f64, from: f64) -> f64 {
        let bend = |spend: f64| self.bend_sign(discount_rate, spend);
        let until = self.break_even(discount_rate);
        if from >= until || bend(from) <= 0.0 { from } else { root(bend, from, until) }
    }

    /// Where, below this spend, the value begins to bend upwards again, beyond what can pay; this spend where it does not
    /// yet. There is at most one such place, for the same reason.
    pub(super) fn turn_back(&self, discount_rate: f64, until: f64) -> f64 {
        let bend = |spend: f64| self.bend_sign(discount_rate, spend);
        let from = self.break_even(discount_rate);
        if until <= from || bend(until) <= 0.0 { until } else { root(bend, from, until) }
    }

    /// What a unit of spend on a customer adds at these prices, less what it costs.
    pub(super) fn pull(&self, discount_rate: f64, prices: Prices, spend: f64) -> f64 {
        let quality = self.satisfaction.map_or(0.0, |curve| curve.slope(spend));
        self.slope(discount_rate, spend) + prices.quality * quality - prices.budget
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
