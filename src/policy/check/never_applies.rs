//! `never-applies`: a condition that cannot hold.

use crate::diagnostic::{Diagnostic, Span};
use crate::policy::bundle::Bounds;
use crate::policy::read::Cx;
use crate::policy::syntax::Entry;
use crate::time::Instant;

/// Bounds that no value satisfies.
pub(in crate::policy) fn contradicting_bounds<T: Ord + Copy>(cx: &mut Cx<'_>, bounds: &Bounds<T>, owner: Span) {
    let is_outside = bounds.is.is_some_and(|is| !bounds.hold(&is));
    let crossed = [bounds.at_least, bounds.more_than]
        .into_iter()
        .flatten()
        .any(|low| [bounds.at_most, bounds.less_than].into_iter().flatten().any(|high| low > high));
    let touching = |low: Option<T>, high: Option<T>| low.is_some() && low == high;
    let open = touching(bounds.at_least, bounds.less_than)
        || touching(bounds.more_than, bounds.at_most)
        || touching(bounds.more_than, bounds.less_than);
    if is_outside || crossed || open {
        let finding = Diagnostic::warning("never-applies", owner, "this condition can never hold")
            .label("expected bounds that some value satisfies");
        cx.note(finding);
    }
}

/// A validity that is over before it begins.
pub(in crate::policy) fn ends_before_it_starts(cx: &mut Cx<'_>, from: Instant, until: Instant, stated: &Entry) {
    if until <= from {
        let finding = Diagnostic::warning("never-applies", stated.value.span, "this discount is over before it begins")
            .label("expected an instant after `from`");
        cx.note(finding);
    }
}
