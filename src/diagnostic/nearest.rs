//! The nearest known name to a misspelt one.

/// The known name that `wrong` most probably stands for: at most a third of its letters differ.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > 100 {
        return None;
    }
    let lower = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(lower.chars().count()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name() {
        let known = ["metrics", "segments", "discounts", "limits"];
        assert_eq!(nearest("metrcs", known), Some("metrics"));
        assert_eq!(nearest("Discount", known), Some("discounts"));
        assert_eq!(nearest("budget", known), None);
    }
}
