//! Customer value over the base.

use chrono::Datelike;

use super::asked::{Asked, ReportError};
use crate::analytics::report::Parameter;
use crate::analytics::value::{ClvQuestion, ClvReport, KnownBuyer, Method, PurchaseDays, Taken};
use crate::app::events::Events;
use crate::app::points::redeemable_points;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::engine::{Gather, gather};
use crate::metric::{Event, Timelines, weeks};
use crate::model::Customer;
use crate::money::Rate;
use crate::policy::{Segment, SegmentRule};
use crate::store::{Failure, Read, Snapshot};
use crate::time::{Duration, Instant, Zone};

/// Customers that are listed where nothing else was asked for, and at most.
const LISTED: u64 = 100;
const MOST_LISTED: u64 = 1_000_000;
/// A tenth a year.
const USUAL_DISCOUNT: u32 = 100_000;

impl App {
    /// How often customers are expected to come back, and what that is worth.
    pub fn clv_report(&self, mut asked: Asked) -> Result<ClvReport, ReportError> {
        let methods = Method::ALL.map(|(name, _)| name);
        let method = Method::ALL[usize::from(asked.named("model", "model", &methods)?.unwrap_or(0))].1;
        let horizon = asked.duration("horizon")?.unwrap_or(Duration::Months(12));
        let rate = |name| asked.read_as(name, "a rate such as `15%`", |text| Rate::parse(text).ok());
        let (discount, margin) = (rate("discount")?, rate("margin")?);
        let limit = asked.count(Parameter::LIMIT.name, 0..=MOST_LISTED)?.unwrap_or(LISTED);
        let hold_out = asked.duration("hold_out")?;
        let (active, zone) = (asked.active.clone(), asked.active.bundle.zone);
        let segment = asked.segment()?.or_else(|| first_ranked(&active.bundle.segments));
        // The last day that is seen at all: T is measured to it, as in the papers.
        let end = day(Instant(asked.at.0.saturating_sub(1)), zone);
        let split = hold_out.map(|held| day(Instant(held.before(asked.at, zone).0.saturating_sub(1)), zone));
        let discount = discount.or_else(|| Rate::from_ppm(USUAL_DISCOUNT)).unwrap_or_default();
        asked.filters.push(format!("horizon {horizon}"));
        asked.filters.push(format!("discount {discount} a year"));
        asked.filters.extend(hold_out.map(|held| format!("the last {held} held out")));
        let rows = &*self.store.snapshot();
        let empty = Buyers { rows, asked: &asked, segment, end, split, known: Vec::new(), taken: Taken::default() };
        let Buyers { mut known, taken, .. } = scan(rows, &active, &empty, asked.at)?;
        known.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut head = asked.head::<ClvReport>();
        let id = active.cut_offs.id;
        head.snapshot = (id > 0 && segment.is_some()).then_some(id);
        define(&mut head);
        let segment = segment.map(|at| &active.bundle.segments[usize::from(at)]);
        let question = ClvQuestion {
            method,
            weeks: weeks(horizon),
            discount,
            margin,
            segment: segment.map(|s| (s.name.to_string(), s.classes.iter().map(ToString::to_string).collect())),
            held_out_weeks: split.map(|split| weeks(Duration::Days((end - split).unsigned_abs()))),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            currency: active.bundle.currency,
        };
        Ok(ClvReport::new(head, &question, &known, taken))
    }
}

fn define(head: &mut crate::analytics::report::Head) {
    head.define(
        "customers",
        "who bought something that did not come back in full; of `from` on, who first bought since then",
    );
    head.define(
        "purchases",
        "days on which a customer bought: several purchases on one day are one; the first is no repeat",
    );
    head.define("weeks", "the models' unit of time; the last day is the last before `as_of`");
    head.define("value", "expected purchases within the horizon, month by month, each at what one is expected to bring (net), discounted");
    head.define("alive", "by the model; for a class, how many of its customers that makes");
    head.define(
        "models",
        "BG/NBD: Fader, Hardie and Lee (2005); MBG/NBD: Batislam, Denizel and Filiztekin (2007); Pareto/NBD: Schmittlein, \
         Morrison and Colombo (1987); NBD: Ehrenberg (1959); gamma-gamma: Fader and Hardie (2013)",
    );
}

fn first_ranked(segments: &[Segment]) -> Option<u16> {
    segments.iter().position(|segment| matches!(segment.rule, SegmentRule::Rank { .. })).map(|at| at as u16)
}

/// The day on the wall clock, counted from any fixed one.
fn day(at: Instant, zone: Zone) -> i32 {
    zone.local(at).date().num_days_from_ce()
}

/// What every customer bought.
#[derive(Clone)]
struct Buyers<'a> {
    rows: &'a Snapshot,
    asked: &'a Asked,
    segment: Option<u16>,
    end: i32,
    split: Option<i32>,
    known: Vec<KnownBuyer>,
    taken: Taken,
}

impl Collect for Buyers<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let bundle = &self.asked.active.bundle;
        let purchases = events.events(None, Instant::MIN, self.asked.at)?;
        let purchases = purchases.iter().filter(|event| event.adds.purchases > 0);
        let mut days = PurchaseDays::default();
        let mut taken = Taken::default();
        for Event { at, adds, .. } in purchases {
            let net = adds.gross.saturating_sub(adds.discount);
            days.push(day(*at, bundle.zone), net);
            taken.net += i128::from(net);
            taken.margin += i128::from(net.saturating_sub(adds.cost));
        }
        let first = events.first_purchase(None)?;
        if first.is_none_or(|first| self.asked.from.is_some_and(|from| first < from)) {
            return Ok(());
        }
        let Some(rhythm) = days.rhythm(self.end) else { return Ok(()) };
        taken.purchases = u64::from(rhythm.repeats) + 1;
        let split = self.split.and_then(|split| Some((days.rhythm(split)?, days.between(split, self.end))));
        self.taken.add(taken);
        let class = self.class(customer, events)?;
        let spend = days.spend(self.end, bundle.currency);
        self.known.push(KnownBuyer { id: customer.into(), class, rhythm, spend, split });
        Ok(())
    }

    fn merge(mut self, mut other: Self) -> Self {
        self.known.append(&mut other.known);
        self.taken.add(other.taken);
        self
    }
}

impl Buyers<'_> {
    fn class(&self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<Option<u16>, Failure> {
        let Some(segment) = self.segment else { return Ok(None) };
        let (active, at) = (&self.asked.active, self.asked.at);
        let scripted = matches!(active.bundle.segments[usize::from(segment)].rule, SegmentRule::Script(_));
        let unknown = || Customer { id: customer.to_owned(), ..Customer::default() };
        // Only scripts read the card and the points.
        let (card, points) = if scripted {
            (self.rows.customer(customer)?, redeemable_points(self.rows, customer, at, at)?)
        } else {
            (None, 0)
        };
        let card = Some(card.unwrap_or_else(unknown));
        let given = Gather { customer: card, allowances: Vec::new(), points, cut_offs: &active.cut_offs, at };
        Ok(gather(&active.bundle, given, events)?.classes[usize::from(segment)])
    }
}
