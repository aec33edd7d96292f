//! `ladder`.

use super::context::{Cx, show};
use crate::diagnostic::{Diagnostic, Span};
use crate::metric::{Count, Measure, Sum};
use crate::policy::bundle::{BasketAdds, Ladder, Step};
use crate::policy::check;
use crate::policy::keys;
use crate::policy::syntax::{Entry, Key, Node, Value};

/// A step and where it is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) struct WrittenStep {
    pub(in crate::policy) step: Step,
    pub(in crate::policy) threshold: Span,
    pub(in crate::policy) rate: Span,
}

pub(super) fn ladder(cx: &mut Cx<'_>, entry: &Entry) -> Option<Ladder> {
    let fields = cx.fields(&entry.value, &keys::LADDER, entry.key.span)?;
    let metric = fields.get("by").and_then(|node| cx.metric(node));
    let measure = metric.and_then(|metric| cx.measure(metric));
    let sliced = flag(cx, fields.get("sliced"));
    let counting_basket = flag(cx, fields.get("counting_basket"));
    let steps = fields.entry("steps").and_then(|steps| steps_of(cx, steps, measure));
    let basket_adds = match measure {
        None => BasketAdds::Value,
        Some(Measure::Count(Count::Purchases)) => BasketAdds::One,
        Some(Measure::Sum(Sum::Quantity)) => BasketAdds::Quantity,
        Some(measure) => {
            let adds = matches!(measure, Measure::Sum(Sum::Gross | Sum::Net | Sum::Margin | Sum::Profit));
            if let Some(stated) = fields.entry("counting_basket").filter(|_| !adds && counting_basket == Some(true)) {
                let label = "expected a ladder by purchases, a quantity, or a sum of what was bought";
                let message = "a basket adds nothing to the metric of this ladder";
                cx.error("misplaced-key", stated.key.span, message, label);
            }
            BasketAdds::Value
        }
    };
    if let (Some(stated), Some(measure), Some(true)) = (fields.entry("sliced"), measure, sliced) {
        let value = matches!(measure, Measure::Sum(Sum::Gross | Sum::Net | Sum::Margin | Sum::Profit));
        if !value {
            let label = "expected a ladder by a sum of money, such as `{ sum: net }`";
            cx.error("misplaced-key", stated.key.span, "only a ladder by money spent can be sliced", label);
        }
    }
    let (sliced, counting_basket, steps) = (sliced?, counting_basket?, steps?);
    check::ladder_falls(cx, &steps);
    if counting_basket && !sliced && measure.is_some_and(Measure::is_money) {
        check::ladder_cliff(cx, &steps);
    }
    let steps = steps.into_iter().map(|written| written.step).collect();
    Some(Ladder { metric: metric?, steps, sliced, counting_basket, basket_adds })
}

fn flag(cx: &mut Cx<'_>, node: Option<&Node>) -> Option<bool> {
    node.map_or(Some(false), |node| cx.boolean(node))
}

/// The steps by ascending threshold.
pub(in crate::policy) fn steps_of(
    cx: &mut Cx<'_>,
    entry: &Entry,
    measure: Option<Measure>,
) -> Option<Vec<WrittenStep>> {
    let Value::Mapping(entries) = &entry.value.value else {
        cx.wrong_type(&entry.value, "a map from thresholds to rates, such as `{ 3: 2%, 10: 5% }`");
        return None;
    };
    if entries.is_empty() {
        cx.error("empty", entry.key.span, "this ladder has no steps", "expected at least one step");
        return None;
    }
    let read: Vec<Option<WrittenStep>> = entries
        .iter()
        .map(|step| {
            let rate = cx.rate(&step.value);
            let threshold = cx.value_of(&as_node(&step.key), measure);
            let step_read = Step { threshold: threshold?, rate: rate? };
            Some(WrittenStep { step: step_read, threshold: step.key.span, rate: step.value.span })
        })
        .collect();
    let mut steps: Vec<WrittenStep> = read.into_iter().collect::<Option<_>>()?;
    let thresholds: Vec<_> = steps.iter().map(|written| (written.step.threshold, written.threshold)).collect();
    check::thresholds_unordered(cx, &thresholds, false);
    steps.sort_by_key(|written| written.step.threshold);
    for pair in steps.windows(2) {
        if pair[0].step.threshold == pair[1].step.threshold {
            let text = show(cx.sources.text(pair[1].threshold)).to_owned();
            let finding =
                Diagnostic::error("duplicate-key", pair[1].threshold, format!("the step `{text}` is here twice"))
                    .label("the second time")
                    .related(pair[0].threshold, "the first time");
            cx.note(finding);
        }
    }
    Some(steps)
}

fn as_node(key: &Key) -> Node {
    Node { value: Value::Scalar { text: key.text.clone(), plain: true }, span: key.span }
}
