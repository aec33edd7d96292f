//! ABC analysis over the base.

use super::asked::{Asked, ReportError, whole_sum};
use super::periods::Periods;
use crate::analytics::report::Parameter;
use crate::analytics::{AbcCustomer, AbcLimits, AbcQuestion, AbcReport, Unit, Variability};
use crate::app::events::Events;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::metric::{Measure, Metric, Sum, Timelines};
use crate::money::{Number, Rate};
use crate::policy::{Bundle, Segment, SegmentRule};
use crate::store::{Failure, Snapshot};
use crate::time::Period;

/// Periods whose demands are compared where nothing else was asked for.
const PERIODS: usize = 12;

impl App {
    /// Which customers hold how much of a metric's total.
    pub fn abc_report(&self, mut asked: Asked) -> Result<AbcReport, ReportError> {
        let (segment, metric) = chosen(&asked)?;
        let (segment, limits) = limits(&asked, segment, &metric)?;
        let since = asked.instant(Parameter::SINCE.name)?;
        let then = since.map(|since| asked.as_of(since)).transpose()?;
        let period = asked.period()?.unwrap_or(Period::Month);
        asked.filters.push(format!("metric {}", metric.name));
        let demand = match metric.measure {
            Measure::Sum(_) | Measure::Count(_) => metric.measure,
            Measure::Average(_) | Measure::DaysSince(_) => Measure::Sum(Sum::Net),
        };
        let rows = &*self.store.snapshot();
        let empty = Held {
            rows,
            asked: &asked,
            then: then.as_ref(),
            metric: &metric,
            demand,
            periods: Periods::whole(&asked, period, PERIODS)?,
            customers: Vec::new(),
        };
        let customers = scan(rows, &asked.active, &empty, asked.at)?.customers;
        let mut head = asked.head::<AbcReport>();
        head.define("customers", "who bought something that did not come back in full, or were in contact");
        head.define("shares", "values below zero count as zero, and equal values share a class");
        head.define(
            "xyz",
            "standard deviation of demand per whole period since the first purchase, by its mean: X up to 0.5, Y up to 1, \
             Z above; nothing is said of fewer than 3 periods",
        );
        match limits {
            AbcLimits::Shares(_) => {
                head.define("class", "the first whose bound is above the share that customers with strictly more hold");
            }
            AbcLimits::Computed => head.define(
                "class",
                "by limits computed from the curve: Ultsch and Lötsch, PLoS ONE 10(6): e0129767 (2015)",
            ),
        }
        let unit = Unit::of(metric.measure, asked.active.bundle.currency);
        let question = AbcQuestion { metric: metric.name.to_string(), unit, segment, limits, since, period };
        Ok(AbcReport::new(head, question, &customers))
    }
}

/// The segment that ranks, and the metric that is shared.
fn chosen(asked: &Asked) -> Result<(Option<Segment>, Metric), ReportError> {
    let bundle = &asked.active.bundle;
    let ranks = |segment: &&Segment| matches!(segment.rule, SegmentRule::Rank { .. });
    let named = asked.segment()?.map(|at| &bundle.segments[at as usize]);
    if let Some(segment) = named.filter(|segment| !ranks(segment)) {
        let why = format!("`{}` does not rank; a segment with `rank_by` does", segment.name);
        return Err(ReportError::Invalid { name: Parameter::SEGMENT.name, why });
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

/// The limits that were asked for, and the segment whose they are.
fn limits(
    asked: &Asked,
    segment: Option<Segment>,
    metric: &Metric,
) -> Result<(Option<String>, AbcLimits), ReportError> {
    if matches!(metric.measure, Measure::DaysSince(_)) {
        let why = "days since something are not shared; a sum or a count is".to_owned();
        return Err(ReportError::Invalid { name: Parameter::METRIC.name, why });
    }
    if asked.named("limits", "kind of limits", &["policy", "computed"])? == Some(1) {
        return Ok((None, AbcLimits::Computed));
    }
    if let Some(Segment { name, classes, rule: SegmentRule::Rank { bounds, .. } }) = segment {
        let classes = classes.iter().map(ToString::to_string).zip(bounds).collect();
        return Ok((Some(name.to_string()), AbcLimits::Shares(classes)));
    }
    let bounds = [800_000, 950_000, 1_000_000].into_iter().filter_map(Rate::from_ppm);
    Ok((None, AbcLimits::Shares(["A", "B", "C"].map(str::to_owned).into_iter().zip(bounds).collect())))
}

/// What every customer holds.
#[derive(Clone)]
struct Held<'a> {
    rows: &'a Snapshot,
    asked: &'a Asked,
    /// The same as of an earlier instant.
    then: Option<&'a Asked>,
    metric: &'a Metric,
    demand: Measure,
    periods: Periods,
    customers: Vec<AbcCustomer>,
}

impl Collect for Held<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        if !self.asked.is_customer(events)? {
            return Ok(());
        }
        let value = self.asked.value(self.metric, events)?.unwrap_or_default();
        let variability = self.variability(events)?;
        let then = match self.then {
            Some(then) => {
                // What came back since was still there.
                let mut earlier = Events::of(self.rows, &self.asked.active, customer, then.at)?;
                let was = then.is_customer(&mut earlier)?;
                if was { Some(then.value(self.metric, &mut earlier)?.unwrap_or_default()) } else { None }
            }
            None => None,
        };
        self.customers.push(AbcCustomer { value, then, variability });
        Ok(())
    }

    fn merge(mut self, mut other: Self) -> Self {
        self.customers.append(&mut other.customers);
        self
    }
}

impl Held<'_> {
    fn variability(&self, events: &mut Events<'_, Snapshot>) -> Result<Option<Variability>, Failure> {
        let filter = self.metric.filter;
        let Some(first) = events.first_purchase(filter)? else { return Ok(None) };
        // The periods since the first purchase; what is left of an earlier one says nothing.
        let from = self.periods.place(first).unwrap_or(0);
        let many = self.periods.len().saturating_sub(from);
        let Some((start, end)) = self.periods.span(from).filter(|_| many >= Variability::FEWEST_PERIODS) else {
            return Ok(None);
        };
        let currency = self.asked.active.bundle.currency;
        let mut demand = vec![Number::ZERO; many];
        for event in events.events(filter, start, end)? {
            if let Some(at) = self.periods.place(event.at).and_then(|at| at.checked_sub(from)) {
                let value = self.demand.value(&event.adds, currency).unwrap_or_default();
                demand[at] = demand[at] + value;
            }
        }
        Ok(Variability::of(&demand))
    }
}
