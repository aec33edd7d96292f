//! What a discount has to bring.

/// By how much more has to be bought so that a discount of this share of the price brings what it costs: `d / (margin − d)`, with
/// the margin before the discount as a share of the price. Absent where it takes the whole margin, and no growth helps.
pub fn break_even_uplift(discount: f64, margin: f64) -> Option<f64> {
    (discount < margin).then(|| discount / (margin - discount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_has_to_bring_what_it_costs() {
        let uplift = break_even_uplift(0.05, 0.25).expect("some");
        assert!((uplift - 0.25).abs() < 1e-12, "{uplift}");
        assert_eq!(break_even_uplift(0.3, 0.3), None);
    }
}
