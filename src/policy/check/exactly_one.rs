//! `one-of`: exactly one of some keys is needed.

use crate::diagnostic::Diagnostic;
use crate::policy::read::{Cx, Fields};
use crate::policy::syntax::Entry;

/// The one of these keys that is there.
pub(in crate::policy) fn exactly_one<'n>(
    cx: &mut Cx<'_>,
    fields: &Fields<'n>,
    keys: &[&str],
    what: &str,
) -> Option<&'n Entry> {
    let words: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let label = format!("expected exactly one of {}", words.join(", "));
    let found = fields.among(keys);
    match found.as_slice() {
        [one] => Some(one),
        [] => {
            let lacks = match what {
                "discount" => "grants nothing",
                "metric" => "measures nothing",
                "segment" => "does not say how it sorts",
                "scenario" => "has no candidate",
                _ => "does not say what it is",
            };
            cx.error("one-of", fields.owner, format!("this {what} {lacks}"), &label);
            None
        }
        [first, second, ..] => {
            let message = format!("`{}` and `{}` exclude each other", first.key.text, second.key.text);
            let finding = Diagnostic::error("one-of", second.key.span, message).label(label);
            cx.note(finding.related(first.key.span, "the first of them"));
            None
        }
    }
}
