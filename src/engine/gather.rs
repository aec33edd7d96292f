//! One customer's events to facts.

use std::sync::Arc;

use super::cutoff::CutOffs;
use crate::metric::{Reader, Timelines};
use crate::model::{Allowance, Customer, Facts, Reason};
use crate::money::Number;
use crate::policy::{Bundle, SegmentRule};
use crate::script::{ScriptCustomer, ScriptError};
use crate::time::Instant;

/// What facts are made of, besides events.
#[derive(Debug, Clone)]
pub struct Gather<'a> {
    /// The card; absent for a guest.
    pub customer: Option<Customer>,
    /// What is left of each discount.
    pub allowances: Vec<Allowance>,
    /// Points that can be redeemed.
    pub points: i64,
    /// Cut-offs for rank and score segments.
    pub cut_offs: &'a CutOffs,
    /// As of when.
    pub at: Instant,
}

/// Reads every metric and class of one customer as of an instant.
pub fn gather<T: Timelines>(bundle: &Bundle, given: Gather<'_>, timelines: &mut T) -> Result<Facts, T::Error> {
    Ok(classify_by_script(bundle, collect(bundle, given, timelines)?))
}

/// Which metrics and classes are wanted of a bundle, where not all are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    metrics: Vec<u16>,
    segments: Vec<u16>,
    /// Whether a wanted class is settled by a script, which may read anything.
    script: bool,
}

impl Wanted {
    /// The class of one more segment, with the metrics it is read from.
    pub fn class(&mut self, bundle: &Bundle, segment: u16) {
        let rule = &bundle.segments[segment as usize].rule;
        self.script |= matches!(rule, SegmentRule::Script(_));
        self.segments.push(segment);
        rule.metrics().into_iter().for_each(|metric| self.metric(metric));
    }

    /// One more metric.
    pub fn metric(&mut self, metric: u16) {
        if !self.metrics.contains(&metric) {
            self.metrics.push(metric);
        }
    }

    /// Whether cards and points are read, too.
    pub const fn reads_cards(&self) -> bool {
        self.script
    }
}

/// The same for what is wanted: other metrics and classes are left absent.
pub fn gather_wanted<T: Timelines>(
    bundle: &Bundle,
    given: Gather<'_>,
    wanted: &Wanted,
    timelines: &mut T,
) -> Result<Facts, T::Error> {
    if wanted.script {
        return gather(bundle, given, timelines);
    }
    let at = given.at;
    let mut reader = Reader::new(timelines, bundle.zone, bundle.currency).with_fits(&given.cut_offs.fits);
    let mut metrics = vec![None; bundle.metrics.len()];
    for slot in &wanted.metrics {
        metrics[*slot as usize] = reader.value(&bundle.metrics[*slot as usize], at)?;
    }
    let mut classes = vec![None; bundle.segments.len()];
    for slot in &wanted.segments {
        let slot = *slot as usize;
        classes[slot] = class(bundle, slot, given.cut_offs, &metrics, &mut reader, at)?;
    }
    Ok(facts(bundle, given, metrics, classes))
}

/// The same but for the classes that scripts settle.
pub(super) fn collect<T: Timelines>(bundle: &Bundle, given: Gather<'_>, timelines: &mut T) -> Result<Facts, T::Error> {
    let at = given.at;
    let mut reader = Reader::new(timelines, bundle.zone, bundle.currency).with_fits(&given.cut_offs.fits);
    let metrics: Vec<Option<Number>> =
        bundle.metrics.iter().map(|metric| reader.value(metric, at)).collect::<Result<_, _>>()?;
    let mut classes = Vec::with_capacity(bundle.segments.len());
    for slot in 0..bundle.segments.len() {
        classes.push(class(bundle, slot, given.cut_offs, &metrics, &mut reader, at)?);
    }
    Ok(facts(bundle, given, metrics, classes))
}

fn facts(bundle: &Bundle, given: Gather<'_>, metrics: Vec<Option<Number>>, classes: Vec<Option<u16>>) -> Facts {
    Facts {
        at: given.at,
        local: bundle.zone.local(given.at),
        customer: given.customer,
        metrics,
        classes,
        failures: Vec::new(),
        snapshot: given.cut_offs.id,
        allowances: given.allowances,
        points: given.points,
    }
}

/// The class of a customer with these metrics in one segment; absent where a script settles it.
pub(super) fn class<T: Timelines>(
    bundle: &Bundle,
    slot: usize,
    cut_offs: &CutOffs,
    metrics: &[Option<Number>],
    reader: &mut Reader<'_, T>,
    at: Instant,
) -> Result<Option<u16>, T::Error> {
    let segment = &bundle.segments[slot];
    Ok(match &segment.rule {
        SegmentRule::Thresholds { metric, floors, descending, keep } => {
            let slot = *metric as usize;
            let mut value = metrics[slot];
            if let Some(keep) = keep {
                let since = keep.before(at, bundle.zone);
                let class = |value| threshold_class(value, floors, descending);
                if class(value) == descending.first().copied() {
                    return Ok(class(value));
                }
                value = reader.best(&bundle.metrics[slot], (since, at), &|a, b| class(a) == class(b))?;
            }
            threshold_class(value, floors, descending)
        }
        SegmentRule::Rank { .. } | SegmentRule::Score { .. } => cut_offs.class(slot, segment, metrics),
        SegmentRule::Script(_) => None,
    })
}

/// The class with the highest threshold at or below the value.
pub fn threshold_class(value: Option<Number>, floors: &[Number], descending: &[u16]) -> Option<u16> {
    let value = value?;
    descending.iter().copied().find(|class| floors[*class as usize] <= value)
}

/// Settles the segments that scripts decide; they see the classes of all the others.
pub fn classify_by_script(bundle: &Bundle, facts: Facts) -> Facts {
    if !bundle.segments.iter().any(|segment| matches!(segment.rule, SegmentRule::Script(_))) {
        return facts;
    }
    let mut facts = Arc::new(facts);
    let mut found = Vec::new();
    for (slot, segment) in bundle.segments.iter().enumerate() {
        let SegmentRule::Script(function) = &segment.rule else { continue };
        let customer = ScriptCustomer::new(Arc::clone(&facts), Arc::clone(&bundle.vocabulary));
        let class = bundle.scripts.classify(function, customer).and_then(|name| {
            let known = segment.classes.iter().position(|class| class.as_ref() == name);
            known.map(|class| class as u16).ok_or_else(|| ScriptError {
                message: format!("returned `{name}`, which is no class of `{}`", segment.name),
                ..bundle.scripts.place(function)
            })
        });
        found.push((slot, class));
    }
    let settled = Arc::make_mut(&mut facts);
    for (slot, class) in found {
        match class {
            Ok(class) => settled.classes[slot] = Some(class),
            Err(error) => settled.failures.push((slot as u16, failed(error))),
        }
    }
    Arc::unwrap_or_clone(facts)
}

/// A script's failure as a step of the trace.
pub(super) fn failed(error: ScriptError) -> Reason {
    let (message, file) = (error.message.into(), error.file.into());
    Reason::ScriptFailed { message, file, line: error.line, column: error.column }
}
