//! `bounds-order`: bounds that fall where they must rise, and `last-bound`: a last one that leaves customers out.

use super::equal_bound;
use crate::diagnostic::{Diagnostic, Span};
use crate::money::{Money, Rate};
use crate::policy::read::Cx;
use crate::policy::syntax::Entry;

pub(in crate::policy) fn bounds_order(cx: &mut Cx<'_>, bounds: &[(Rate, Span)]) {
    for pair in bounds.windows(2) {
        let ((before, first), (bound, span)) = (pair[0], pair[1]);
        if bound < before {
            let finding =
                Diagnostic::error("bounds-order", span, format!("this bound is below {before}, the one before"))
                    .label("expected bounds that rise from class to class")
                    .related(first, "the bound before");
            cx.note(finding);
        } else if bound == before {
            equal_bound(cx, first, span);
        }
    }
}

pub(in crate::policy) fn last_bound(cx: &mut Cx<'_>, bounds: &[(Rate, Span)]) {
    if let Some((bound, span)) = bounds.last().filter(|(bound, _)| *bound != Rate::ONE) {
        let finding = Diagnostic::warning("last-bound", *span, format!("the last class ends at {bound} of the total"))
            .label("expected 100%: the last class takes everybody left anyway")
            .help("write `100%`");
        cx.note(finding);
    }
}

/// An upper bound below the lower one.
pub(in crate::policy) fn most_below_least(cx: &mut Cx<'_>, least: Money, most: Money, stated: &Entry) {
    if most < least {
        let message = "`at_most` is below `at_least`";
        cx.error("bounds-order", stated.value.span, message, "expected an amount not below `at_least`");
    }
}
