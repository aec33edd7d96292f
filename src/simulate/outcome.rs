//! What came of a replay: sums of each side, how customers' classes differ, who wins and who loses.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::base::Part;
use super::figures::Tally;
use super::limits::Ledger;
use super::part::{Running, Shared};
use super::side::{Grants, Policy};
use crate::engine::{Gather, classify_by_script, service_standing};
use crate::id::Name;
use crate::money::Money;
use crate::time::Instant;

/// What came of a replay.
#[derive(Debug)]
pub struct Outcome {
    /// From when decisions were made, and until when.
    pub window: (Instant, Instant),
    /// Customers in the base at its end.
    pub customers: u64,
    /// The sides; the first is the baseline.
    pub sides: Vec<SideOutcome>,
    /// Per candidate, in order.
    pub compared: Vec<Compared>,
}

/// What came of one side.
#[derive(Debug)]
pub struct SideOutcome {
    /// What it did.
    pub policy: Policy,
    /// What it counted.
    pub tally: Tally,
    /// Names of the tally's discounts.
    pub discounts: Vec<Name>,
    /// What was spent of common limits.
    pub ledger: Ledger,
    /// Per segment and class how many customers have it at the end; who has none comes last.
    pub classes: Vec<Vec<u64>>,
    /// Service budgets at the end, per class of their segment; who has none comes last.
    pub service: Vec<ServiceFigures>,
    /// How many customers got something.
    pub touched: u64,
}

/// What serving the customers of a class may cost, and cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServiceFigures {
    /// Customers.
    pub customers: u64,
    /// What may be spent on them.
    pub granted: Money,
    /// What was.
    pub used: Money,
}

/// A candidate beside the baseline.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// Segments of one name on both sides.
    pub migrations: Vec<Migration>,
    /// Customers who get more than under the baseline, and how much more in all.
    pub winners: (u64, Money),
    /// Customers who get less, and how much less.
    pub losers: (u64, Money),
    /// Those who win most, the first most.
    pub won: Vec<Moved>,
    /// Those who lose most.
    pub lost: Vec<Moved>,
}

/// How many customers have which class on which side at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The segment.
    pub segment: Name,
    /// Its place on either side.
    pub places: (usize, usize),
    /// From the baseline's class to the candidate's; the last row and column are those without a class.
    pub counts: Vec<Vec<u64>>,
}

/// A customer who gets something else under the candidate.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Who.
    pub customer: String,
    /// What both sides granted, less returns.
    pub granted: (Money, Money),
    /// By the discount's name.
    pub by_discount: BTreeMap<Name, (Money, Money)>,
    /// Points earned on both sides.
    pub points: (i64, i64),
    /// Segments in which the classes differ at the end, with both.
    pub classes: Vec<(Name, Option<Name>, Option<Name>)>,
    /// The purchase on which the sides differ most: its id, when it was, and how much more the candidate grants.
    pub widest: Option<(String, Instant, Money)>,
}

/// How many winners and losers are named.
const NAMED: usize = 10;
/// Customers between two looks at whether somebody ended the run.
const STRETCH: usize = 1_024;

/// What one part has to say.
#[derive(Default)]
struct OfPart {
    customers: u64,
    classes: Vec<Vec<Vec<u64>>>,
    service: Vec<Vec<ServiceFigures>>,
    touched: Vec<u64>,
    compared: Vec<Compared>,
}

/// Reads everything off a replay; not all of it where somebody ended that.
pub(super) fn outcome(shared: &Shared<'_>, mut parts: Vec<Running>) -> Outcome {
    let until = shared.window.1;
    parts.par_iter_mut().flat_map(|part| part.sides.par_iter_mut()).for_each(|side| side.close_window(until));
    let migrations: Vec<Vec<Migration>> =
        shared.policies[1..].iter().map(|candidate| migrations(&shared.policies[0], candidate)).collect();
    let found = parts
        .par_iter()
        .zip(&shared.base.parts)
        .map(|(running, part)| of_part(shared, running, part, &migrations))
        .reduce_with(merge)
        .unwrap_or_default();
    let names = |policy: &Policy| match policy.grants {
        Grants::Recorded => shared.base.names.clone(),
        Grants::Decide | Grants::Nothing => {
            policy.bundle.discounts.iter().map(|discount| Arc::clone(&discount.name)).collect()
        }
    };
    let mut sides: Vec<SideOutcome> = Vec::with_capacity(shared.policies.len());
    for (side, policy) in shared.policies.iter().enumerate() {
        let mut tally: Option<Tally> = None;
        for running in &mut parts {
            let of_part = std::mem::take(&mut running.sides[side].tally);
            match &mut tally {
                Some(tally) => tally.merge(of_part),
                None => tally = Some(of_part),
            }
        }
        sides.push(SideOutcome {
            policy: policy.clone(),
            tally: tally.unwrap_or_default(),
            discounts: names(policy),
            ledger: shared.ledgers[side].clone(),
            classes: found.classes.get(side).cloned().unwrap_or_default(),
            service: found.service.get(side).cloned().unwrap_or_default(),
            touched: found.touched.get(side).copied().unwrap_or_default(),
        });
    }
    Outcome { window: shared.window, customers: found.customers, sides, compared: found.compared }
}

fn migrations(baseline: &Policy, candidate: &Policy) -> Vec<Migration> {
    let mut found = Vec::new();
    for (at, segment) in baseline.bundle.segments.iter().enumerate() {
        let Some(other) = candidate.bundle.segment(&segment.name) else { continue };
        let other = usize::from(other);
        let columns = candidate.bundle.segments[other].classes.len() + 1;
        let counts = vec![vec![0; columns]; segment.classes.len() + 1];
        found.push(Migration { segment: Arc::clone(&segment.name), places: (at, other), counts });
    }
    found
}

fn of_part(shared: &Shared<'_>, running: &Running, part: &Part, migrations: &[Vec<Migration>]) -> OfPart {
    let sides = shared.policies.len();
    let mut found = OfPart {
        customers: 0,
        classes: shared
            .policies
            .iter()
            .map(|policy| policy.bundle.segments.iter().map(|segment| vec![0; segment.classes.len() + 1]).collect())
            .collect(),
        service: shared
            .policies
            .iter()
            .map(|policy| vec![ServiceFigures::default(); service_classes(policy)])
            .collect(),
        touched: vec![0; sides],
        compared: migrations.iter().map(|them| Compared { migrations: them.clone(), ..Compared::default() }).collect(),
    };
    let mut classes: Vec<Vec<Option<u16>>> = vec![Vec::new(); sides];
    for (customer, card) in part.customers.iter().enumerate() {
        if customer % STRETCH == 0 && shared.progress.is_cancelled() {
            break;
        }
        if card.since > shared.window.1 {
            continue;
        }
        found.customers += 1;
        for (side, theirs) in classes.iter_mut().enumerate() {
            *theirs = final_classes(shared, running, part, side, customer as u32);
            for (counts, class) in found.classes[side].iter_mut().zip(&*theirs) {
                let last = counts.len() - 1;
                counts[class.map_or(last, usize::from).min(last)] += 1;
            }
            let got = &running.sides[side].got[customer];
            found.touched[side] += u64::from(got.discount != Money::ZERO);
            note_service(shared, running, part, (side, customer as u32), &mut found.service[side]);
        }
        for (candidate, compared) in found.compared.iter_mut().enumerate() {
            let (before, after) = (&classes[0], &classes[candidate + 1]);
            for migration in &mut compared.migrations {
                let row = before[migration.places.0].map_or(migration.counts.len() - 1, usize::from);
                let column = after[migration.places.1].map_or(migration.counts[row].len() - 1, usize::from);
                migration.counts[row][column] += 1;
            }
            let (a, b) = (&running.sides[0].got[customer], &running.sides[candidate + 1].got[customer]);
            let difference = b.discount - a.discount;
            let (list, sum) = match difference.0 {
                0 => continue,
                1.. => (&mut compared.won, &mut compared.winners),
                _ => (&mut compared.lost, &mut compared.losers),
            };
            sum.0 += 1;
            sum.1 += Money(difference.0.abs());
            let enough = list.len() == NAMED && list.last().is_some_and(|last| last.width() >= difference.0.abs());
            if !enough {
                list.push(moved(shared, running, part, candidate, customer, (before, after)));
                list.sort_by_key(|moved| std::cmp::Reverse(moved.width()));
                list.truncate(NAMED);
            }
        }
    }
    found
}

fn service_classes(policy: &Policy) -> usize {
    let budgets = policy.bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    budgets.map_or(0, |budgets| policy.bundle.segments[budgets.segment as usize].classes.len() + 1)
}

fn final_classes(shared: &Shared<'_>, running: &Running, part: &Part, side: usize, customer: u32) -> Vec<Option<u16>> {
    let known = running.past.known(shared, part, side, customer);
    let calendar = &shared.plan.calendars[shared.plan.sides[side].calendar];
    let moment = calendar.moment(shared.window.1);
    let (mut metrics, mut classes) = (Vec::new(), Vec::new());
    known.metrics(&moment, &shared.cut_offs[side].fits, false, &mut metrics);
    known.classes(&moment, &shared.cut_offs[side], &metrics, &mut classes);
    if running.sides[side].scripts {
        let card = &part.customers[customer as usize];
        let mut facts = (*running.sides[side].facts).clone();
        facts.customer = Some(crate::model::Customer {
            id: card.id.to_string(),
            birthday: card.birthday,
            attributes: shared.base.attributes[card.attributes as usize].clone(),
            ..crate::model::Customer::default()
        });
        facts.at = moment.at;
        facts.local = calendar.local(&moment);
        facts.points = running.sides[side].redeemable(customer, moment.at);
        facts.failures.clear();
        facts.metrics = metrics;
        facts.classes = classes;
        return classify_by_script(&shared.policies[side].bundle, facts).classes;
    }
    classes
}

fn note_service(
    shared: &Shared<'_>,
    running: &Running,
    part: &Part,
    (side, customer): (usize, u32),
    figures: &mut [ServiceFigures],
) {
    let Some(last) = figures.len().checked_sub(1) else { return };
    let bundle = &*shared.policies[side].bundle;
    let mut known = running.past.known(shared, part, side, customer);
    let given = Gather {
        customer: None,
        allowances: Vec::new(),
        points: 0,
        cut_offs: &shared.cut_offs[side],
        at: shared.window.1,
    };
    let Ok(standing) = service_standing(bundle, given, Money::ZERO, &mut known);
    let of_class = &mut figures[standing.class.map_or(last, usize::from).min(last)];
    of_class.customers += 1;
    of_class.granted += standing.granted.map_or(Money::ZERO, |granted| granted.amount);
    of_class.used += standing.used();
}

impl Moved {
    fn width(&self) -> i64 {
        (self.granted.1 - self.granted.0).0.abs()
    }
}

fn moved(
    shared: &Shared<'_>,
    running: &Running,
    part: &Part,
    candidate: usize,
    customer: usize,
    (before, after): (&[Option<u16>], &[Option<u16>]),
) -> Moved {
    let sides = (0, candidate + 1);
    let got = |side: usize| &running.sides[side].got[customer];
    let name = |side: usize, at: u32| {
        let policy = &shared.policies[side];
        match policy.grants {
            Grants::Recorded => shared.base.names.get(at as usize).cloned(),
            Grants::Decide | Grants::Nothing => policy.bundle.discounts.get(at as usize).map(|it| Arc::clone(&it.name)),
        }
    };
    let mut by_discount: BTreeMap<Name, (Money, Money)> = BTreeMap::new();
    for (at, amount) in &got(sides.0).by_discount {
        by_discount.entry(name(sides.0, *at).unwrap_or_else(|| Name::from(""))).or_default().0 += *amount;
    }
    for (at, amount) in &got(sides.1).by_discount {
        by_discount.entry(name(sides.1, *at).unwrap_or_else(|| Name::from(""))).or_default().1 += *amount;
    }
    let class = |side: usize, segment: usize, class: Option<u16>| {
        class.map(|class| Arc::clone(&shared.policies[side].bundle.segments[segment].classes[class as usize]))
    };
    let (baseline, other) = (&shared.policies[0].bundle, &shared.policies[sides.1].bundle);
    let classes = baseline.segments.iter().enumerate().filter_map(|(at, segment)| {
        let place = usize::from(other.segment(&segment.name)?);
        let pair = (class(0, at, before[at]), class(sides.1, place, after[place]));
        (pair.0 != pair.1).then(|| (Arc::clone(&segment.name), pair.0, pair.1))
    });
    let (difference, place) = running.widest[candidate][customer];
    let widest = (difference != Money::ZERO)
        .then(|| (part.id_of(place as usize).to_owned(), part.purchases[place as usize].at, difference));
    Moved {
        customer: part.customers[customer].id.to_string(),
        granted: (got(sides.0).discount, got(sides.1).discount),
        by_discount,
        points: (got(sides.0).points, got(sides.1).points),
        classes: classes.collect(),
        widest,
    }
}

fn merge(mut a: OfPart, b: OfPart) -> OfPart {
    fn add(a: &mut [u64], b: Vec<u64>) {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    }
    a.customers += b.customers;
    add(&mut a.touched, b.touched);
    for (a, b) in a.classes.iter_mut().zip(b.classes) {
        a.iter_mut().zip(b).for_each(|(a, b)| add(a, b));
    }
    for (a, b) in a.service.iter_mut().zip(b.service) {
        for (a, b) in a.iter_mut().zip(b) {
            a.customers += b.customers;
            a.granted += b.granted;
            a.used += b.used;
        }
    }
    for (a, b) in a.compared.iter_mut().zip(b.compared) {
        for (a, b) in a.migrations.iter_mut().zip(b.migrations) {
            a.counts.iter_mut().zip(b.counts).for_each(|(a, b)| add(a, b));
        }
        a.winners = (a.winners.0 + b.winners.0, a.winners.1 + b.winners.1);
        a.losers = (a.losers.0 + b.losers.0, a.losers.1 + b.losers.1);
        for (mine, theirs) in [(&mut a.won, b.won), (&mut a.lost, b.lost)] {
            mine.extend(theirs);
            // Of equal ones the same come first in every run.
            mine.sort_by(|a, b| b.width().cmp(&a.width()).then_with(|| a.customer.cmp(&b.customer)));
            mine.truncate(NAMED);
        }
    }
    a
}
