//! Cut-offs within a replay: taken anew at the start of each period, from the whole base as it stands there.
//!
//! Between two of them most customers' values stay what they were. So values are kept, and only those are read again of
//! customers who bought, brought back, were spoken to, came into the base, or whose past left a window meanwhile.

use rayon::prelude::*;
use smallvec::SmallVec;

use super::base::{GUEST, Part, RETURN};
use super::calendar::Moment;
use super::part::{AHEAD, Running, Shared};
use super::plan::{Reading, SidePlan};
use super::quantiles::{Change, Quantiles, Values};
use crate::engine::{CutOffs, SegmentCuts, rank_cuts, score_cuts};
use crate::metric::{BaseFit, Measure, Since, Sum};
use crate::money::Number;
use crate::policy::{Bundle, ScorePart, SegmentRule};
use crate::time::{Instant, Period};

const DAY: i64 = 86_400_000_000;

/// How often a segment's cut-offs are taken anew; absent where it has none.
pub(super) const fn refresh(rule: &SegmentRule) -> Option<Period> {
    match rule {
        SegmentRule::Rank { refresh, .. } | SegmentRule::Score { refresh, .. } => Some(*refresh),
        SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => None,
    }
}

/// How often any of a bundle's cut-offs are taken anew.
pub(super) fn refreshes(bundle: &Bundle) -> Vec<Period> {
    let mut periods: Vec<Period> = bundle.segments.iter().filter_map(|segment| refresh(&segment.rule)).collect();
    periods.sort_unstable_by_key(|period| period.name());
    periods.dedup();
    periods
}

/// The segments whose cut-offs are due at an instant.
fn due(bundle: &Bundle, at: Instant, first: bool) -> Vec<usize> {
    let is_due = |slot: &usize| {
        refresh(&bundle.segments[*slot].rule).is_some_and(|period| first || period.start(at, bundle.zone) == at)
    };
    (0..bundle.segments.len()).filter(is_due).collect()
}

/// The values that one side's cut-offs are read from.
#[derive(Debug)]
pub(super) struct Base {
    slots: Vec<Slot>,
    /// As of when the values were read last.
    read: Option<Instant>,
}

/// One metric.
#[derive(Debug)]
struct Slot {
    metric: u16,
    kind: Kind,
    quantiles: Quantiles,
}

/// How a value is kept as a whole number.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// So many millionths are one.
    Scaled(i128),
    /// Days since an event of a track: the day of the event is kept, from which the days follow on any day.
    Days(Since, usize),
    /// As the metric has it: an average has no unit of its own.
    Exact,
}

impl Base {
    /// The metrics that some segment of a side needs.
    pub fn new(shared: &Shared<'_>, side: usize) -> Self {
        let bundle = &shared.policies[side].bundle;
        let plan = &shared.plan.sides[side];
        let mut metrics: Vec<u16> = Vec::new();
        for segment in &bundle.segments {
            match &segment.rule {
                SegmentRule::Rank { metric, .. } => metrics.push(*metric),
                SegmentRule::Score { parts, .. } => metrics.extend(parts.iter().map(|part| part.metric)),
                SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => {}
            }
        }
        metrics.sort_unstable();
        metrics.dedup();
        let calendar = &shared.plan.calendars[plan.calendar];
        let slot = |(nth, metric): (usize, &u16)| {
            let metric = *metric;
            let kind = match bundle.metrics[metric as usize].measure {
                Measure::Sum(Sum::Quantity) => Kind::Scaled(1_000),
                Measure::Sum(_) => Kind::Scaled(Number::of_minor(bundle.currency)),
                Measure::Count(_) => Kind::Scaled(Number::int(1).0),
                // What a model expects changes from day to day, whatever happens.
                Measure::Average(_) | Measure::Model(_) => Kind::Exact,
                Measure::DaysSince(since) => match plan.metrics[metric as usize].read {
                    Reading::Days(_, track) => Kind::Days(since, track),
                    Reading::Sums(_) | Reading::Model => Kind::Exact,
                },
            };
            // The latest day is the least.
            let days = matches!(kind, Kind::Days(..)).then(|| -day_after(calendar.moment(shared.window.1).local) - 1);
            Slot { metric, kind, quantiles: Quantiles::new(nth, days) }
        };
        Self { slots: metrics.iter().enumerate().map(slot).collect(), read: None }
    }

    fn slot(&mut self, metric: u16) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.metric == metric)
    }

    /// Whether the cut-offs of an instant follow from whole numbers that are kept.
    fn is_kept(&self, local: i64) -> bool {
        let kept = |slot: &Slot| match slot.kind {
            Kind::Scaled(_) => true,
            Kind::Days(..) => local.rem_euclid(DAY) == 0,
            Kind::Exact => false,
        };
        self.slots.iter().all(kept)
    }
}

/// The first midnight at or after what a clock showed, in days: whole days are counted from it to a later midnight.
const fn day_after(local: i64) -> i64 {
    (local + DAY - 1).div_euclid(DAY)
}

/// Takes the cut-offs of all sides that are due; all of them the first time.
pub(super) fn take(
    shared: &Shared<'_>,
    parts: &mut [Running],
    bases: &mut [Base],
    at: Instant,
    first: bool,
    cut_offs: &mut [CutOffs],
) {
    let due: Vec<Vec<usize>> = shared.policies.iter().map(|policy| due(&policy.bundle, at, first)).collect();
    let reads: Vec<Read> = bases
        .iter()
        .enumerate()
        .filter(|(side, _)| !due[*side].is_empty())
        .filter_map(|(side, base)| Read::new(shared, side, base, at))
        .collect();
    read(shared, parts, bases, &reads);
    let parts = &*parts;
    bases.par_iter_mut().zip(cut_offs).enumerate().for_each(|(side, (base, cut_offs))| {
        let due = &due[side];
        if due.is_empty() || shared.progress.is_cancelled() {
            return;
        }
        if let Some(read) = reads.iter().find(|read| read.side == side) {
            let values: Vec<&Values> = parts.iter().map(|part| &part.sides[side].values).collect();
            take_from_kept(&shared.policies[side].bundle, base, &values, &read.moment, due, cut_offs);
        } else {
            take_by_sorting(shared, parts, (side, base), at, due, cut_offs);
        }
        cut_offs.id += 1;
    });
}

/// Takes cut-offs from the values that are kept.
fn take_from_kept(
    bundle: &Bundle,
    base: &mut Base,
    values: &[&Values],
    moment: &Moment,
    due: &[usize],
    cut_offs: &mut CutOffs,
) {
    let number = |kind: Kind, value: i64| match kind {
        Kind::Scaled(scale) => i128::from(value) * scale,
        // Later days are fewer days ago, and values rise: the day is kept below zero.
        Kind::Days(..) | Kind::Exact => Number::int(moment.local.div_euclid(DAY) + value).0,
    };
    let taken_at = moment.at;
    for segment in due {
        cut_offs.segments[*segment] = match &bundle.segments[*segment].rule {
            SegmentRule::Rank { metric, bounds, .. } => {
                let found = base.slot(*metric).map(|slot| {
                    let cuts = slot.quantiles.ranks(values, bounds).into_iter();
                    cuts.map(|cut| cut.map(|cut| Number(number(slot.kind, cut)))).collect()
                });
                SegmentCuts::Rank { taken_at, smallest: found.unwrap_or_default() }
            }
            SegmentRule::Score { parts, .. } => {
                let mut cuts = |part: &ScorePart| {
                    let slot = base.slot(part.metric)?;
                    let kind = slot.kind;
                    Some(slot.quantiles.scores(values, part.parts, |value| number(kind, value)))
                };
                SegmentCuts::Score { taken_at, parts: parts.iter().filter_map(&mut cuts).collect() }
            }
            SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => SegmentCuts::None,
        };
    }
    base.slots.iter_mut().for_each(|slot| slot.quantiles.close());
}

/// What of one side is to be read anew at an instant.
struct Read {
    side: usize,
    moment: Moment,
    /// What left each window since it was read before, or came back into it.
    left: SmallVec<[(Instant, Instant); 4]>,
}

impl Read {
    /// Absent where the cut-offs do not follow from values that are kept.
    fn new(shared: &Shared<'_>, side: usize, base: &Base, at: Instant) -> Option<Self> {
        let plan = &shared.plan.sides[side];
        let calendar = &shared.plan.calendars[plan.calendar];
        let moment = calendar.moment(at);
        if !base.is_kept(moment.local) {
            return None;
        }
        let mut left: SmallVec<[(Instant, Instant); 4]> = SmallVec::new();
        for slot in &base.slots {
            if let (Some(before), Reading::Sums(span)) = (base.read, plan.metrics[slot.metric as usize].read) {
                let window = plan.spans[span].window;
                let starts = (calendar.start(window, &calendar.moment(before)), calendar.start(window, &moment));
                if let (Some(a), Some(b)) = starts
                    && !left.contains(&(a.min(b), a.max(b)))
                {
                    left.push((a.min(b), a.max(b)));
                }
            }
        }
        Some(Self { side, moment, left })
    }

    /// Reads the values anew that may have changed in one part since they were read last.
    fn of_part(&self, shared: &Shared<'_>, base: &Base, running: &mut Running, part: &Part) -> Vec<Change> {
        let Self { side, moment, left } = self;
        let calendar = &shared.plan.calendars[shared.plan.sides[*side].calendar];
        let mut changes = Vec::new();
        let state = &mut running.sides[*side];
        let mut customers = std::mem::take(&mut state.touched);
        let mut values = std::mem::take(&mut state.values);
        match base.read {
            None => {
                customers = (0..part.customers.len() as u32).collect();
                values = Values::new(part.customers.len(), base.slots.len());
            }
            Some(before) => state.passed.changed(part, (before, moment.at), left, &mut customers),
        }
        for (nth, customer) in customers.iter().copied().enumerate() {
            if nth % AHEAD == 0 {
                let ahead = &customers[nth..customers.len().min(nth + AHEAD)];
                running.past.fetch(part, shared.plan.stride(), ahead);
                values.fetch(ahead);
            }
            if part.customers[customer as usize].since > moment.at {
                continue;
            }
            let known = running.past.known(shared, part, *side, customer);
            let value = |slot: &Slot| match slot.kind {
                Kind::Scaled(scale) => {
                    known.metric(slot.metric as usize, moment, &[]).map(|value| (value.0 / scale) as i64)
                }
                Kind::Days(since, track) => {
                    let from = known.since(since, track, moment.at, known.now(moment.at));
                    from.map(|from| -day_after(calendar.moment(from).local))
                }
                Kind::Exact => None,
            };
            values.set(customer as usize, base.slots.iter().map(value), &mut changes);
        }
        customers.clear();
        let state = &mut running.sides[*side];
        (state.touched, state.values) = (customers, values);
        changes
    }
}

/// Reads values anew: of all sides while a part is at hand.
fn read(shared: &Shared<'_>, running: &mut [Running], bases: &mut [Base], reads: &[Read]) {
    let of_part = |(running, part): (&mut Running, &Part)| -> Vec<Vec<Change>> {
        // What is left out of a run that somebody ended is looked at by nobody.
        let wanted = reads.iter().filter(|_| !shared.progress.is_cancelled());
        wanted.map(|read| read.of_part(shared, &bases[read.side], running, part)).collect()
    };
    let changes: Vec<Vec<Vec<Change>>> = running.par_iter_mut().zip(&shared.base.parts).map(of_part).collect();
    if shared.progress.is_cancelled() {
        return;
    }
    for (nth, read) in reads.iter().enumerate() {
        let base = &mut bases[read.side];
        let change = |slot: &mut Slot| changes.iter().for_each(|of_part| slot.quantiles.change(&of_part[nth]));
        base.slots.par_iter_mut().for_each(change);
        base.read = Some(read.moment.at);
    }
}

/// Places that were come to when values were read last, in what is ordered by time: so that nobody searches for them.
#[derive(Debug, Default)]
pub(super) struct Passed {
    order: Places,
    contacts: Places,
    arrivals: Places,
}

#[derive(Debug, Default)]
struct Places(SmallVec<[(Instant, usize); 4]>);

impl Places {
    /// The stretch between two instants of what is ordered by time; its end is kept in `next`.
    fn stretch<'a>(
        &self,
        (from, until): (Instant, Instant),
        ordered: &'a [u32],
        at: impl Fn(u32) -> Instant,
        next: &mut Self,
    ) -> &'a [u32] {
        let known = self.0.iter().find(|(instant, _)| *instant == from).map(|(_, place)| *place);
        let start = known.unwrap_or_else(|| ordered.partition_point(|it| at(*it) < from));
        let end = start + ordered[start..].iter().take_while(|it| at(**it) < until).count();
        next.0.push((until, end));
        &ordered[start..end]
    }
}

impl Passed {
    /// Adds the customers to whom something happened within a stretch, or whose past left a window.
    fn changed(
        &mut self,
        part: &Part,
        (from, until): (Instant, Instant),
        left: &[(Instant, Instant)],
        customers: &mut Vec<u32>,
    ) {
        let before = std::mem::take(self);
        for stretch in left.iter().copied().chain([(from, until)]) {
            let at = |contact: u32| part.contacts[contact as usize].at;
            let there = before.contacts.stretch(stretch, &part.contact_order, at, &mut self.contacts);
            customers.extend(there.iter().map(|contact| part.contacts[*contact as usize].customer));
        }
        for stretch in left {
            let gone = before.order.stretch(*stretch, &part.order, |what| part.at(what), &mut self.order);
            let bought = gone.iter().filter(|what| **what & RETURN == 0);
            let bought = bought.map(|what| part.purchases[*what as usize].customer);
            customers.extend(bought.filter(|customer| *customer != GUEST));
        }
        // Who came at the very end of the stretch is there then.
        let stretch = (from.plus_micros(1), until.plus_micros(1));
        let since = |customer: u32| part.customers[customer as usize].since;
        customers.extend_from_slice(before.arrivals.stretch(stretch, &part.arrivals, since, &mut self.arrivals));
        customers.sort_unstable();
        customers.dedup();
    }
}

/// The same from all values, sorted.
fn take_by_sorting(
    shared: &Shared<'_>,
    parts: &[Running],
    (side, base): (usize, &Base),
    at: Instant,
    due: &[usize],
    cut_offs: &mut CutOffs,
) {
    let bundle = &shared.policies[side].bundle;
    let slots: Vec<u16> = base.slots.iter().map(|slot| slot.metric).collect();
    let mut values = values(shared, parts, (side, &cut_offs.fits), at, &slots);
    values.par_iter_mut().for_each(|values| values.par_sort_unstable());
    let of = |metric: u16| slots.iter().position(|slot| *slot == metric).map_or(&[][..], |at| &values[at]);
    for segment in due {
        cut_offs.segments[*segment] = match &bundle.segments[*segment].rule {
            SegmentRule::Rank { metric, bounds, .. } => {
                SegmentCuts::Rank { taken_at: at, smallest: rank_cuts(of(*metric), bounds) }
            }
            SegmentRule::Score { parts, .. } => SegmentCuts::Score {
                taken_at: at,
                parts: parts.iter().map(|part| score_cuts(of(part.metric), part.parts)).collect(),
            },
            SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => SegmentCuts::None,
        };
    }
}

/// The values of some metrics over the base as of an instant.
fn values(
    shared: &Shared<'_>,
    running: &[Running],
    (side, fits): (usize, &[BaseFit]),
    at: Instant,
    slots: &[u16],
) -> Vec<Vec<Number>> {
    let plan: &SidePlan = &shared.plan.sides[side];
    let moment = shared.plan.calendars[plan.calendar].moment(at);
    let of_part = |(running, part): (&Running, &Part)| {
        let mut found: Vec<Vec<Number>> = vec![Vec::with_capacity(part.customers.len()); slots.len()];
        for (customer, _) in part.customers.iter().enumerate().filter(|(_, card)| card.since <= at) {
            let known = running.past.known(shared, part, side, customer as u32);
            for (slot, found) in slots.iter().zip(&mut found) {
                found.extend(known.metric(*slot as usize, &moment, fits));
            }
        }
        found
    };
    let join = |mut a: Vec<Vec<Number>>, b: Vec<Vec<Number>>| {
        a.iter_mut().zip(b).for_each(|(a, b)| a.extend(b));
        a
    };
    // What is left out of a run that somebody ended is looked at by nobody.
    let wanted = running.par_iter().zip(&shared.base.parts).filter(|_| !shared.progress.is_cancelled());
    wanted.map(of_part).reduce(|| vec![Vec::new(); slots.len()], join)
}
