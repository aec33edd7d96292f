//! ABC analysis over the base.

use super::asked::{Asked, ReportError, whole_sum};
use crate::analytics::{AbcLimits, AbcReport, Unit};
use crate::app::events::Events;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::metric::{Metric, Sum};
use crate::money::{Number, Rate};
use crate::policy::{Bundle, Segment, SegmentRule};
use crate::store::{Failure, Snapshot};

impl App {
    /// Which customers hold how much of a metric's total.
    pub fn abc_report(&self, mut asked: Asked) -> Result<AbcReport, ReportError> {
        let (segment, metric) = chosen(&asked)?;
        let limits = limits(segment.as_ref());
        asked.filters.push(format!("metric {}", metric.name));
        let rows = &*self.store.snapshot();
        let empty = Held { asked: &asked, metric: &metric, values: Vec::new() };
        let values = scan(rows, &asked.active, &empty, asked.at)?.values;
        let mut head = asked.head::<AbcReport>();
        head.define("customers", "who bought something that did not come back in full, or were in contact");
        head.define("class", "the first whose bound is above the share that customers with strictly more hold");
        let unit = Unit::of(metric.measure, asked.active.bundle.currency);
        let segment = segment.map(|segment| segment.name.to_string());
        Ok(AbcReport::new(head, metric.name.to_string(), segment, &limits, unit, values))
    }
}

/// The segment whose limits are meant, and the metric that is shared.
fn chosen(asked: &Asked) -> Result<(Option<Segment>, Metric), ReportError> {
    let bundle = &asked.active.bundle;
    let ranks = |segment: &&Segment| matches!(segment.rule, SegmentRule::Rank { .. });
    let named = asked.segment()?.map(|at| &bundle.segments[at as usize]);
    if let Some(segment) = named.filter(|segment| !ranks(segment)) {
        let why = format!("`{}` does not rank: only a segment with `rank_by` has shares for limits", segment.name);
        return Err(ReportError::Invalid { name: "segment", why });
    }
    let metric = asked.metric()?;
    let by = |segment: &Segment| metric_of(bundle, segment);
    let fitting = |segment: &&Segment| metric.as_ref().is_none_or(|metric| by(segment).as_ref() == Some(metric));
    let segment = named.or_else(|| bundle.segments.iter().filter(ranks).find(fitting));
    let metric = metric.or_else(|| segment.and_then(by)).unwrap_or_else(|| whole_sum("net", Sum::Net));
    Ok((segment.cloned(), metric))
}

fn metric_of(bundle: &Bundle, segment: &Segment) -> Option<Metric> {
    match segment.rule {
        SegmentRule::Rank { metric, .. } => bundle.metrics.get(metric as usize).cloned(),
        SegmentRule::Thresholds { .. } | SegmentRule::Score { .. } | SegmentRule::Script(_) => None,
    }
}

/// The limits of a segment, or 80, 95 and 100 % where none fits.
fn limits(segment: Option<&Segment>) -> AbcLimits {
    if let Some(Segment { classes, rule: SegmentRule::Rank { bounds, .. }, .. }) = segment {
        return AbcLimits { classes: classes.iter().map(ToString::to_string).collect(), bounds: bounds.clone() };
    }
    let bounds = [800_000, 950_000, 1_000_000].into_iter().filter_map(Rate::from_ppm).collect();
    AbcLimits { classes: ["A", "B", "C"].map(str::to_owned).to_vec(), bounds }
}

/// What every customer holds.
#[derive(Clone)]
struct Held<'a> {
    asked: &'a Asked,
    metric: &'a Metric,
    values: Vec<Number>,
}

impl Collect for Held<'_> {
    fn take(&mut self, _: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        if self.asked.is_customer(events)? {
            self.values.push(self.asked.value(self.metric, events)?.unwrap_or_default());
        }
        Ok(())
    }

    fn merge(mut self, mut other: Self) -> Self {
        self.values.append(&mut other.values);
        self
    }
}
