//! What a counted share may be.

/// The standard normal's quantile at 97.5 %: intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a share that `part` of `whole` showed: E. B. Wilson, "Probable inference, the law of
/// succession, and statistical inference", Journal of the American Statistical Association 22 (1927). `part` may be a
/// sum of values between 0 and 1: their variance is at most that of a coin, so the interval is on the safe side.
pub fn wilson(part: f64, whole: f64) -> (f64, f64) {
    let (share, z2) = (part / whole, Z * Z);
    let middle = share + z2 / (2.0 * whole);
    let half = Z * (share * (1.0 - share) / whole + z2 / (4.0 * whole * whole)).sqrt();
    let scale = 1.0 + z2 / whole;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_literature() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        let check = |part: f64, whole: f64, low: f64, high: f64| {
            let found = wilson(part, whole);
            assert!((found.0 - low).abs() < 5e-5 && (found.1 - high).abs() < 5e-5, "{part} of {whole}: {found:?}");
        };
        check(81.0, 263.0, 0.2553, 0.3662);
        check(15.0, 148.0, 0.0624, 0.1605);
        check(0.0, 20.0, 0.0, 0.1611);
        check(1.0, 29.0, 0.0061, 0.1718);
    }
}
