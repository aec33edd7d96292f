//! `thresholds-unordered`: thresholds that rise and fall, as after a slip of the pen.

use crate::diagnostic::{Diagnostic, Span};
use crate::money::Number;
use crate::policy::read::Cx;

/// Classes are written from the best down, steps from the lowest up.
pub(in crate::policy) fn thresholds_unordered(cx: &mut Cx<'_>, written: &[(Number, Span)], falling: bool) {
    let wrong = |pair: &&[(Number, Span)]| if falling { pair[0].0 < pair[1].0 } else { pair[0].0 > pair[1].0 };
    if let Some(pair) = written.windows(2).find(wrong) {
        let ((before, first), (here, span)) = (pair[0], pair[1]);
        let (side, order) =
            if falling { ("above", "fall from class to class") } else { ("below", "rise from step to step") };
        let finding = Diagnostic::warning(
            "thresholds-unordered",
            span,
            format!("{here} is {side} {before}, the threshold before"),
        )
        .label(format!("expected thresholds that {order}"))
        .related(first, "the threshold before");
        cx.note(finding);
    }
}
