//! Where a function crosses zero.

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentRoot;

struct Function<F>(F);

impl<F: Fn(f64) -> f64> CostFunction for Function<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, at: &f64) -> Result<f64, Error> {
        Ok((self.0)(*at))
    }
}

/// Where `f` crosses zero between two places at which its signs differ, to the last digit of a float (R. P. Brent,
/// Algorithms for Minimization without Derivatives, 1973). A jump across zero counts as a crossing. Where the signs do
/// not differ it is the end at which `f` is nearer to zero.
pub fn root(f: impl Fn(f64) -> f64, from: f64, until: f64) -> f64 {
    const MOST: u64 = 200;
    let nearer = || if f(from).abs() <= f(until).abs() { from } else { until };
    let solver = BrentRoot::new(from, until, 0.0);
    let run = Executor::new(Function(&f), solver).configure(|state| state.max_iters(MOST)).timer(false).run();
    run.ok().and_then(|done| done.state().get_param().copied()).unwrap_or_else(nearer)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is compared exactly")]
mod tests {
    use super::*;

    #[test]
    fn finds_crossings_and_jumps() {
        assert!((root(|x| x * x - 2.0, 0.0, 2.0) - 2f64.sqrt()).abs() < 1e-15);
        assert!((root(|x| if x < 0.3 { -1.0 } else { 2.0 }, 0.0, 1.0) - 0.3).abs() < 1e-15);
        assert_eq!((root(|x| x, 0.0, 1.0), root(|x| x - 1.0, 0.0, 1.0)), (0.0, 1.0));
        assert_eq!(root(|x| x + 1.0, 0.0, 1.0), 0.0, "no crossing");
    }
}
