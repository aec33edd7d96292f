//! Events to values.

use chrono::{Datelike, Months};
use smallvec::SmallVec;

use super::buying::{BaseFit, Rhythm, Spend};
use super::definition::{Average, Count, Forecast, Measure, Metric, Since, Sum, Window};
use super::event::{Correction, Event, Mark, Totals};
use crate::money::{Currency, Money, Number};
use crate::time::{Duration, Instant, Zone};

/// One customer's events, wherever they are kept. `filter` is an index into the bundle's filters.
pub trait Timelines {
    /// What can go wrong while reading.
    type Error;

    /// Everything strictly before an instant.
    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, Self::Error>;

    /// The first purchase that was not fully returned.
    fn first_purchase(&mut self, filter: Option<u16>) -> Result<Option<Instant>, Self::Error>;

    /// Events within `from..until`, in order of time.
    fn events(&mut self, filter: Option<u16>, from: Instant, until: Instant) -> Result<Vec<Event>, Self::Error>;

    /// What returns took away, which events say no longer; none where it is not known, or nothing came back.
    fn corrections(&mut self, filter: Option<u16>) -> Result<Vec<Correction>, Self::Error>;
}

/// Events of one customer in memory, by filter: `History::default()` is a guest's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    all: Track,
    filtered: Vec<Track>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Track {
    events: Vec<Event>,
    /// Everything before each event.
    marks: Vec<Mark>,
    until: Mark,
    first_purchase: Option<Instant>,
    corrections: Vec<Correction>,
}

impl Track {
    fn push(&mut self, event: Event) {
        self.marks.push(self.until);
        self.until = self.until.take(&event);
        if event.adds.purchases > 0 && self.first_purchase.is_none() {
            self.first_purchase = Some(event.at);
        }
        self.events.push(event);
    }

    fn position(&self, at: Instant) -> usize {
        self.events.partition_point(|event| event.at < at)
    }
}

impl History {
    /// From events of all lines, and of the lines of each filter. Each list is in order of time.
    pub fn new(all: impl IntoIterator<Item = Event>, filtered: Vec<Vec<Event>>) -> Self {
        let track = |events: &mut dyn Iterator<Item = Event>| {
            let mut track = Track::default();
            events.for_each(|event| track.push(event));
            track
        };
        Self {
            all: track(&mut all.into_iter()),
            filtered: filtered.into_iter().map(|events| track(&mut events.into_iter())).collect(),
        }
    }

    /// The same with what returns took away, for all lines and for those of each filter.
    pub fn with_corrections(mut self, all: Vec<Correction>, filtered: Vec<Vec<Correction>>) -> Self {
        self.all.corrections = all;
        self.filtered.iter_mut().zip(filtered).for_each(|(track, corrections)| track.corrections = corrections);
        self
    }

    fn track(&self, filter: Option<u16>) -> Option<&Track> {
        match filter {
            None => Some(&self.all),
            Some(at) => self.filtered.get(at as usize),
        }
    }
}

impl Timelines for History {
    type Error = std::convert::Infallible;

    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, Self::Error> {
        let Some(track) = self.track(filter) else { return Ok(Mark::default()) };
        Ok(track.marks.get(track.position(before)).copied().unwrap_or(track.until))
    }

    fn first_purchase(&mut self, filter: Option<u16>) -> Result<Option<Instant>, Self::Error> {
        Ok(self.track(filter).and_then(|track| track.first_purchase))
    }

    fn events(&mut self, filter: Option<u16>, from: Instant, until: Instant) -> Result<Vec<Event>, Self::Error> {
        let Some(track) = self.track(filter) else { return Ok(Vec::new()) };
        Ok(track.events[track.position(from)..track.position(until)].to_vec())
    }

    fn corrections(&mut self, filter: Option<u16>) -> Result<Vec<Correction>, Self::Error> {
        Ok(self.track(filter).map_or_else(Vec::new, |track| track.corrections.clone()))
    }
}

/// So many events are looked at one by one.
const FEW: i64 = 16;

/// Reads metrics of one customer as of one instant; what several metrics need is read once.
pub struct Reader<'a, T: Timelines> {
    timelines: &'a mut T,
    zone: Zone,
    currency: Currency,
    fits: &'a [BaseFit],
    marks: SmallVec<[(Option<u16>, Instant, Mark); 6]>,
    starts: SmallVec<[(Window, Instant, Instant); 4]>,
}

impl<'a, T: Timelines> Reader<'a, T> {
    /// A reader over these events.
    pub fn new(timelines: &'a mut T, zone: Zone, currency: Currency) -> Self {
        Self { timelines, zone, currency, fits: &[], marks: SmallVec::new(), starts: SmallVec::new() }
    }

    /// The same with models that were fitted to the base; without them what a model expects is absent.
    pub fn with_fits(self, fits: &'a [BaseFit]) -> Self {
        Self { fits, ..self }
    }

    /// The value of a metric as of `at`: only events strictly before count.
    pub fn value(&mut self, metric: &Metric, at: Instant) -> Result<Option<Number>, T::Error> {
        self.value_with(metric, at, &[])
    }

    /// The same with what is in the corrections still there.
    fn value_with(&mut self, metric: &Metric, at: Instant, there: &[&Correction]) -> Result<Option<Number>, T::Error> {
        if let Measure::DaysSince(since) = metric.measure {
            let until = self.mark(metric.filter, at)?;
            let whole = there.iter().filter(|correction| correction.took.purchases > 0);
            let whole = whole.map(|correction| correction.event_at);
            let from = match since {
                Since::LastPurchase => until.last_purchase.into_iter().chain(whole).max(),
                Since::LastInteraction => until.last_interaction,
                Since::FirstPurchase => {
                    let first = self.timelines.first_purchase(metric.filter)?.filter(|first| *first < at);
                    first.into_iter().chain(whole).min()
                }
            };
            return Ok(from.map(|from| Number::int(self.whole_days(from, at))));
        }
        if let Measure::Model(forecast) = metric.measure {
            return self.forecast(metric.filter, forecast, at);
        }
        let totals = self.totals(metric.filter, metric.window, at)?;
        let add = |sum: Totals, correction: &&Correction| sum.checked_add(correction.took).unwrap_or(sum);
        Ok(value_of(metric.measure, &there.iter().fold(totals, add), self.currency))
    }

    /// What a model expects of the customer; absent where there is no model, or nothing was bought yet.
    fn forecast(&mut self, filter: Option<u16>, of: Forecast, at: Instant) -> Result<Option<Number>, T::Error> {
        let Some(fitted) = self.fits.iter().find(|fit| fit.filter == filter).and_then(|fit| fit.fitted) else {
            return Ok(None);
        };
        let buyer = self.buyer(filter, at)?;
        Ok(buyer.and_then(|(rhythm, spend)| fitted.forecast(of, rhythm, spend, self.currency)))
    }

    /// What the models see of the customer as of `at`, from running sums: a bounded number of rows. Every purchase after
    /// the first counts, also several on one day.
    pub fn buyer(&mut self, filter: Option<u16>, at: Instant) -> Result<Option<(Rhythm, Spend)>, T::Error> {
        let Some(first) = self.timelines.first_purchase(filter)?.filter(|first| *first < at) else { return Ok(None) };
        let until = self.mark(filter, at)?;
        let began = self.mark(filter, first.plus_micros(1))?.totals;
        let Some(last) = until.last_purchase else { return Ok(None) };
        let later = until.totals.checked_sub(began).unwrap_or_default();
        let days = |from, until| u32::try_from(self.dates_between(from, until)).unwrap_or(0);
        let count = |many: i64| u32::try_from(many).unwrap_or(0);
        let rhythm =
            Rhythm { age: days(first, at), last: days(first, last), repeats: count(until.totals.purchases - 1) };
        let net = Number::money(Money(later.gross.saturating_sub(later.discount)), self.currency);
        Ok(Some((rhythm, Spend::of(net, count(later.purchases)))))
    }

    /// The sums behind metrics of a window as of `at`: only events strictly before count.
    pub fn totals(&mut self, filter: Option<u16>, window: Window, at: Instant) -> Result<Totals, T::Error> {
        let until = self.mark(filter, at)?.totals;
        let Some(start) = self.start(window, at) else { return Ok(until) };
        let before = self.mark(filter, start)?.totals;
        // Both are sums of one account, and the later holds the earlier.
        Ok(until.checked_sub(before).unwrap_or_default())
    }

    /// A value that the metric had at some instant within `from..=at` and that is as good as the largest: `same` says
    /// whether two values, the second at least as large, make no difference. What came back later was there then.
    pub fn best(
        &mut self,
        metric: &Metric,
        (from, at): (Instant, Instant),
        same: &impl Fn(Option<Number>, Option<Number>) -> bool,
    ) -> Result<Option<Number>, T::Error> {
        let mut later = self.timelines.corrections(metric.filter)?;
        later.retain(|correction| correction.at >= from);
        let mut best = self.value_then(metric, from, &later)?.max(self.value(metric, at)?);
        for when in self.coming_back(metric.window, from, at) {
            best = best.max(self.value_then(metric, when, &later)?);
        }
        if metric.measure.only_grows() {
            return self.best_of_growing(metric, (from, at), best, same, &later);
        }
        let mut best = self.best_after_events(metric, (from, at), best, &later)?;
        // A value may be best right before something came back, and right after.
        let back = later.iter().flat_map(|correction| [correction.at, correction.at.plus_micros(1)]);
        let back = back.filter(|when| *when <= at).collect::<Vec<_>>();
        for when in self.leaving(metric, from, at)?.into_iter().chain(back) {
            best = best.max(self.value_then(metric, when, &later)?);
        }
        Ok(best)
    }

    /// The same where events only raise the value and only their leaving lowers it. No value within a stretch of time is
    /// larger than all that lies between the start of its first window and its end, so most stretches need no look at
    /// their events, and a long history costs little more than a short one.
    fn best_of_growing(
        &mut self,
        metric: &Metric,
        (from, until): (Instant, Instant),
        best: Option<Number>,
        same: &impl Fn(Option<Number>, Option<Number>) -> bool,
        later: &[Correction],
    ) -> Result<Option<Number>, T::Error> {
        let end = self.timelines.mark(metric.filter, until)?.totals;
        let before = match metric.window.start(from, self.zone) {
            // Later windows may start earlier, but on no earlier day: see `coming_back`.
            Some(start) => {
                let day = self.zone.start_of(self.zone.local(start).date());
                self.timelines.mark(metric.filter, day)?.totals
            }
            None => Totals::default(),
        };
        let within = end.checked_sub(before).unwrap_or_default();
        let within = later.iter().fold(within, |sum, correction| sum.checked_add(correction.took).unwrap_or(sum));
        let bound = value_of(metric.measure, &within, self.currency);
        if bound <= best || same(best, bound) {
            return Ok(best);
        }
        let first = self.timelines.mark(metric.filter, from)?.totals;
        let middle = Instant(from.0 + (until.0 - from.0) / 2);
        let events = end.checked_sub(first).unwrap_or_default();
        if events.purchases + events.interactions <= FEW || middle == from {
            return self.best_after_events(metric, (from, until), best, later);
        }
        let best = best.max(self.value_then(metric, middle, later)?);
        let best = self.best_of_growing(metric, (from, middle), best, same, later)?;
        self.best_of_growing(metric, (middle, until), best, same, later)
    }

    fn best_after_events(
        &mut self,
        metric: &Metric,
        (from, until): (Instant, Instant),
        mut best: Option<Number>,
        later: &[Correction],
    ) -> Result<Option<Number>, T::Error> {
        let days = matches!(metric.measure, Measure::DaysSince(_));
        for event in self.timelines.events(metric.filter, from, until)? {
            // A value changes right after an event; days since one are most right before the next.
            let when = if days { event.at } else { event.at.plus_micros(1).min(until) };
            best = best.max(self.value_then(metric, when, later)?);
        }
        Ok(best)
    }

    /// The value as it was known at an instant that is over: with what came back at it or later still there.
    fn value_then(&mut self, metric: &Metric, at: Instant, later: &[Correction]) -> Result<Option<Number>, T::Error> {
        // Many instants, each asked once: keep the memory of marks small.
        let (marks, starts) = (self.marks.len(), self.starts.len());
        let start = if later.is_empty() { None } else { self.start(metric.window, at) };
        let there = later.iter().filter(|correction| {
            correction.at >= at && correction.event_at < at && start.is_none_or(|start| start <= correction.event_at)
        });
        let there: SmallVec<[&Correction; 4]> = there.collect();
        let value = self.value_with(metric, at, &there);
        self.marks.truncate(marks);
        self.starts.truncate(starts);
        value
    }

    /// Instants within `from..at` at which something that left the window may be in it again: a month before each of 28
    /// to 31 March is 28 February, so what left at some hour of the 28th is back at midnight.
    fn coming_back(&self, window: Window, from: Instant, at: Instant) -> Vec<Instant> {
        let Window::Within(Duration::Months(months)) = window else { return Vec::new() };
        let (mut month, last) = (self.zone.local(from).date().with_day(1), self.zone.local(at).date());
        let mut instants = Vec::new();
        while let Some(first) = month.filter(|first| *first <= last) {
            for day in (29..=31).filter_map(|day| first.with_day(day)) {
                let shorter = day.checked_sub_months(Months::new(months)).is_some_and(|start| start.day() < day.day());
                instants.extend(shorter.then(|| self.zone.start_of(day)));
            }
            month = first.checked_add_months(Months::new(1));
        }
        instants.retain(|when| from <= *when && *when < at);
        instants
    }

    /// Instants within `from..at` at which something leaves the window.
    fn leaving(&mut self, metric: &Metric, from: Instant, at: Instant) -> Result<Vec<Instant>, T::Error> {
        let mut instants = Vec::new();
        match metric.window {
            Window::Lifetime => {}
            Window::Within(duration) => {
                let first = duration.before(from, self.zone);
                for event in self.timelines.events(metric.filter, first, at)? {
                    instants.push(duration.after(event.at, self.zone).plus_micros(1));
                }
            }
            Window::Since(period) => {
                let mut start = period.next(from, self.zone);
                while start < at {
                    instants.push(start);
                    start = period.next(start, self.zone);
                }
            }
        }
        instants.retain(|when| from <= *when && *when < at);
        Ok(instants)
    }

    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, T::Error> {
        if let Some((.., mark)) = self.marks.iter().find(|(f, at, _)| *f == filter && *at == before) {
            return Ok(*mark);
        }
        let mark = self.timelines.mark(filter, before)?;
        self.marks.push((filter, before, mark));
        Ok(mark)
    }

    fn start(&mut self, window: Window, at: Instant) -> Option<Instant> {
        if window == Window::Lifetime {
            return None;
        }
        if let Some((.., start)) = self.starts.iter().find(|(w, t, _)| *w == window && *t == at) {
            return Some(*start);
        }
        let start = window.start(at, self.zone)?;
        self.starts.push((window, at, start));
        Some(start)
    }

    /// How many midnights have passed on the wall clock.
    fn dates_between(&self, from: Instant, until: Instant) -> i64 {
        (self.zone.local(until).date() - self.zone.local(from).date()).num_days()
    }

    /// How many whole days have passed on the wall clock.
    fn whole_days(&self, from: Instant, until: Instant) -> i64 {
        (self.zone.local(until) - self.zone.local(from)).num_days()
    }
}

impl Measure {
    /// The value that sums of a window have; absent for days since something, which sums do not know.
    pub fn value(self, totals: &Totals, currency: Currency) -> Option<Number> {
        value_of(self, totals, currency)
    }

    /// Whether an event can only raise the value, and its leaving only lower it.
    const fn only_grows(self) -> bool {
        match self {
            Self::Sum(sum) => !matches!(sum, Sum::Margin | Sum::Profit),
            Self::Count(_) => true,
            Self::Average(_) | Self::DaysSince(_) | Self::Model(_) => false,
        }
    }
}

/// The value of a measure whose events sum up to these totals; absent for an average over nothing and for days since.
pub fn value_of(measure: Measure, totals: &Totals, currency: Currency) -> Option<Number> {
    let money = |minor: i64| Number::money(Money(minor), currency);
    let net = Number::money(Money(totals.gross), currency) - money(totals.discount);
    let sum = |sum: Sum| match sum {
        Sum::Gross => money(totals.gross),
        Sum::Discount => money(totals.discount),
        Sum::Net => net,
        Sum::Cost => money(totals.cost),
        Sum::Margin => net - money(totals.cost),
        Sum::Profit => net - money(totals.cost) - money(totals.service_cost),
        Sum::ServiceCost => money(totals.service_cost),
        Sum::Quantity => Number(i128::from(totals.quantity) * 1_000),
    };
    let average = |sum: Number, count: i64| (count > 0).then(|| sum.average(count));
    match measure {
        Measure::Sum(what) => Some(sum(what)),
        Measure::Count(Count::Purchases) => Some(Number::int(totals.purchases)),
        Measure::Count(Count::Interactions) => Some(Number::int(totals.interactions)),
        Measure::Average(what) => match what {
            Average::Gross => average(sum(Sum::Gross), totals.purchases),
            Average::Discount => average(sum(Sum::Discount), totals.purchases),
            Average::Net => average(sum(Sum::Net), totals.purchases),
            Average::Margin => average(sum(Sum::Margin), totals.purchases),
            Average::Quantity => average(sum(Sum::Quantity), totals.purchases),
            Average::ServiceCost => average(sum(Sum::ServiceCost), totals.interactions),
            Average::Rating => average(Number::int(totals.rating_sum), totals.ratings),
        },
        Measure::DaysSince(_) | Measure::Model(_) => None,
    }
}
