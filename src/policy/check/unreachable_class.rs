//! `unreachable-class`: a class that no customer can have.

use crate::diagnostic::{Diagnostic, Span};
use crate::money::Number;
use crate::policy::bundle::ScoreCondition;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::Entry;

/// A rank class with the bound of the class before.
pub(in crate::policy) fn equal_bound(cx: &mut Cx<'_>, first: Span, span: Span) {
    let finding = Diagnostic::warning("unreachable-class", span, "no customer can have this class")
        .label("expected a bound above that of the class before")
        .related(first, "the same bound");
    cx.note(finding);
}

/// A threshold class with the threshold of another.
pub(in crate::policy) fn equal_thresholds(cx: &mut Cx<'_>, classes: &[Entry], floors: &[(Number, Span)]) {
    let mut known = std::collections::HashMap::new();
    for (at, (floor, span)) in floors.iter().enumerate() {
        match known.get(floor) {
            None => {
                known.insert(*floor, at);
            }
            Some(first) => {
                let name = show(&classes[at].key.text);
                let finding =
                    Diagnostic::warning("unreachable-class", *span, format!("no customer can have the class `{name}`"))
                        .label("expected a threshold of its own")
                        .related(floors[*first].1, "the same threshold");
                cx.note(finding);
            }
        }
    }
}

/// A score class all of whose customers have an earlier class.
pub(in crate::policy) fn covered_classes(cx: &mut Cx<'_>, classes: &[Entry], conditions: &[Vec<ScoreCondition>]) {
    // Every pair is compared; nobody writes more classes, or conditions of one, by hand.
    const MOST: usize = 200;
    const WIDEST: usize = 20;
    if conditions.iter().any(|class| class.len() > WIDEST) {
        return;
    }
    for (at, later) in conditions.iter().enumerate().take(MOST) {
        let covers = |earlier: &Vec<ScoreCondition>| {
            earlier.iter().all(|wide| {
                later
                    .iter()
                    .any(|narrow| narrow.part == wide.part && narrow.scores.iter().all(|s| wide.scores.contains(s)))
            })
        };
        if let Some(first) = conditions[..at].iter().position(covers) {
            let (name, before) = (show(&classes[at].key.text), show(&classes[first].key.text));
            let message = format!("no customer can have the class `{name}`");
            let finding = Diagnostic::warning("unreachable-class", classes[at].key.span, message)
                .label(format!("whoever could have it has `{before}`, which stands before it"))
                .related(classes[first].key.span, "the first class whose conditions hold is taken")
                .help("move the narrower class up");
            cx.note(finding);
        }
    }
}
