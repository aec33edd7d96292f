//! A class whose spend is kept between two ends, and the least concave curve above what it is worth there.

use super::allot::Prices;
use super::class::ClassModel;
use crate::estimate::root;

/// A stretch of spends on a class. Its value may rise ever faster first, ever slower then, and bend upwards again beyond
/// the spend at which nothing more can pay; the curve above it is straight where the value bends upwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<'a> {
    pub(super) class: &'a ClassModel,
    pub(super) from: f64,
    pub(super) until: f64,
    discount_rate: f64,
    /// Up to here the curve above is straight, and from there on.
    ends: (f64, f64),
    /// How steep it is on both straight parts.
    slopes: (f64, f64),
}

impl<'a> Span<'a> {
    /// Between these ends.
    pub(super) fn new(class: &'a ClassModel, discount_rate: f64, from: f64, until: f64) -> Self {
        let value = |spend: f64| class.value(discount_rate, spend);
        let slope = |spend: f64| class.slope(discount_rate, spend);
        let chord = if until > from { (value(until) - value(from)) / (until - from) } else { slope(from) };
        let whole = Self { class, from, until, discount_rate, ends: (until, until), slopes: (chord, chord) };
        let (turn, back) = (class.turn(discount_rate, from), class.turn_back(discount_rate, until));
        if turn >= back {
            return whole;
        }
        // Where a line from an end touches the value, if it does within the stretch that is concave.
        let touch = |end: f64| move |spend: f64| slope(spend) * (spend - end) - (value(spend) - value(end));
        let (first, last) = (touch(from), touch(until));
        let low = if turn <= from { from } else { root(first, turn, back) };
        let high = if back >= until { until } else { root(last, turn, back) };
        if low >= high || (turn > from && first(back) > 0.0) || (back < until && last(turn) > 0.0) {
            return whole;
        }
        Self { ends: (low, high), slopes: (slope(low), slope(high)), ..whole }
    }

    /// The curve above the value.
    pub(super) fn above(&self, spend: f64) -> f64 {
        let value = |spend: f64| self.class.value(self.discount_rate, spend);
        if spend < self.ends.0 {
            value(self.from) + self.slopes.0 * (spend - self.from)
        } else if spend > self.ends.1 {
            value(self.until) - self.slopes.1 * (self.until - spend)
        } else {
            value(spend)
        }
    }

    /// By how much that curve exceeds the value.
    pub(super) fn gap(&self, spend: f64) -> f64 {
        self.above(spend) - self.class.value(self.discount_rate, spend)
    }

    /// What the first unit of spend beyond the lower end adds by that curve and at this price of satisfaction.
    pub(super) fn first_slope(&self, quality: f64) -> f64 {
        self.slopes.0 + quality * self.class.satisfaction.map_or(0.0, |curve| curve.slope(self.from))
    }

    /// The spend that is best by that curve at these prices.
    pub(super) fn best(&self, prices: Prices) -> f64 {
        let pull = |spend: f64| self.class.pull(self.discount_rate, prices, spend);
        let (low, high) = self.ends;
        if low >= self.until || (low > self.from && pull(low) <= 0.0) {
            return self.on_line(prices, self.slopes.0, self.from, low);
        }
        if pull(low) <= 0.0 {
            return low;
        }
        if pull(high) < 0.0 {
            return root(pull, low, high);
        }
        self.on_line(prices, self.slopes.1, high, self.until)
    }

    /// The best spend on a straight part: where satisfaction pays for what the line does not.
    fn on_line(&self, prices: Prices, slope: f64, from: f64, until: f64) -> f64 {
        let missing = prices.budget - slope;
        let Some(curve) = self.class.satisfaction.filter(|_| prices.quality > 0.0) else {
            return if missing >= 0.0 { from } else { until };
        };
        if missing <= 0.0 { until } else { curve.spend_at_slope(missing / prices.quality).clamp(from, until) }
    }
}
