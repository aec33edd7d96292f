//! Cut-offs within a replay: taken anew at the start of each period, from the whole base as it stands there.
//!
//! Between two of them most customers' values stay what they were. So values are kept, and only those are read again of
//! customers who bought, brought back, were spoken to, came into the base, or whose past left a window meanwhile.

use rayon::prelude::*;
use smallvec::SmallVec;

use super::base::{GUEST, Part, RETURN};
use super::part::{Running, Shared};
use super::plan::{Reading, SidePlan};
use super::quantiles::Quantiles;
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

/// The values of one metric.
#[derive(Debug)]
struct Slot {
    metric: u16,
    kind: Kind,
    values: Quantiles,
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
        let slot = |metric: u16| {
            let kind = match bundle.metrics[metric as usize].measure {
                Measure::Sum(Sum::Quantity) => Kind::Scaled(1_000),
                Measure::Sum(_) => Kind::Scaled(10i128.pow(Number::DECIMALS - bundle.currency.exponent())),
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
            let sizes = shared.base.parts.iter().map(|part| part.customers.len());
            Slot { metric, kind, values: Quantiles::new(sizes, days) }
        };
        Self { slots: metrics.into_iter().map(slot).collect(), read: None }
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

/// Takes the cut-offs of one side that are due; all of them the first time.
pub(super) fn take(
    shared: &Shared<'_>,
    parts: &mut [Running],
    (side, base): (usize, &mut Base),
    at: Instant,
    first: bool,
    cut_offs: &mut CutOffs,
) {
    let bundle = &shared.policies[side].bundle;
    let due = due(bundle, at, first);
    if due.is_empty() {
        return;
    }
    let local = shared.plan.calendars[shared.plan.sides[side].calendar].moment(at).local;
    if base.is_kept(local) {
        read(shared, parts, (side, base), at);
        let number = |kind: Kind, value: i64| match kind {
            Kind::Scaled(scale) => i128::from(value) * scale,
            // Later days are fewer days ago, and values rise: the day is kept below zero.
            Kind::Days(..) | Kind::Exact => Number::int(local.div_euclid(DAY) + value).0,
        };
        for segment in due {
            cut_offs.segments[segment] = match &bundle.segments[segment].rule {
                SegmentRule::Rank { metric, bounds, .. } => {
                    let found = base.slot(*metric).map(|slot| {
                        let cuts = slot.values.ranks(bounds).into_iter();
                        cuts.map(|cut| cut.map(|cut| Number(number(slot.kind, cut)))).collect()
                    });
                    SegmentCuts::Rank { taken_at: at, smallest: found.unwrap_or_default() }
                }
                SegmentRule::Score { parts, .. } => {
                    let mut cuts = |part: &ScorePart| {
                        let slot = base.slot(part.metric)?;
                        let kind = slot.kind;
                        Some(slot.values.scores(part.parts, |value| number(kind, value)))
                    };
                    SegmentCuts::Score { taken_at: at, parts: parts.iter().filter_map(&mut cuts).collect() }
                }
                SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => SegmentCuts::None,
            };
        }
        base.slots.iter_mut().for_each(|slot| slot.values.close());
    } else {
        take_by_sorting(shared, parts, (side, base), at, &due, cut_offs);
    }
    cut_offs.id += 1;
}

/// Reads the values anew that may have changed since they were read last.
fn read(shared: &Shared<'_>, running: &mut [Running], (side, base): (usize, &mut Base), at: Instant) {
    let plan = &shared.plan.sides[side];
    let calendar = &shared.plan.calendars[plan.calendar];
    let moment = calendar.moment(at);
    let before = base.read;
    // What left each window since, or came back into it.
    let mut left: SmallVec<[(Instant, Instant); 4]> = SmallVec::new();
    for slot in &base.slots {
        if let (Some(before), Reading::Sums(span)) = (before, plan.metrics[slot.metric as usize].read) {
            let window = plan.spans[span].window;
            let starts = (calendar.start(window, &calendar.moment(before)), calendar.start(window, &moment));
            if let (Some(a), Some(b)) = starts
                && !left.contains(&(a.min(b), a.max(b)))
            {
                left.push((a.min(b), a.max(b)));
            }
        }
    }
    let slots: SmallVec<[(u16, Kind); 4]> = base.slots.iter().map(|slot| (slot.metric, slot.kind)).collect();
    let of_part = |(running, part): (&mut Running, &Part)| {
        let mut customers = std::mem::take(&mut running.sides[side].touched);
        if shared.progress.is_cancelled() {
            return Vec::new();
        }
        match before {
            None => customers = (0..part.customers.len() as u32).collect(),
            Some(before) => {
                let passed = &mut running.sides[side].passed;
                changed(part, (before, at), (&left, passed), &mut customers);
            }
        }
        let mut found: Vec<(u32, SmallVec<[Option<i64>; 4]>)> = Vec::with_capacity(customers.len());
        for customer in customers {
            if part.customers[customer as usize].since > at {
                continue;
            }
            let known = running.known(shared, part, side, customer);
            let now = known.place(at);
            let value = |(metric, kind): &(u16, Kind)| match kind {
                Kind::Scaled(scale) => {
                    known.metric(*metric as usize, &moment, &[]).map(|value| (value.0 / scale) as i64)
                }
                Kind::Days(since, track) => {
                    known.since(*since, *track, at, now).map(|from| -day_after(calendar.moment(from).local))
                }
                Kind::Exact => None,
            };
            found.push((customer, slots.iter().map(value).collect()));
        }
        found
    };
    let found: Vec<_> = running.par_iter_mut().zip(&shared.base.parts).map(of_part).collect();
    base.slots.par_iter_mut().enumerate().for_each(|(nth, slot)| {
        for (part, found) in found.iter().enumerate() {
            for (customer, values) in found {
                slot.values.set(part, *customer as usize, values[nth]);
            }
        }
    });
    base.read = Some(at);
}

/// Places in a part's order that window starts had come to when values were read last.
pub(super) type Passed = SmallVec<[(Instant, usize); 4]>;

/// Adds the customers to whom something happened within a stretch, or whose past left a window.
fn changed(
    part: &Part,
    (from, until): (Instant, Instant),
    (left, passed): (&[(Instant, Instant)], &mut Passed),
    customers: &mut Vec<u32>,
) {
    let contacts = |from: Instant, until: Instant| {
        let order = &part.contact_order;
        let at = |instant: Instant| order.partition_point(|it| part.contacts[*it as usize].at < instant);
        order[at(from)..at(until)].iter().map(|it| part.contacts[*it as usize].customer)
    };
    let before = std::mem::take(passed);
    for (from, until) in left {
        let known = before.iter().find(|(at, _)| at == from).map(|(_, place)| *place);
        let start = known.unwrap_or_else(|| part.order.partition_point(|what| part.at(*what) < *from));
        let end = start + part.order[start..].iter().take_while(|what| part.at(**what) < *until).count();
        passed.push((*until, end));
        let gone = &part.order[start..end];
        let bought =
            gone.iter().filter(|what| **what & RETURN == 0).map(|what| part.purchases[*what as usize].customer);
        customers.extend(bought.filter(|customer| *customer != GUEST));
        customers.extend(contacts(*from, *until));
    }
    customers.extend(contacts(from, until));
    let since = |instant: Instant| part.arrivals.partition_point(|it| part.customers[*it as usize].since <= instant);
    customers.extend_from_slice(&part.arrivals[since(from)..since(until)]);
    customers.sort_unstable();
    customers.dedup();
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
            let known = running.known(shared, part, side, customer as u32);
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
