//! Who is worth a thought, from what is known of every customer.

use super::asked::{Asked, ReportError};
use crate::analytics::report::{Head, Parameter};
use crate::analytics::{About, Chance, ChanceKind, ChanceList, NextReport, Place, overdue};
use crate::app::events::Events;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::engine::{Gather, SegmentCuts, Wanted, gather_wanted, next_classes, open_steps};
use crate::metric::{Count, Frozen, Measure, Sum, Timelines, Totals};
use crate::model::{Customer, Facts};
use crate::money::{Money, Number};
use crate::policy::{Bundle, Condition, Grant, SegmentRule};
use crate::store::{Failure, Snapshot};
use crate::time::{Duration, Instant};

/// How far ahead classes are looked at where nothing else is asked.
const AHEAD: Duration = Duration::Days(30);
/// The margin of this long says what is at stake.
const STAKE: Duration = Duration::Months(12);
/// The most rows.
const MOST: u64 = 100_000;

impl App {
    /// Customers whose class is about to change, who stay away longer than usual, or are close to the next step.
    pub fn next_report(&self, mut asked: Asked) -> Result<NextReport, ReportError> {
        let bundle = &asked.active.bundle;
        let names = ChanceKind::ALL.map(ChanceKind::name);
        let kind = asked.named(NextReport::KIND.name, "kind", &names)?.map(|at| ChanceKind::ALL[at as usize]);
        let within = asked.read_as(NextReport::WITHIN.name, "an amount such as `40.00`", |text| {
            Money::parse(text, bundle.currency).ok().filter(|within| *within > Money::ZERO)
        })?;
        let ahead = asked.duration(NextReport::AHEAD.name)?.unwrap_or(AHEAD);
        let limit = asked.count(Parameter::LIMIT.name, 1..=MOST)?.unwrap_or(100);
        let after = asked.read_as(NextReport::CURSOR.name, "`next` of the part before", Place::read)?;
        let outlook = Outlook {
            asked: &asked,
            kind,
            within: within.map(|within| Number::money(within, bundle.currency)),
            until: ahead.after(asked.at, bundle.zone),
            stake: STAKE.before(asked.at, bundle.zone),
            all: wanted(bundle),
            segments: (0..bundle.segments.len()).map(|segment| alone(bundle, segment)).collect(),
        };
        let until = outlook.until;
        let empty =
            Found { outlook: &outlook, list: ChanceList::new(after, usize::try_from(limit).unwrap_or(usize::MAX)) };
        let list = scan(&self.store.snapshot(), &asked.active, &empty, asked.at)?.list;
        let filters = [
            kind.map(|kind| format!("kind {}", kind.name())),
            within.map(|it| format!("within {}", it.format(bundle.currency))),
        ];
        let filters: Vec<String> = filters.into_iter().flatten().chain([format!("{ahead} ahead")]).collect();
        asked.filters = filters;
        let id = asked.active.cut_offs.id;
        let mut head = Head { snapshot: (id > 0).then_some(id), ..asked.head::<NextReport>() };
        head.define("at_risk", "the last purchase is longer ago than the 90 % quantile (type 7) of the customer's own intervals between days with purchases, or, with two to four intervals, than twice their median; and no longer ago than three times that");
        head.define(
            "class_lost",
            "the class is another one by `until` if nothing is bought, under the cut-offs of today",
        );
        head.define("class_up", "what is missing to a better class by a threshold is within reach");
        head.define("step", "what is missing to the next step of a ladder is within reach, and the ladder is open: valid, not withheld by an experiment, conditions on classes and metrics hold");
        head.define("margin_12m", "margin of the last twelve months; the list is in its order");
        Ok(NextReport::new(head, &asked.active.bundle, until, list))
    }
}

/// Classes that no script settles, and what ladders look at.
fn wanted(bundle: &Bundle) -> Wanted {
    let mut wanted = Wanted::default();
    for segment in 0..bundle.segments.len() {
        add_class(&mut wanted, bundle, segment as u16);
    }
    for discount in &bundle.discounts {
        let Grant::Ladder(ladder) = &discount.grant else { continue };
        wanted.metric(ladder.metric);
        for condition in &discount.when {
            if let Condition::Metric { metric, .. } = condition {
                wanted.metric(*metric);
            }
        }
    }
    wanted
}

/// One class alone.
fn alone(bundle: &Bundle, segment: usize) -> Wanted {
    let mut wanted = Wanted::default();
    add_class(&mut wanted, bundle, segment as u16);
    wanted
}

/// A script may read the card, which a look at everybody leaves alone.
fn add_class(wanted: &mut Wanted, bundle: &Bundle, segment: u16) {
    if !matches!(bundle.segments[segment as usize].rule, SegmentRule::Script(_)) {
        wanted.class(bundle, segment);
    }
}

/// What is looked for.
struct Outlook<'a> {
    asked: &'a Asked,
    kind: Option<ChanceKind>,
    within: Option<Number>,
    until: Instant,
    stake: Instant,
    all: Wanted,
    segments: Vec<Wanted>,
}

#[derive(Clone)]
struct Found<'a> {
    outlook: &'a Outlook<'a>,
    list: ChanceList,
}

impl Collect for Found<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let outlook = self.outlook;
        let until = events.mark(None, outlook.asked.at)?.totals;
        let before = events.mark(None, outlook.stake)?.totals;
        let margin = |sums: &Totals| sums.gross - sums.discount - sums.cost;
        let margin = Money(margin(&until) - margin(&before));
        for about in outlook.chances(customer, &until, events)? {
            self.list.push(Chance { customer: customer.to_owned(), margin, about });
        }
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        Self { list: self.list.merge(other.list), ..self }
    }
}

impl Outlook<'_> {
    fn wants(&self, kind: ChanceKind) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }

    fn facts<T: Timelines>(
        &self,
        customer: &str,
        wanted: &Wanted,
        at: Instant,
        timelines: &mut T,
    ) -> Result<Facts, T::Error> {
        let active = &self.asked.active;
        let card = Customer { id: customer.to_owned(), ..Customer::default() };
        let cut_offs = &active.cut_offs;
        let given = Gather { customer: Some(card), allowances: Vec::new(), points: 0, cut_offs, at };
        gather_wanted(&active.bundle, given, wanted, timelines)
    }

    fn chances(&self, customer: &str, sums: &Totals, events: &mut Events<'_, Snapshot>) -> Result<Vec<About>, Failure> {
        let (bundle, at) = (&self.asked.active.bundle, self.asked.at);
        let mut found = Vec::new();
        if self.wants(ChanceKind::AtRisk) && sums.purchases > 2 {
            let bought = events.events(None, Instant::MIN, at)?;
            let day = |at: Instant| i64::from(chrono::Datelike::num_days_from_ce(&bundle.zone.local(at).date()));
            let mut days: Vec<i64> =
                bought.iter().filter(|event| event.adds.purchases > 0).map(|event| day(event.at)).collect();
            days.dedup();
            found.extend(overdue(&days, day(at)).map(About::Overdue));
        }
        if self.kind == Some(ChanceKind::AtRisk) {
            return Ok(found);
        }
        let mut frozen = Frozen { timelines: events, at };
        let facts = self.facts(customer, &self.all, at, &mut frozen)?;
        if self.wants(ChanceKind::ClassUp) {
            for next in next_classes(bundle, &facts) {
                if self.reaches(next.metric, next.missing, sums) {
                    found.push(About::Class {
                        up: true,
                        segment: next.segment,
                        now: facts.classes[next.segment as usize],
                        next: Some(next.class),
                        missing: Some((next.metric, next.missing)),
                        by: None,
                    });
                }
            }
        }
        if self.wants(ChanceKind::Step) {
            for step in open_steps(bundle, &facts) {
                if self.reaches(step.metric, step.missing, sums) {
                    found.push(About::Step {
                        discount: step.discount,
                        rate: step.rate,
                        missing: (step.metric, step.missing),
                    });
                }
            }
        }
        if self.wants(ChanceKind::ClassLost) {
            let later = self.facts(customer, &self.all, self.until, &mut frozen)?;
            for (segment, (now, next)) in facts.classes.iter().zip(&later.classes).enumerate() {
                if now.is_some() && now != next {
                    let by = self.lost_by(customer, segment, *now, &mut frozen)?;
                    found.push(About::Class {
                        up: false,
                        segment: segment as u16,
                        now: *now,
                        next: *next,
                        missing: self.short(segment, *now, &later),
                        by: Some(by),
                    });
                }
            }
        }
        Ok(found)
    }

    /// Whether so much of a metric is within one purchase like the customer's others, or within what was asked for.
    fn reaches(&self, metric: u16, missing: Number, sums: &Totals) -> bool {
        let bundle = &self.asked.active.bundle;
        let each = |sum: Number| (sums.purchases > 0).then(|| sum.average(sums.purchases)).unwrap_or_default();
        let money = |minor: i64| self.within.unwrap_or_else(|| each(Number::money(Money(minor), bundle.currency)));
        let net = sums.gross - sums.discount;
        let reach = match bundle.metrics[metric as usize].measure {
            Measure::Sum(Sum::Gross) => money(sums.gross),
            Measure::Sum(Sum::Net) => money(net),
            Measure::Sum(Sum::Margin | Sum::Profit) => money(net - sums.cost),
            Measure::Sum(Sum::Quantity) => each(Number(i128::from(sums.quantity) * 1_000)),
            Measure::Count(Count::Purchases) => Number::int(1),
            // No purchase brings these about.
            Measure::Sum(Sum::Discount | Sum::Cost | Sum::ServiceCost)
            | Measure::Count(Count::Interactions)
            | Measure::Average(_)
            | Measure::DaysSince(_) => return false,
        };
        missing <= reach
    }

    /// What is missing to keep a class, where a sum is.
    fn short(&self, segment: usize, class: Option<u16>, later: &Facts) -> Option<(u16, Number)> {
        let active = &self.asked.active;
        let class = usize::from(class?);
        let (metric, floor) = match &active.bundle.segments[segment].rule {
            SegmentRule::Thresholds { metric, floors, .. } => (*metric, *floors.get(class)?),
            SegmentRule::Rank { metric, .. } => match active.cut_offs.segments.get(segment)? {
                SegmentCuts::Rank { smallest, .. } => (*metric, (*smallest.get(class)?)?),
                SegmentCuts::None | SegmentCuts::Score { .. } => return None,
            },
            SegmentRule::Score { .. } | SegmentRule::Script(_) => return None,
        };
        let value = later.metrics[metric as usize]?;
        (value < floor).then(|| (metric, floor - value))
    }

    /// The first day's end at which the class is another one, looking from now on day by day.
    fn lost_by<T: Timelines>(
        &self,
        customer: &str,
        segment: usize,
        now: Option<u16>,
        timelines: &mut T,
    ) -> Result<Instant, T::Error> {
        let (at, zone) = (self.asked.at, self.asked.active.bundle.zone);
        let day = |days: u32| if days == 0 { at } else { Duration::Days(days).after(at, zone).min(self.until) };
        // Nothing more happens, so a class that is lost stays lost: kept at `low`, lost at `high`.
        let (mut low, mut high) = (0, u32::try_from((self.until.0 - at.0) / DAY + 1).unwrap_or(u32::MAX));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let then = self.facts(customer, &self.segments[segment], day(middle), timelines)?;
            if then.classes[segment] == now { low = middle } else { high = middle }
        }
        Ok(day(high))
    }
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
