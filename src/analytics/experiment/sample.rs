//! Sums of what customers did, exact: only means and variances, taken at the very end, are floating.

#![expect(clippy::float_arithmetic, reason = "means and variances are statistics")]

/// What each customer of a group did, `y`, beside what the same one did before, `x`: counts and sums of powers.
///
/// Sums are whole numbers, so they are the same in whatever order and on however many threads customers are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// How many customers.
    pub customers: u64,
    y: i128,
    x: i128,
    yy: i128,
    xx: i128,
    xy: i128,
}

impl Sample {
    /// Takes in one customer.
    pub fn push(&mut self, y: i64, x: i64) {
        let (y, x) = (i128::from(y), i128::from(x));
        self.customers += 1;
        self.y += y;
        self.x += x;
        // A square is at most 2^126: what no base of real money reaches is pinned, and never wraps.
        self.yy = self.yy.saturating_add(y * y);
        self.xx = self.xx.saturating_add(x * x);
        self.xy = self.xy.saturating_add(x * y);
    }

    /// Takes in customers who did nothing.
    pub const fn push_idle(&mut self, customers: u64) {
        self.customers += customers;
    }

    /// Both groups together.
    pub const fn merge(self, other: Self) -> Self {
        Self {
            customers: self.customers + other.customers,
            y: self.y + other.y,
            x: self.x + other.x,
            yy: self.yy.saturating_add(other.yy),
            xx: self.xx.saturating_add(other.xx),
            xy: self.xy.saturating_add(other.xy),
        }
    }

    /// The sum of what they did.
    pub const fn total(&self) -> i128 {
        self.y
    }

    /// What they did on average; absent without a customer.
    pub fn mean(&self) -> Option<f64> {
        (self.customers > 0).then(|| self.y as f64 / self.customers as f64)
    }

    /// What they did before on average; absent without a customer.
    pub fn mean_before(&self) -> Option<f64> {
        (self.customers > 0).then(|| self.x as f64 / self.customers as f64)
    }

    /// Sample variance of what they did; absent below two customers.
    pub fn variance(&self) -> Option<f64> {
        self.per_degree(self.scatter_y())
    }

    /// Sample variance of `y − slope · x`; absent below two customers.
    pub fn variance_less(&self, slope: f64) -> Option<f64> {
        let scatter = self.scatter_y() - 2.0 * slope * self.scatter_xy() + slope * slope * self.scatter_x();
        self.per_degree(scatter.max(0.0))
    }

    /// Correlation of what they did with what they did before; absent where either does not vary.
    pub fn correlation(&self) -> Option<f64> {
        let product = self.scatter_x() * self.scatter_y();
        (product > 0.0).then(|| (self.scatter_xy() / product.sqrt()).clamp(-1.0, 1.0))
    }

    /// Σ (y − ȳ)²
    pub fn scatter_y(&self) -> f64 {
        self.scatter(self.yy, self.y, self.y)
    }

    /// Σ (x − x̄)²
    pub fn scatter_x(&self) -> f64 {
        self.scatter(self.xx, self.x, self.x)
    }

    /// Σ (x − x̄)(y − ȳ)
    pub fn scatter_xy(&self) -> f64 {
        self.scatter(self.xy, self.x, self.y)
    }

    fn per_degree(&self, scatter: f64) -> Option<f64> {
        (self.customers > 1).then(|| scatter / (self.customers - 1) as f64)
    }

    /// Σ ab − Σ a · Σ b / n. Exact up to the division, unless the products exceed 127 bits.
    fn scatter(&self, products: i128, a: i128, b: i128) -> f64 {
        if self.customers == 0 {
            return 0.0;
        }
        let n = i128::from(self.customers);
        let exact = products.checked_mul(n).zip(a.checked_mul(b)).and_then(|(all, means)| all.checked_sub(means));
        let times_n = exact.map_or_else(|| products as f64 * n as f64 - a as f64 * b as f64, |exact| exact as f64);
        times_n / n as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(pairs: &[(i64, i64)]) -> Sample {
        let mut sample = Sample::default();
        pairs.iter().for_each(|(y, x)| sample.push(*y, *x));
        sample
    }

    #[test]
    fn means_and_variances_by_hand() {
        // y: 2 4 4 4 5 5 7 9 has mean 5 and scatter 32; x is half of it and a bit.
        let found = sample(&[(2, 1), (4, 2), (4, 2), (4, 2), (5, 3), (5, 2), (7, 3), (9, 5)]);
        assert_eq!((found.mean(), found.mean_before(), found.total()), (Some(5.0), Some(2.5), 40));
        assert_eq!((found.scatter_y(), found.scatter_x(), found.scatter_xy()), (32.0, 10.0, 17.0));
        assert_eq!(found.variance(), Some(32.0 / 7.0));
        assert_eq!(found.variance_less(1.7), Some((32.0 - 2.0 * 1.7 * 17.0 + 1.7 * 1.7 * 10.0) / 7.0));
        assert_eq!(sample(&[(5, 5)]).variance(), None);
        assert_eq!((Sample::default().mean(), Sample::default().correlation()), (None, None));
        assert_eq!(sample(&[(3, 1), (3, 2)]).correlation(), None);
        assert_eq!(sample(&[(3, 1), (5, 2), (7, 3)]).correlation(), Some(1.0));
    }

    #[test]
    fn a_large_offset_costs_no_digit() {
        // In floating sums of squares the variance of these would be lost entirely.
        let base = 1_000_000_000_000;
        assert_eq!(sample(&[(base, 0), (base + 1, 0), (base + 2, 0)]).variance(), Some(1.0));
        let extreme = sample(&[(i64::MAX, i64::MIN), (i64::MIN, i64::MAX), (i64::MAX, 0)]);
        assert!(extreme.variance().is_some_and(|variance| variance.is_finite() && variance > 0.0));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(pairs in prop::collection::vec((-10_000i64..10_000, -10_000i64..10_000), 0..40), cut in 0usize..40, idle in 0u64..5) {
            let cut = cut.min(pairs.len());
            let mut merged = sample(&pairs[..cut]).merge(sample(&pairs[cut..]));
            merged.push_idle(idle);
            let mut whole = pairs.clone();
            whole.extend((0..idle).map(|_| (0, 0)));
            prop_assert_eq!(merged, sample(&whole));
        }
    }
}
