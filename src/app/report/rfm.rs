//! Recency, frequency and monetary value over the base.

use super::asked::{Asked, ReportError};
use crate::analytics::report::Parameter;
use crate::analytics::{RfmCustomer, RfmQuestion, RfmReport, RfmScored};
use crate::app::events::Events;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::metric::{Count, History, Measure, Metric, Since, Sum, Timelines, Window};
use crate::money::Number;
use crate::policy::{Bundle, Segment, SegmentRule};
use crate::store::{Failure, Read, Snapshot};

impl App {
    /// Customers by how recently, how often and for how much they bought.
    pub fn rfm_report(&self, mut asked: Asked) -> Result<RfmReport, ReportError> {
        let segment = chosen(&asked)?;
        let bundle = &asked.active.bundle;
        let (question, metrics) = match &segment {
            Some(segment) => question(bundle, segment),
            None => (RfmQuestion::usual(bundle.currency), usual_metrics()),
        };
        asked.filters.push(match &question.segment {
            Some(name) => format!("segment {name}"),
            None => "the usual grid".to_owned(),
        });
        let rows = &*self.store.snapshot();
        // What decisions read is taken over everybody as of now, those who did nothing yet included.
        let everybody = segment.is_some() && asked.is_now();
        let empty = Scored {
            asked: &asked,
            metrics: &metrics,
            own: segment.is_some(),
            customers: Vec::new(),
            others: everybody.then(|| vec![Vec::new(); metrics.len()]),
        };
        let found = scan(rows, &asked.active, &empty, asked.at)?;
        let mut others = found.others.unwrap_or_default();
        if everybody {
            let idle = rows.idle_customers()?;
            for (metric, values) in metrics.iter().zip(&mut others) {
                let nothing = asked.own_value(metric, &mut History::default()).unwrap_or_else(|never| match never {});
                values.extend((0..idle).filter_map(|_| nothing));
            }
        }
        let mut head = asked.head::<RfmReport>();
        head.define("scores", "1 + the number of cut-offs below the value, the other way round where less is better; 1 where there is no value");
        head.define("cut_offs", "quantiles by Hyndman and Fan's type 7 (The American Statistician 50, 1996)");
        if segment.is_none() {
            head.define("recency", "whole days since the last purchase");
            head.define("frequency", "purchases that did not come back in full");
            head.define("monetary", "net: paid for goods, less returns");
        }
        head.define("customers", "who bought something that did not come back in full");
        Ok(RfmReport::new(head, &question, &found.customers, &others))
    }
}

/// The segment whose scores are meant; none for the usual grid.
fn chosen(asked: &Asked) -> Result<Option<Segment>, ReportError> {
    let bundle = &asked.active.bundle;
    let scores = |segment: &&Segment| matches!(segment.rule, SegmentRule::Score { .. });
    if asked.text(Parameter::SEGMENT.name) == Some("usual") {
        return Ok(None);
    }
    let named = asked.segment()?.map(|at| &bundle.segments[at as usize]);
    if let Some(segment) = named.filter(|segment| !scores(segment)) {
        let why = format!("`{}` does not score; a segment with `score` does", segment.name);
        return Err(ReportError::Invalid { name: Parameter::SEGMENT.name, why });
    }
    Ok(named.or_else(|| bundle.segments.iter().find(scores)).cloned())
}

fn question(bundle: &Bundle, segment: &Segment) -> (RfmQuestion, Vec<Metric>) {
    let (parts, conditions) = match &segment.rule {
        SegmentRule::Score { parts, conditions, .. } => (parts.as_slice(), conditions.as_slice()),
        SegmentRule::Rank { .. } | SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => (&[][..], &[][..]),
    };
    let metrics: Vec<Metric> = parts.iter().map(|part| bundle.metrics[part.metric as usize].clone()).collect();
    let scored = parts.iter().zip(&metrics).map(|(part, metric)| RfmScored {
        metric: metric.name.to_string(),
        parts: part.parts,
        reversed: part.reversed,
    });
    let names = segment.classes.iter().zip(conditions).map(|(class, conditions)| {
        let conditions = conditions.iter().map(|one| (usize::from(one.part), one.scores.to_vec()));
        (class.to_string(), conditions.collect())
    });
    let question = RfmQuestion {
        segment: Some(segment.name.to_string()),
        parts: scored.collect(),
        names: names.collect(),
        currency: bundle.currency,
    };
    (question, metrics)
}

fn usual_metrics() -> Vec<Metric> {
    let metric = |name: &str, measure| Metric { name: name.into(), measure, window: Window::Lifetime, filter: None };
    vec![
        metric("recency", Measure::DaysSince(Since::LastPurchase)),
        metric("frequency", Measure::Count(Count::Purchases)),
        metric("monetary", Measure::Sum(Sum::Net)),
    ]
}

/// The values that are scored.
#[derive(Clone)]
struct Scored<'a> {
    asked: &'a Asked,
    metrics: &'a [Metric],
    /// Whether metrics keep their own window.
    own: bool,
    customers: Vec<RfmCustomer>,
    /// Values of those who bought nothing, where the cut-offs see them.
    others: Option<Vec<Vec<Number>>>,
}

impl Collect for Scored<'_> {
    fn take(&mut self, _: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let asked = self.asked;
        let mark = events.mark(None, asked.at)?;
        if mark.totals.purchases == 0 {
            if let Some(others) = &mut self.others {
                for (metric, values) in self.metrics.iter().zip(others) {
                    values.extend(asked.own_value(metric, events)?);
                }
            }
            return Ok(());
        }
        let mut values = Vec::with_capacity(self.metrics.len());
        for metric in self.metrics {
            values.push(if self.own { asked.own_value(metric, events)? } else { asked.value(metric, events)? });
        }
        let totals = asked.totals(None, events)?;
        let zone = asked.active.bundle.zone;
        let days = mark.last_purchase.map(|last| (zone.local(asked.at) - zone.local(last)).num_days());
        self.customers.push(RfmCustomer {
            values: values.into(),
            net: totals.gross - totals.discount,
            purchases: totals.purchases,
            days,
        });
        Ok(())
    }

    fn merge(mut self, mut other: Self) -> Self {
        self.customers.append(&mut other.customers);
        for (mine, theirs) in self.others.iter_mut().flatten().zip(other.others.iter_mut().flatten()) {
            mine.append(theirs);
        }
        self
    }
}
