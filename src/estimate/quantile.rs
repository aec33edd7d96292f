//! Where the middle of many runs lies.

/// The median of many runs, and between what nine in ten of them lie.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Band {
    /// The quantile at 5 %.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The quantile at 95 %.
    pub high: f64,
}

impl Band {
    /// Of these values, interpolated as in type 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The
    /// American Statistician 50 (1996). All zero where there is no value.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (values.len().max(1) - 1) as f64;
            let below = place.floor() as usize;
            let (Some(a), b) = (values.get(below).copied(), values.get(below + 1)) else { return 0.0 };
            b.map_or(a, |b| a + (b - a) * (place - place.floor()))
        };
        Self { low: at(0.05), median: at(0.5), high: at(0.95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated() {
        let check = |values: &[f64], expect: (f64, f64, f64)| {
            let found = Band::of(values.to_vec());
            let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
            assert!(
                near(found.low, expect.0) && near(found.median, expect.1) && near(found.high, expect.2),
                "{found:?}"
            );
        };
        check(&[5.0, 1.0, 4.0, 2.0, 3.0], (1.2, 3.0, 4.8));
        check(&[2.0], (2.0, 2.0, 2.0));
        check(&[1.0, 2.0], (1.05, 1.5, 1.95));
        check(&[], (0.0, 0.0, 0.0));
    }
}
