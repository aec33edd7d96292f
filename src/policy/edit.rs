//! Changing one thing in the text of a policy and leaving the rest as it was written.

use super::merge::Sections;
use super::read::Cx;
use super::revision::is_policy;
use super::syntax::{Entry, Value, parse};
use crate::diagnostic::Sources;

/// The path of the file in which the steps of a ladder are written, and its text with other steps: thresholds and rates,
/// each as it is to be written. Absent where the discount has no ladder that can be found.
pub fn with_steps(sources: &Sources, discount: &str, steps: &[(String, String)]) -> Option<(String, String)> {
    let mut cx = Cx::new(sources);
    let mut sections = Sections::default();
    for (file, source) in sources.iter().filter(|(_, source)| is_policy(&source.path)) {
        if let Some(root) = parse(file, &source.text).root {
            sections.take(&mut cx, root);
        }
    }
    let mut written = entries(&sections.get("discounts")?.value)?;
    for key in [discount, "ladder", "steps"] {
        written = entries(&written.iter().find(|entry| entry.key.text == key)?.value.value)?;
    }
    let (first, last) = (written.first()?, written.last()?);
    let source = sources.get(first.key.span.file);
    let (start, end) = (first.key.span.start as usize, last.value.span.end as usize);
    let (before, after) = (source.text.get(..start)?, source.text.get(end..)?);
    let flow = before.trim_end().ends_with('{');
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    // In a block every step stands below the first one.
    let between = if flow { ", ".to_owned() } else { format!("\n{}", " ".repeat(before[line..].chars().count())) };
    let steps: Vec<String> = steps.iter().map(|(threshold, rate)| format!("{threshold}: {rate}")).collect();
    Some((source.path.to_string(), format!("{before}{}{after}", steps.join(&between))))
}

fn entries(value: &Value) -> Option<&[Entry]> {
    match value {
        Value::Mapping(entries) => Some(entries),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<&str>) {
        let sources = Sources::new([("policies/a.yaml".to_owned(), text.to_owned())]);
        let steps = [("5".to_owned(), "1%".to_owned()), ("20".to_owned(), "2.5%".to_owned())];
        let edited = with_steps(&sources, "regulars", &steps);
        assert_eq!(edited.map(|(_, text)| text).as_deref(), expect, "{text}");
    }

    #[test]
    fn only_the_steps_change() {
        check(
            "discounts:\n  regulars:\n    ladder: { by: orders, steps: { 3: 2%, 10: 5% } } # why\n    group: loyalty\n",
            Some(
                "discounts:\n  regulars:\n    ladder: { by: orders, steps: { 5: 1%, 20: 2.5% } } # why\n    group: loyalty\n",
            ),
        );
        check(
            "discounts:\n  regulars:\n    ladder:\n      by: orders\n      steps:\n        3: 2%\n        10: 5% # ten\n    group: x\n",
            Some(
                "discounts:\n  regulars:\n    ladder:\n      by: orders\n      steps:\n        5: 1%\n        20: 2.5% # ten\n    group: x\n",
            ),
        );
    }

    #[test]
    fn what_is_no_ladder_is_not_touched() {
        check("discounts:\n  regulars: { rate: 5% }\n", None);
        check("discounts:\n  others: { ladder: { by: orders, steps: { 3: 2% } } }\n", None);
        check("discounts: [", None);
        check("", None);
    }
}
