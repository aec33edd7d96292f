//! How well the rest of a history was foretold: fitted on the first part, compared with the second.

#![expect(clippy::float_arithmetic, reason = "measures of an estimate")]

/// One customer known at the split: what was foretold, and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foretold {
    /// Expected purchases after the split.
    pub expected: f64,
    /// The probability of being a customer still, as of the split.
    pub alive: f64,
    /// Days from the last purchase to the split.
    pub idle: u32,
    /// Purchases after the split.
    pub actual: u32,
}

/// How well purchases after the split were foretold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HoldOut {
    /// Customers known at the split.
    pub customers: u64,
    /// How many of them bought again.
    pub returned: u64,
    /// Purchases after the split, foretold.
    pub expected: f64,
    /// Purchases after the split, counted.
    pub actual: u64,
    /// Root of the mean squared error per customer.
    pub rmse: f64,
    /// Mean absolute error per customer.
    pub mae: f64,
    /// Mean error per customer: above 0 where too much was foretold.
    pub bias: f64,
    /// How well expected purchases tell who buys again (1 is perfect, 0.5 a coin); absent where all or none do.
    pub auc: Option<f64>,
    /// How well the naive rule tells it: the fewer days since the last purchase, the sooner.
    pub naive_auc: Option<f64>,
    /// How well P(alive) would have told it. Shown as a warning, never used: see [`crate::metric::BuyingModel::alive`].
    pub alive_auc: Option<f64>,
}

/// Compares what was foretold with what came; absent where nobody was known at the split.
pub fn hold_out(customers: &[Foretold]) -> Option<HoldOut> {
    if customers.is_empty() {
        return None;
    }
    let count = customers.len() as f64;
    let (mut squares, mut absolute, mut expected, mut actual) = (0.0, 0.0, 0.0, 0u64);
    for one in customers {
        let error = one.expected - f64::from(one.actual);
        squares += error * error;
        absolute += error.abs();
        expected += one.expected;
        actual += u64::from(one.actual);
    }
    let auc_of = |score: fn(&Foretold) -> f64| auc(customers.iter().map(|one| (score(one), one.actual > 0)).collect());
    Some(HoldOut {
        customers: customers.len() as u64,
        returned: customers.iter().filter(|one| one.actual > 0).count() as u64,
        expected,
        actual,
        rmse: (squares / count).sqrt(),
        mae: absolute / count,
        bias: (expected - actual as f64) / count,
        auc: auc_of(|one| one.expected),
        naive_auc: auc_of(|one| -f64::from(one.idle)),
        alive_auc: auc_of(|one| one.alive),
    })
}

/// The chance that one who came back had the higher score than one who did not; equal scores count half (Mann and
/// Whitney, On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other, 1947).
fn auc(mut scored: Vec<(f64, bool)>) -> Option<f64> {
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scored.iter().filter(|(_, came)| *came).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let (mut below, mut wins) = (0.0, 0.0);
    for equal in scored.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let came = equal.iter().filter(|(_, came)| *came).count() as f64;
        let others = equal.len() as f64 - came;
        wins += came * (below + others / 2.0);
        below += others;
    }
    (positives > 0.0 && negatives > 0.0).then(|| wins / (positives * negatives))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is compared exactly")]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_pairs() {
        let check = |scored: &[(f64, bool)], expect: Option<f64>| assert_eq!(auc(scored.to_vec()), expect);
        check(&[(1.0, false), (2.0, true)], Some(1.0));
        check(&[(2.0, false), (1.0, true)], Some(0.0));
        check(&[(1.0, false), (1.0, true)], Some(0.5));
        check(&[(1.0, false), (3.0, false), (2.0, true), (3.0, true)], Some((1.0 + 1.5) / 4.0));
        check(&[(1.0, true)], None);
    }

    #[test]
    fn errors_are_per_customer() {
        let one = |expected, actual, idle| Foretold { expected, alive: 1.0, idle, actual };
        let found = hold_out(&[one(1.0, 0, 50), one(2.0, 4, 3), one(0.0, 1, 10), one(3.0, 1, 9)]).expect("customers");
        assert_eq!((found.customers, found.returned, found.actual, found.expected), (4, 3, 6, 6.0));
        assert_eq!((found.mae, found.bias), (1.5, 0.0));
        assert_eq!(found.rmse, 2.5f64.sqrt());
        assert_eq!((found.naive_auc, found.alive_auc), (Some(1.0), Some(0.5)));
    }
}
