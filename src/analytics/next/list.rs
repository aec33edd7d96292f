//! Chances, and the list of them: what is at stake decides who comes first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::overdue::Overdue;
use crate::money::{Money, Number, Rate};
use crate::time::Instant;

/// Why a customer is worth a thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChanceKind {
    /// A better class is within reach.
    ClassUp,
    /// The class will be lost.
    ClassLost,
    /// The usual interval between purchases has passed.
    AtRisk,
    /// The next step of a ladder is within reach.
    Step,
}

impl ChanceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ClassUp, Self::ClassLost, Self::AtRisk, Self::Step];

    /// The name in answers and questions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClassUp => "class_up",
            Self::ClassLost => "class_lost",
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
        /// The rate of the step.
        rate: Rate,
        /// What is missing of which metric.
        missing: (u16, Number),
    },
}

impl Chance {
    /// What kind of chance it is.
    pub const fn kind(&self) -> ChanceKind {
        match self.about {
            About::Class { up: true, .. } => ChanceKind::ClassUp,
            About::Class { up: false, .. } => ChanceKind::ClassLost,
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

    fn chance(customer: u8, margin: i64, kind: usize) -> Chance {
        let about = match ChanceKind::ALL[kind] {
            ChanceKind::AtRisk => About::Overdue(Overdue { since: 9, usual: 3, limit: 4 }),
            ChanceKind::Step => About::Step { discount: 1, rate: Rate::ONE, missing: (0, Number::int(1)) },
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
