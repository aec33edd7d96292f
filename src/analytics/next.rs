//! Next best: who is about to change class, stays away longer than usual, or is close to the next step of a ladder.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::money::{Money, Number};
use crate::time::Instant;

/// Why a customer is worth a thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChanceKind {
    /// A better class is within reach.
    ClassUp,
    /// The class will be lost.
    ClassDown,
    /// The usual interval between purchases has passed.
    AtRisk,
    /// The next step of a ladder is within reach.
    Step,
}

impl ChanceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ClassUp, Self::ClassDown, Self::AtRisk, Self::Step];

    /// The name in answers and questions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClassUp => "class_up",
            Self::ClassDown => "class_down",
            Self::AtRisk => "at_risk",
            Self::Step => "step",
        }
    }
}

/// A customer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chance {
    /// The customer.
    pub customer: String,
    /// Margin of the last twelve months: what is at stake.
    pub margin: Money,
    /// What it is about.
    pub about: About,
}

/// What it is about. Places are those of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A class, now and next.
    Class {
        /// Whether the next one is better.
        up: bool,
        /// The segment.
        segment: u16,
        /// The class now.
        now: Option<u16>,
        /// The class next.
        next: Option<u16>,
        /// What is missing of which metric to get the better one, or to keep this one; absent where no sum is.
        missing: Option<(u16, Number)>,
        /// By when this one is lost.
        by: Option<Instant>,
    },
    /// Too long since the last purchase.
    Overdue(Overdue),
    /// A step of a ladder.
    Step {
        /// The discount.
        discount: u16,
        /// The rate of the step, in millionths.
        rate: u32,
        /// What is missing of which metric.
        missing: (u16, Number),
    },
}

impl Chance {
    /// What kind of chance it is.
    pub const fn kind(&self) -> ChanceKind {
        match self.about {
            About::Class { up: true, .. } => ChanceKind::ClassUp,
            About::Class { up: false, .. } => ChanceKind::ClassDown,
            About::Overdue(_) => ChanceKind::AtRisk,
            About::Step { .. } => ChanceKind::Step,
        }
    }

    fn place(&self) -> Place {
        let about = match &self.about {
            About::Class { segment, .. } => *segment,
            About::Step { discount, .. } => *discount,
            About::Overdue(_) => 0,
        };
        Place(Reverse(self.margin), self.customer.clone(), self.kind(), about)
    }
}

/// Somebody who stays away. Numbers are days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overdue {
    /// Since the last purchase.
    pub since: i64,
    /// The median of the intervals, rounded down.
    pub usual: i64,
    /// More than this is unusual.
    pub limit: i64,
}

/// So many intervals are a distribution of their own; fewer are too few for a quantile.
const OWN_QUANTILE: usize = 5;
/// One interval says nothing about what is usual.
const LEAST_INTERVALS: usize = 2;

/// Whether somebody stays away longer than usual, from the days on which the customer bought, ascending and distinct.
///
/// With five intervals or more the limit is their own 90 % quantile (Hyndman and Fan's type 7), with two to four it is twice
/// their median; with fewer nothing is usual. Who stays away for more than three times the limit is lost rather than at
/// risk: that call comes too late.
pub fn overdue(days: &[i64], today: i64) -> Option<Overdue> {
    let mut intervals: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if intervals.len() < LEAST_INTERVALS {
        return None;
    }
    intervals.sort_unstable();
    let usual = quantile(&intervals, 1, 2);
    // The limit is rounded up, so that a day is unusual only where it is beyond it.
    let limit = if intervals.len() >= OWN_QUANTILE {
        let (low, rest) = split(&intervals, 9, 10);
        low + (rest + 9) / 10
    } else {
        let (low, rest) = split(&intervals, 1, 2);
        2 * low + rest
    };
    let since = today - days.last()?;
    (limit < since && since <= 3 * limit).then_some(Overdue { since, usual, limit })
}

/// The quantile at `part / of` of ascending values, rounded down.
fn quantile(ascending: &[i64], part: usize, of: usize) -> i64 {
    let (low, rest) = split(ascending, part, of);
    low + rest / of as i64
}

/// The order statistic below a quantile, and what is beyond it, in `of` parts of a unit.
fn split(ascending: &[i64], part: usize, of: usize) -> (i64, i64) {
    let last = ascending.len() - 1;
    let (whole, rest) = (last * part / of, (last * part % of) as i64);
    let low = ascending[whole];
    let high = ascending.get(whole + 1).copied().unwrap_or(low);
    (low, (high - low) * rest)
}

/// Where a chance stands in the list: most at stake first, then by customer, kind, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Reverse<Money>, String, ChanceKind, u16);

impl Place {
    /// As a text that [`Place::read`] reads.
    pub fn text(&self) -> String {
        let Self(Reverse(margin), customer, kind, about) = self;
        format!("{}:{}:{about}:{customer}", margin.0, kind.name())
    }

    /// Reads a place.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let margin = parts.next()?.parse().ok()?;
        let kind = parts.next()?;
        let kind = ChanceKind::ALL.into_iter().find(|known| known.name() == kind)?;
        let about = parts.next()?.parse().ok()?;
        Some(Self(Reverse(Money(margin)), parts.next()?.to_owned(), kind, about))
    }
}

/// The first chances after a place, and how many there are of each kind; of all others nothing is kept.
#[derive(Debug, Clone)]
pub struct ChanceList {
    after: Option<Place>,
    limit: usize,
    first: BinaryHeap<Placed>,
    /// How many there are, by kind.
    pub counts: [u64; 4],
}

#[derive(Debug, Clone)]
struct Placed(Place, Chance);

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Placed {}
impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Placed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl ChanceList {
    /// An empty list of at most so many.
    pub fn new(after: Option<Place>, limit: usize) -> Self {
        Self { after, limit, first: BinaryHeap::new(), counts: [0; 4] }
    }

    /// Takes in a chance.
    pub fn push(&mut self, chance: Chance) {
        self.counts[chance.kind() as usize] += 1;
        let place = chance.place();
        if self.after.as_ref().is_none_or(|after| *after < place) {
            self.keep(Placed(place, chance));
        }
    }

    fn keep(&mut self, placed: Placed) {
        // One more than asked for tells whether there are more.
        if self.first.len() <= self.limit {
            self.first.push(placed);
        } else if self.first.peek().is_some_and(|last| placed < *last) {
            self.first.pop();
            self.first.push(placed);
        }
    }

    /// Takes in what another thread found.
    pub fn merge(mut self, other: Self) -> Self {
        self.counts.iter_mut().zip(other.counts).for_each(|(mine, theirs)| *mine += theirs);
        other.first.into_iter().for_each(|placed| self.keep(placed));
        self
    }

    /// The chances in their order, and the place of the last where there are more.
    pub fn finish(self) -> (Vec<Chance>, Option<Place>) {
        let mut all = self.first.into_sorted_vec();
        let more = all.len() > self.limit;
        all.truncate(self.limit);
        let next = all.last().filter(|_| more).map(|last| last.0.clone());
        (all.into_iter().map(|placed| placed.1).collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn longer_than_usual() {
        let check = |days: &[i64], today, expect: Option<(i64, i64, i64)>| {
            let found = overdue(days, today).map(|it| (it.since, it.usual, it.limit));
            assert_eq!(found, expect, "{days:?} {today}");
        };
        check(&[], 100, None);
        check(&[0, 30], 900, None);
        // Two intervals of 30 days: more than 60 is unusual, more than 180 is over.
        check(&[0, 30, 60], 120, None);
        check(&[0, 30, 60], 121, Some((61, 30, 60)));
        check(&[0, 30, 60], 240, Some((180, 30, 60)));
        check(&[0, 30, 60], 241, None);
        // The median of 10 and 25 is 17.5: twice that is 35.
        check(&[0, 10, 35], 71, Some((36, 17, 35)));
        // Intervals 10, 10, 10, 10, 20: the quantile lies 0.6 of the way from the fourth to the fifth, at 16.
        check(&[0, 10, 20, 30, 40, 60], 76, None);
        check(&[0, 10, 20, 30, 40, 60], 77, Some((17, 10, 16)));
        // Eleven intervals of 7 days: the eighth day is unusual.
        let weekly: Vec<i64> = (0..12).map(|week| week * 7).collect();
        check(&weekly, 77 + 7, None);
        check(&weekly, 77 + 8, Some((8, 7, 7)));
    }

    fn chance(customer: u8, margin: i64, kind: usize) -> Chance {
        let about = match ChanceKind::ALL[kind] {
            ChanceKind::AtRisk => About::Overdue(Overdue { since: 9, usual: 3, limit: 4 }),
            ChanceKind::Step => About::Step { discount: 1, rate: 20_000, missing: (0, Number::int(1)) },
            up => About::Class {
                up: up == ChanceKind::ClassUp,
                segment: 0,
                now: None,
                next: None,
                missing: None,
                by: None,
            },
        };
        Chance { customer: format!("c:{customer}"), margin: Money(margin), about }
    }

    proptest! {
        /// However threads divide it and however long its pages are, the list is the whole list in its order.
        #[test]
        fn pages_are_the_whole_list(
            found in prop::collection::btree_map((0u8..20, 0usize..4), -5i64..5, 0..60),
            limit in 1usize..9,
            threads in 1usize..4,
        ) {
            let all: Vec<Chance> = found.iter().map(|((customer, kind), margin)| chance(*customer, *margin, *kind)).collect();
            let mut expect = all.clone();
            expect.sort_by_key(Chance::place);
            let mut read = Vec::new();
            let mut after = None;
            loop {
                let empty = ChanceList::new(after, limit);
                let parts = (0..threads).map(|thread| {
                    let mut part = empty.clone();
                    all.iter().skip(thread).step_by(threads).for_each(|chance| part.push(chance.clone()));
                    part
                });
                let list = parts.reduce(ChanceList::merge).expect("a thread");
                prop_assert_eq!(list.counts.iter().sum::<u64>() as usize, all.len());
                let (page, next) = list.finish();
                prop_assert!(page.len() <= limit);
                read.extend(page);
                let Some(next) = next else { break };
                after = Place::read(&next.text());
                prop_assert_eq!(after.as_ref(), Some(&next));
            }
            prop_assert_eq!(read, expect);
        }
    }
}
