//! Cut-offs within a replay: taken anew at the start of each period, from the whole base as it stands there.

use rayon::prelude::*;

use super::base::Part;
use super::part::{Running, Shared};
use crate::engine::{CutOffs, SegmentCuts, rank_cuts, score_cuts};
use crate::metric::BaseFit;
use crate::money::Number;
use crate::policy::{Bundle, SegmentRule};
use crate::time::{Instant, Period};

/// How often a segment's cut-offs are taken anew; absent where it has none.
const fn refresh(rule: &SegmentRule) -> Option<Period> {
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

/// Takes the cut-offs of one side that are due; all of them the first time.
pub(super) fn take(
    shared: &Shared<'_>,
    parts: &[Running],
    side: usize,
    at: Instant,
    first: bool,
    cut_offs: &mut CutOffs,
) {
    let bundle = &shared.policies[side].bundle;
    let due = due(bundle, at, first);
    if due.is_empty() {
        return;
    }
    let mut slots: Vec<u16> = Vec::new();
    for segment in &due {
        match &bundle.segments[*segment].rule {
            SegmentRule::Rank { metric, .. } => slots.push(*metric),
            SegmentRule::Score { parts, .. } => slots.extend(parts.iter().map(|part| part.metric)),
            SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => {}
        }
    }
    slots.sort_unstable();
    slots.dedup();
    let mut values = values(shared, parts, (side, &cut_offs.fits), at, &slots);
    values.par_iter_mut().for_each(|values| values.par_sort_unstable());
    let of = |metric: u16| slots.iter().position(|slot| *slot == metric).map_or(&[][..], |at| &values[at]);
    for segment in due {
        cut_offs.segments[segment] = match &bundle.segments[segment].rule {
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
    cut_offs.id += 1;
}

/// The values of some metrics over the base as of an instant.
fn values(
    shared: &Shared<'_>,
    running: &[Running],
    (side, fits): (usize, &[BaseFit]),
    at: Instant,
    slots: &[u16],
) -> Vec<Vec<Number>> {
    let moment = shared.plan.calendars[shared.plan.sides[side].calendar].moment(at);
    let of_part = |(running, part): (&Running, &Part)| {
        let mut found: Vec<Vec<Number>> = vec![Vec::with_capacity(part.customers.len()); slots.len()];
        for (customer, card) in part.customers.iter().enumerate().filter(|(_, card)| card.since <= at) {
            debug_assert!(card.since <= at, "who is not there yet has no value");
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
    running.par_iter().zip(&shared.base.parts).map(of_part).reduce(|| vec![Vec::new(); slots.len()], join)
}
