//! What is known of a customer at some point of a replay, on one side: metrics and classes as serving would have them.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};

use super::base::{Contact, ContactSums, Part};
use super::calendar::{Calendar, Moment, whole_days};
use super::plan::{AT, Keep, NOW, Plan, Reading, SidePlan, What};
use crate::engine::{CutOffs, threshold_class};
use crate::metric::{BaseFit, Correction, Event, Mark, Metric, Reader, Since, Timelines, Totals, value_of};
use crate::money::Number;
use crate::policy::{Bundle, SegmentRule};
use crate::time::Instant;

/// What a return took away from a row of sums, from its own instant on.
#[derive(Debug, Clone)]
pub(super) struct TakenBack {
    pub at: Instant,
    pub event_at: Instant,
    /// Per column.
    pub took: Box<[i64]>,
}

/// Where each customer's windows started, and who is how far, when somebody looked last. Time goes on in small steps, so
/// the next place is near: only that is hurried by a mark, and none is ever wrong.
#[derive(Debug)]
pub(super) struct Marks {
    each: usize,
    marks: Vec<AtomicU32>,
}

impl Marks {
    /// At the beginning.
    pub fn new(plan: &Plan, part: &Part) -> Self {
        let each = plan.marks();
        let starts = part.starts.iter().take(part.customers.len());
        Self { each, marks: starts.flat_map(|start| (0..each).map(|_| AtomicU32::new(*start))).collect() }
    }

    /// The places that are marked.
    pub fn of(&self, customer: u32) -> impl Iterator<Item = usize> {
        let first = customer as usize * self.each;
        self.marks[first..first + self.each].iter().map(|mark| mark.load(Ordering::Relaxed) as usize)
    }
}

/// A customer's history as far as it was replayed.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub plan: &'a Plan,
    pub side: usize,
    pub bundle: &'a Bundle,
    pub part: &'a Part,
    pub rows: &'a [i64],
    pub marks: &'a Marks,
    pub customer: u32,
    pub corrections: &'a [TakenBack],
}

impl Known<'_> {
    fn side(&self) -> &SidePlan {
        &self.plan.sides[self.side]
    }

    fn calendar(&self) -> &Calendar {
        &self.plan.calendars[self.side().calendar]
    }

    /// The sums before a purchase, or before the end where there is none with this place.
    fn row(&self, place: usize) -> &[i64] {
        let stride = self.plan.stride();
        let start = (place + self.customer as usize) * stride;
        &self.rows[start..start + stride]
    }

    /// The place of the customer's first purchase at an instant or later.
    pub fn place(&self, at: Instant) -> usize {
        let range = self.part.purchases_of(self.customer);
        range.start + self.part.purchases[range].partition_point(|bought| bought.at < at)
    }

    /// The same, found from where it was last.
    fn marked(&self, mark: usize, at: Instant) -> usize {
        let first = self.part.starts[self.customer as usize] as usize;
        let mark = &self.marks.marks[self.customer as usize * self.marks.each + mark];
        let mut place = mark.load(Ordering::Relaxed) as usize;
        // The row behind the last purchase is later than everything.
        while self.row(place)[AT] < at.0 {
            place += 1;
        }
        while place > first && self.row(place - 1)[AT] >= at.0 {
            place -= 1;
        }
        mark.store(place as u32, Ordering::Relaxed);
        place
    }

    /// The place of the first purchase at a moment of the replay, which goes on, or later.
    pub fn now(&self, at: Instant) -> usize {
        self.marked(NOW, at)
    }

    /// Where a window starts: its instant, and the place of the first purchase since.
    fn start(&self, window: usize, moment: &Moment) -> Option<(Instant, usize)> {
        let start = self.calendar().start(window, moment)?;
        Some((start, self.marked(self.plan.first_marks[self.side().calendar] + window, start)))
    }

    fn contacts(&self) -> &[Contact] {
        self.part.contacts_of(self.customer)
    }

    fn contacts_before(&self, at: Instant) -> ContactSums {
        let place = self.contacts().partition_point(|contact| contact.at < at);
        self.part.contact_sums(self.customer, place)
    }

    /// Sums of one track before a place, or between two.
    fn sums(&self, track: usize, from: Option<usize>, until: usize) -> Totals {
        let last = self.row(until);
        let mut totals = Totals::default();
        match from.map(|from| self.row(from)) {
            Some(first) => self.add(track, &mut totals, |at| last[at] - first[at]),
            None => self.add(track, &mut totals, |at| last[at]),
        }
        totals
    }

    /// Puts the columns of a track into the sums that they are of.
    fn add(&self, track: usize, totals: &mut Totals, value: impl Fn(usize) -> i64) {
        for (at, what) in &self.side().columns[track] {
            let sum = value(*at);
            match what {
                What::Purchases => totals.purchases = sum,
                What::Quantity => totals.quantity = sum,
                What::Gross => totals.gross = sum,
                What::Cost => totals.cost = sum,
                What::Discount { .. } => totals.discount = sum,
                What::At | What::Kept { .. } => {}
            }
        }
    }

    /// Sums over a span as of a moment; `now` is the place of the first purchase that does not count any more.
    fn span(&self, track: usize, window: usize, contacts: bool, moment: &Moment, now: usize) -> Totals {
        let start = self.start(window, moment);
        let mut totals = self.sums(track, start.map(|(_, from)| from.min(now)), now);
        if contacts && !self.contacts().is_empty() {
            let before = start.map_or_else(ContactSums::default, |(start, _)| self.contacts_before(start));
            self.contacts_before(moment.at).minus(before).into_totals(&mut totals);
        }
        totals
    }

    /// Fills in the metrics that decisions look at (or all that are used at all) as of a moment.
    pub fn metrics(&self, moment: &Moment, fits: &[BaseFit], all: bool, metrics: &mut Vec<Option<Number>>) {
        let side = self.side();
        let now = self.now(moment.at);
        let mut sums: smallvec::SmallVec<[Totals; 8]> = smallvec::SmallVec::new();
        for span in &side.spans {
            let wanted = all || span.decides;
            sums.push(if wanted {
                self.span(span.track, span.window, span.contacts, moment, now)
            } else {
                Totals::default()
            });
        }
        metrics.clear();
        for (metric, planned) in self.bundle.metrics.iter().zip(&side.metrics) {
            let wanted = planned.decides || (all && planned.used);
            metrics.push(match planned.read {
                _ if !wanted => None,
                Reading::Sums(span) => value_of(metric.measure, &sums[span], self.bundle.currency),
                Reading::Days(since, track) => self.days(since, track, moment, now),
                Reading::Model => self.forecast(metric, moment, fits),
            });
        }
    }

    /// One metric as of a moment.
    pub fn metric(&self, slot: usize, moment: &Moment, fits: &[BaseFit]) -> Option<Number> {
        let now = self.now(moment.at);
        match self.side().metrics[slot].read {
            Reading::Sums(span) => {
                let span = self.side().spans[span];
                let sums = self.span(span.track, span.window, span.contacts, moment, now);
                value_of(self.bundle.metrics[slot].measure, &sums, self.bundle.currency)
            }
            Reading::Days(since, track) => self.days(since, track, moment, now),
            Reading::Model => self.forecast(&self.bundle.metrics[slot], moment, fits),
        }
    }

    /// What a model expects, by the fold: few policies ask, and a model takes longer than its sums.
    fn forecast(&self, metric: &Metric, moment: &Moment, fits: &[BaseFit]) -> Option<Number> {
        let mut known = *self;
        let mut reader = Reader::new(&mut known, self.bundle.zone, self.bundle.currency).with_fits(fits);
        match reader.value(metric, moment.at) {
            Ok(value) => value,
        }
    }

    fn days(&self, since: Since, track: usize, moment: &Moment, now: usize) -> Option<Number> {
        let from = self.since(since, track, moment.at, now)?;
        Some(Number::int(whole_days(&self.calendar().moment(from), moment)))
    }

    /// When the event was that days are counted from.
    pub fn since(&self, since: Since, track: usize, at: Instant, now: usize) -> Option<Instant> {
        let first = self.part.starts[self.customer as usize] as usize;
        let place = match since {
            Since::LastInteraction => {
                if track != 0 {
                    return None;
                }
                let contacts = self.contacts();
                let before = contacts.partition_point(|contact| contact.at < at).checked_sub(1)?;
                return Some(contacts[before].at);
            }
            Since::LastPurchase => {
                let column = self.plan.purchases[track]?;
                let counts = |place: &usize| self.row(place + 1)[column] > self.row(*place)[column];
                (first..now).rev().find(counts)?
            }
            Since::FirstPurchase => {
                let column = self.plan.purchases[track]?;
                let counts = |place: &usize| self.row(place + 1)[column] > self.row(*place)[column];
                (first..now).find(counts)?
            }
        };
        Some(Instant(self.row(place)[AT]))
    }

    /// The classes of the customer with these metrics; those that scripts settle are left absent.
    pub fn classes(
        &self,
        moment: &Moment,
        cut_offs: &CutOffs,
        metrics: &[Option<Number>],
        classes: &mut Vec<Option<u16>>,
    ) {
        classes.clear();
        for (slot, segment) in self.bundle.segments.iter().enumerate() {
            classes.push(match &segment.rule {
                SegmentRule::Thresholds { metric, floors, descending, .. } => {
                    let value = metrics[*metric as usize];
                    match &self.side().keeps[slot] {
                        Some(keep) => self.kept(slot, keep, moment, value),
                        None => threshold_class(value, floors, descending),
                    }
                }
                SegmentRule::Rank { .. } | SegmentRule::Score { .. } => cut_offs.class(slot, segment, metrics),
                SegmentRule::Script(_) => None,
            });
        }
    }

    /// The best class held within the time that it is kept.
    fn kept(&self, slot: usize, keep: &Keep, moment: &Moment, value: Option<Number>) -> Option<u16> {
        let SegmentRule::Thresholds { metric, floors, descending, .. } = &self.bundle.segments[slot].rule else {
            return None;
        };
        let rank = |value: Option<Number>| rank(value, floors, descending);
        let mut best = rank(value);
        if best == 0 {
            return descending.first().copied();
        }
        match keep.column {
            Some(column) => {
                let now = self.now(moment.at);
                let (from, first) = self.start(keep.window, moment).unwrap_or((moment.at, now));
                best = best.min(rank(self.metric_then(*metric as usize, from, first)));
                let after = (first..now).map(|place| self.row(place)[column] as usize).min();
                best = after.map_or(best, |after| best.min(after));
                let (back, end) =
                    (keep.back.partition_point(|at| *at < from), keep.back.partition_point(|at| *at < moment.at));
                for at in &keep.back[back..end.max(back)] {
                    best = best.min(rank(self.metric_then(*metric as usize, *at, self.place(*at))));
                }
                descending.get(best).copied()
            }
            None => {
                let from = self.calendar().start(keep.window, moment).unwrap_or(moment.at);
                let metric = &self.bundle.metrics[*metric as usize];
                let mut known = *self;
                let mut reader = Reader::new(&mut known, self.bundle.zone, self.bundle.currency);
                let same = |a: Option<Number>, b: Option<Number>| rank(a) == rank(b);
                let Ok(best) = reader.best(metric, (from, moment.at), &same);
                threshold_class(best, floors, descending)
            }
        }
    }

    /// A sum over purchases as it was known at an instant that is over: with what came back later still there. `before` is
    /// the place of the first purchase that did not count then.
    fn metric_then(&self, slot: usize, at: Instant, before: usize) -> Option<Number> {
        let Reading::Sums(span) = self.side().metrics[slot].read else { return None };
        let span = self.side().spans[span];
        let mut totals = Totals::default();
        let start = self.calendar().start(span.window, &self.calendar().moment(at));
        if before > self.part.starts[self.customer as usize] as usize {
            totals = self.sums(span.track, start.map(|start| self.place(start).min(before)), before);
        }
        if !self.corrections.is_empty() {
            let there = self.corrections.iter().filter(|correction| {
                correction.at >= at
                    && correction.event_at < at
                    && start.is_none_or(|start| start <= correction.event_at)
            });
            for correction in there {
                totals = totals.checked_add(self.took(correction, span.track)).unwrap_or(totals);
            }
        }
        value_of(self.bundle.metrics[slot].measure, &totals, self.bundle.currency)
    }

    fn took(&self, correction: &TakenBack, track: usize) -> Totals {
        let mut totals = Totals::default();
        self.add(track, &mut totals, |at| correction.took[at]);
        totals
    }

    /// The rank of the class that a segment has right after an instant; `now` is the place behind the last purchase that
    /// was replayed.
    pub fn rank_after(&self, segment: usize, at: Instant, now: usize) -> i64 {
        let SegmentRule::Thresholds { metric, floors, descending, .. } = &self.bundle.segments[segment].rule else {
            return 0;
        };
        let Reading::Sums(span) = self.side().metrics[*metric as usize].read else { return 0 };
        let span = self.side().spans[span];
        let moment = self.calendar().moment(at.plus_micros(1));
        let totals = self.span(span.track, span.window, span.contacts, &moment, now);
        let value = value_of(self.bundle.metrics[*metric as usize].measure, &totals, self.bundle.currency);
        rank(value, floors, descending) as i64
    }

    fn track_of(&self, filter: Option<u16>) -> Option<usize> {
        let filter = filter.and_then(|filter| self.bundle.filters.get(filter as usize));
        self.plan.tracks.iter().position(|track| track.as_ref() == filter)
    }
}

/// The place of a value's class among the classes by falling threshold; their number where it has none.
fn rank(value: Option<Number>, floors: &[Number], descending: &[u16]) -> usize {
    let Some(value) = value else { return descending.len() };
    descending.iter().position(|class| floors[*class as usize] <= value).unwrap_or(descending.len())
}

/// The same history as the fold reads it: slower, and for every question that it can ask.
impl Timelines for Known<'_> {
    type Error = Infallible;

    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, Infallible> {
        let Some(track) = self.track_of(filter) else { return Ok(Mark::default()) };
        let now = self.place(before);
        let mut totals = self.sums(track, None, now);
        let mut last_interaction = None;
        if filter.is_none() {
            self.contacts_before(before).into_totals(&mut totals);
            last_interaction = self.since(Since::LastInteraction, 0, before, now);
        }
        Ok(Mark { totals, last_purchase: self.since(Since::LastPurchase, track, before, now), last_interaction })
    }

    fn first_purchase(&mut self, filter: Option<u16>) -> Result<Option<Instant>, Infallible> {
        let Some(track) = self.track_of(filter) else { return Ok(None) };
        // Rows behind what was replayed so far hold nothing yet, so nothing is found there.
        let end = self.part.purchases_of(self.customer).end;
        Ok(self.since(Since::FirstPurchase, track, Instant::MAX, end))
    }

    fn events(&mut self, filter: Option<u16>, from: Instant, until: Instant) -> Result<Vec<Event>, Infallible> {
        let Some(track) = self.track_of(filter) else { return Ok(Vec::new()) };
        let mut events: Vec<Event> = (self.place(from)..self.place(until))
            .map(|place| {
                let bought = &self.part.purchases[place];
                Event { at: bought.at, sequence: bought.sequence, adds: self.sums(track, Some(place), place + 1) }
            })
            .collect();
        if filter.is_none() {
            let sums = |place: usize| self.part.contact_sums(self.customer, place);
            for (place, contact) in self.contacts().iter().enumerate() {
                if from <= contact.at && contact.at < until {
                    let mut adds = Totals::default();
                    sums(place + 1).minus(sums(place)).into_totals(&mut adds);
                    events.push(Event { at: contact.at, sequence: 0, adds });
                }
            }
            events.sort_by_key(|event| (event.at, event.sequence));
        }
        Ok(events)
    }

    fn corrections(&mut self, filter: Option<u16>) -> Result<Vec<Correction>, Infallible> {
        let Some(track) = self.track_of(filter) else { return Ok(Vec::new()) };
        let correction = |it: &TakenBack| Correction { at: it.at, event_at: it.event_at, took: self.took(it, track) };
        Ok(self.corrections.iter().map(correction).collect())
    }
}
