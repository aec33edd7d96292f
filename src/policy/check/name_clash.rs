//! `name-clash`: one name for a metric and a segment, so that `when` could mean either.

use crate::diagnostic::Diagnostic;
use crate::policy::read::Cx;
use crate::policy::syntax::{Node, Value};

pub(in crate::policy) fn name_clash(cx: &mut Cx<'_>, metrics: Option<&Node>, segments: Option<&Node>) {
    let (Some(Value::Mapping(metrics)), Some(Value::Mapping(segments))) =
        (metrics.map(|node| &node.value), segments.map(|node| &node.value))
    else {
        return;
    };
    for segment in segments {
        if cx.metrics.contains_key(segment.key.text.as_str())
            && let Some(metric) = metrics.iter().find(|metric| metric.key.text == segment.key.text)
        {
            let message = format!("`{}` is the name of a metric already", segment.key.text);
            let finding = Diagnostic::error("name-clash", segment.key.span, message)
                .label("expected a name that no metric has")
                .related(metric.key.span, "the metric");
            cx.note(finding);
        }
    }
}
