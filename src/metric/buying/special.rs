//! Special functions, by `libm`: the standard library's logarithm differs in the last bit from machine to machine.

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), exact near 0.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// e to the power of x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The logarithm of the gamma function, for x above 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ln(e^a + e^b) without overflow.
pub fn ln_sum(a: f64, b: f64) -> f64 {
    let (high, low) = if a < b { (b, a) } else { (a, b) };
    if low == f64::NEG_INFINITY { high } else { high + ln_1p(exp(low - high)) }
}

/// Terms of a series at most; at z = 0.9995 some 70,000 are needed.
const MOST_TERMS: u32 = 200_000;
/// From here on the argument is turned round to 1 − z where that is safe.
const NEAR_ONE: f64 = 0.9;

/// Gauss's hypergeometric function ₂F₁(a, b; c; z) for real parameters, c above 0 and z below 1.
///
/// The series is summed where it converges fast: a negative z is first brought into [0, 1) by Pfaff's transform, one in
/// [0, 1) goes by Euler's where that makes the parameters smaller, and one near 1 by the connection to 1 − z (Abramowitz
/// and Stegun 15.3.3 to 15.3.6). NaN where z is 1 or more, or the series does not settle.
pub fn gauss(a: f64, b: f64, c: f64, z: f64) -> f64 {
    if z >= 1.0 || z.is_nan() {
        return f64::NAN;
    }
    if z < 0.0 {
        // Of the two forms of Pfaff's transform the one with the smaller parameters.
        let (kept, other) = if (c - b).abs() * a.abs() <= (c - a).abs() * b.abs() { (a, b) } else { (b, a) };
        return exp(-kept * ln_1p(-z)) * gauss(kept, c - other, c, z / (z - 1.0));
    }
    if z > NEAR_ONE
        && let Some(value) = near_one(a, b, c, z)
    {
        return value;
    }
    if ((c - a) * (c - b)).abs() < (a * b).abs() {
        return exp((c - a - b) * ln_1p(-z)) * series(c - a, c - b, c, z);
    }
    series(a, b, c, z)
}

fn series(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 0..MOST_TERMS {
        let n = f64::from(n);
        let factor = (a + n) * (b + n) / ((c + n) * (n + 1.0)) * z;
        term *= factor;
        sum += term;
        // What is left is at most a geometric series once the factor has settled below 1.
        if term == 0.0 || (factor.abs() < 1.0 && term.abs() <= f64::EPSILON * 0.25 * sum.abs() * (1.0 - factor.abs())) {
            return sum;
        }
    }
    f64::NAN
}

/// Through 1 − z; `None` where c − a − b is near a whole number, or the two parts cancel.
fn near_one(a: f64, b: f64, c: f64, z: f64) -> Option<f64> {
    let rest = c - a - b;
    if (rest - libm::round(rest)).abs() < 0.01 || rest.abs() > 200.0 {
        return None;
    }
    let y = 1.0 - z;
    let (common, common_sign) = libm::lgamma_r(c);
    let part = |up: f64, down: (f64, f64), ln_scale: f64, sum: f64| {
        // A gamma function at 0, −1, … in the denominator: the part is nothing.
        let pole = |x: f64| x <= 0.0 && (x - libm::round(x)).abs() < f64::EPSILON * 8.0 * (1.0 + x.abs());
        if pole(down.0) || pole(down.1) {
            return 0.0;
        }
        let ((up, s), (first, s1), (second, s2)) = (libm::lgamma_r(up), libm::lgamma_r(down.0), libm::lgamma_r(down.1));
        f64::from(common_sign * s * s1 * s2) * exp(common + up - first - second + ln_scale) * sum
    };
    let first = part(rest, (c - a, c - b), 0.0, series(a, b, 1.0 - rest, y));
    let second = part(-rest, (a, b), rest * ln(y), series(c - a, c - b, 1.0 + rest, y));
    let value = first + second;
    // Where the parts cancel, digits are lost: the plain series is slower and right.
    (value.abs() > 1e-4 * first.abs().max(second.abs())).then_some(value)
}

/// e^z E_s(z) = ∫₀^∞ e^(−zu) (1 + u)^(−s) du for z above 0: the scaled exponential integral of real order.
///
/// By Lentz's continued fraction from z = 1 on. Below, the integral from 0 to (1 − z)/z, where the fraction takes over,
/// is split off by Simpson's rule on a logarithmic scale.
pub fn exp_integral(s: f64, z: f64) -> f64 {
    if z >= 1.0 {
        return fraction(s, z);
    }
    // With u = e^v − 1: ∫ e^(−z(e^v − 1)) e^((1−s)v) dv from 0 to V, then the tail from u₀ = e^V − 1 on, where
    // ∫_{u₀}^∞ = e^(−z u₀) (1 + u₀)^(1−s) G(s, z (1 + u₀)), and z (1 + u₀) = 1.
    const STEPS: u32 = 2_000;
    let end = -ln(z);
    let step = end / f64::from(STEPS);
    let term = |v: f64| exp(-z * libm::expm1(v) + (1.0 - s) * v);
    let inner: f64 = (1..STEPS).map(|n| term(step * f64::from(n)) * if n % 2 == 1 { 4.0 } else { 2.0 }).sum();
    let head = (term(0.0) + inner + term(end)) * step / 3.0;
    head + exp(-z * libm::expm1(end) + (1.0 - s) * end) * fraction(s, 1.0)
}

/// Lentz's method for e^z E_s(z), z at least 1 (Numerical Recipes, third edition, 6.3, for real order).
fn fraction(s: f64, z: f64) -> f64 {
    let mut b = z + s;
    let mut c = 1.0 / f64::MIN_POSITIVE;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..10_000 {
        let i = f64::from(i);
        let a = -i * (s - 1.0 + i);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        let delta = c * d;
        h *= delta;
        if (delta - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(found: f64, expect: f64, tolerance: f64) {
        assert!((found - expect).abs() <= tolerance * expect.abs().max(1.0), "{found} is not {expect}");
    }

    #[test]
    fn gauss_has_known_values() {
        let check = |(a, b, c, z): (f64, f64, f64, f64), expect: f64| {
            let found = gauss(a, b, c, z);
            assert!((found / expect - 1.0).abs() < 1e-11, "F({a}, {b}; {c}; {z}) = {found}, not {expect}");
        };
        // Closed forms.
        check((1.0, 1.0, 2.0, 0.5), 2.0 * 2f64.ln());
        check((1.0, 1.0, 2.0, -3.0), 4f64.ln() / 3.0);
        check((1.0, 1.0, 2.0, 0.999), -(0.001f64.ln()) / 0.999);
        check((0.3, 2.5, 2.5, 0.7), 0.3f64.powf(-0.3));
        check((0.5, 0.5, 1.5, 0.81), 0.9f64.asin() / 0.9);
        check((0.5, 1.0, 1.5, -4.0), 2f64.atan() / 2.0);
        check((-2.0, 3.0, 1.5, 0.4), 1.0 - 4.0 * 0.4 + 6.0 * 4.0 / (1.5 * 2.5) * 0.16 / 2.0 * 1.0);
        // Complete elliptic integrals: K(m) = π/2 F(½, ½; 1; m), from Abramowitz and Stegun, table 17.1.
        check((0.5, 0.5, 1.0, 0.5), 1.854_074_677_301_372 * std::f64::consts::FRAC_2_PI);
        check((0.5, 0.5, 1.0, 0.99), 3.695_637_362_989_875 * std::f64::consts::FRAC_2_PI);
        // Parameters as in BG/NBD and Pareto/NBD.
        GAUSS.iter().for_each(|(given, expect)| check(*given, *expect));
        assert!(gauss(1.0, 1.0, 2.0, 1.0).is_nan());
    }

    proptest! {
        #[test]
        fn gauss_obeys_eulers_transform(a in 0.01f64..20.0, b in 0.01f64..20.0, c in 0.5f64..40.0, z in -5.0f64..0.97) {
            let left = gauss(a, b, c, z);
            let right = (1.0 - z).powf(c - a - b) * gauss(c - a, c - b, c, z);
            prop_assert!((left / right - 1.0).abs() < 1e-7, "{} and {}", left, right);
        }

        #[test]
        fn gauss_obeys_its_contiguous_relation(a in 1.1f64..12.0, b in 0.1f64..12.0, c in 0.5f64..30.0, z in -3.0f64..0.95) {
            // (c − a) F(a−1) + (2a − c + (b − a) z) F(a) + a (z − 1) F(a+1) = 0 (Abramowitz and Stegun 15.2.10)
            let parts =
                [(c - a) * gauss(a - 1.0, b, c, z), (2.0 * a - c + (b - a) * z) * gauss(a, b, c, z), a * (z - 1.0) * gauss(a + 1.0, b, c, z)];
            let size = parts.iter().fold(0.0f64, |most, part| most.max(part.abs()));
            prop_assert!(parts.iter().sum::<f64>().abs() < 1e-8 * size, "{:?}", parts);
        }
    }

    #[test]
    fn exponential_integral_has_known_values() {
        // e^z E_1(z), Abramowitz and Stegun table 5.1; E_0(z) = e^(−z)/z; E_½(z) = √(π/z) erfc(√z).
        close(exp_integral(1.0, 1.0), 0.596_347_362_3, 1e-9);
        close(exp_integral(1.0, 0.1), 0.1f64.exp() * 1.822_923_958_4, 1e-9);
        close(exp_integral(0.0, 0.25), 4.0, 1e-9);
        close(exp_integral(0.0, 12.0), 1.0 / 12.0, 1e-12);
        let half = |z: f64| (std::f64::consts::PI / z).sqrt() * libm::erfc(z.sqrt()) * z.exp();
        close(exp_integral(0.5, 0.03), half(0.03), 1e-9);
        close(exp_integral(0.5, 2.0), half(2.0), 1e-11);
    }

    /// By mpmath with 30 digits.
    const GAUSS: [((f64, f64, f64, f64), f64); 9] = [
        ((26.243, 28.426, 28.219, 0.62), 129_032_613_939.512),
        ((0.243, 2.426, 2.219, 0.9), 1.947_631_169_818_6),
        ((1.0, 26.553, 28.159, 0.95), 10.905_322_302_487_7),
        ((1.0, 0.553, 2.159, -0.31), 0.930_796_353_380_798),
        ((27.159, 1.606, 28.159, 0.05), 1.082_620_876_382_77),
        ((1.0, 3.3, 5.17, 0.9995), 4.724_417_089_411_37),
        ((1.5, 250.0, 251.2, 0.4), 2.141_452_789_843_33),
        ((0.7, 1.3, 2.05, 0.97), 3.121_878_257_601_66),
        ((40.5, 12.25, 33.0, 0.93), 1.841_297_429_836_97e20),
    ];
}
