//! `ladder-falls`: a step that grants less than the one below it.

use crate::diagnostic::Diagnostic;
use crate::policy::read::{Cx, WrittenStep};

pub(in crate::policy) fn ladder_falls(cx: &mut Cx<'_>, steps: &[WrittenStep]) {
    for pair in steps.windows(2) {
        let (below, step) = (pair[0].step, pair[1].step);
        if step.rate < below.rate {
            let message = format!(
                "step {} grants {}, less than {} at step {}",
                step.threshold, step.rate, below.rate, below.threshold
            );
            let finding = Diagnostic::warning("ladder-falls", pair[1].rate, message)
                .label(format!("expected at least {}", below.rate))
                .related(pair[0].rate, "the step below");
            cx.note(finding);
        }
    }
}
