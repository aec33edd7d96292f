//! `filter-without-lines`: a choice of lines on a metric of interactions, which have none.

use crate::metric::{Average, Count, Measure, Since, Sum};
use crate::policy::read::{Cx, Fields};

pub(in crate::policy) fn filter_on_interactions(cx: &mut Cx<'_>, measure: Measure, fields: &Fields<'_>) {
    let of_interactions = matches!(
        measure,
        Measure::Sum(Sum::ServiceCost)
            | Measure::Count(Count::Interactions)
            | Measure::Average(Average::Rating | Average::ServiceCost)
            | Measure::DaysSince(Since::LastInteraction)
    );
    if let Some(entry) = fields.entry("only").or(fields.entry("except")).filter(|_| of_interactions) {
        let label = "expected no choice of lines on a metric of interactions";
        cx.error("filter-without-lines", entry.key.span, "an interaction has no lines to choose from", label);
    }
}
