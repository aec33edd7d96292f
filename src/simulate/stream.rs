//! What every side decided, purchase by purchase, beside what was bought.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};

use super::base::Base;
use super::part::Watch;
use super::side::{Grants, Policy};
use crate::model::Decision;
use crate::money::Money;
use crate::time::Instant;

/// Hears all decisions of a replay and keeps what they granted.
#[derive(Debug)]
pub struct Stream<'a> {
    base: &'a Base,
    /// Where a purchase is among all of them.
    places: HashMap<&'a str, u32>,
    sides: Vec<Heard>,
    /// Whose classes are kept, and of which segment.
    classes_of: Option<(usize, u16)>,
}

#[derive(Debug)]
struct Heard {
    granted: Vec<AtomicI64>,
    class: Vec<AtomicU16>,
}

/// Stands for no class.
const NONE: u16 = u16::MAX;

/// A customer's purchases in order of time, or one of a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// The purchases within the window.
    pub purchases: Vec<Bought>,
    /// Whether the customer may have bought before the window.
    pub known: bool,
}

/// A purchase, less what came back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bought {
    /// When.
    pub at: Instant,
    /// Before discounts.
    pub gross: Money,
    /// Cost of goods.
    pub cost: Money,
    /// The class at that time, as the side saw it that was asked for it.
    pub class: Option<u16>,
    /// By side, what was granted.
    pub granted: Vec<Money>,
}

impl<'a> Stream<'a> {
    /// Ready to hear a replay of these policies; classes are those that one side, which decides, sees of a segment. `None`
    /// where it was stopped.
    pub fn new(
        base: &'a Base,
        policies: &[Policy],
        classes_of: Option<(usize, u16)>,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let mut places = HashMap::new();
        let mut recorded = Vec::new();
        for part in &base.parts {
            if !go_on() {
                return None;
            }
            for at in 0..part.purchases.len() {
                places.insert(part.id_of(at), recorded.len() as u32);
                recorded.push(part.lines_of(at).map(|line| part.recorded_discount(line)).sum::<Money>().0);
            }
        }
        let side = |policy: &Policy| Heard {
            granted: recorded
                .iter()
                .map(|granted| AtomicI64::new(if policy.grants == Grants::Recorded { *granted } else { 0 }))
                .collect(),
            class: recorded.iter().map(|_| AtomicU16::new(NONE)).collect(),
        };
        Some(Self { base, places, sides: policies.iter().map(side).collect(), classes_of })
    }

    /// What customers bought within a window, and what each side granted on it. `None` where it was stopped.
    pub fn courses(&self, window: (Instant, Instant), go_on: &dyn Fn() -> bool) -> Option<Vec<Course>> {
        let mut courses = Vec::new();
        let mut first = 0;
        for part in &self.base.parts {
            if !go_on() {
                return None;
            }
            for customer in 0..part.customers.len() as u32 {
                let mut course = Course::default();
                for at in part.purchases_of(customer) {
                    let bought = &part.purchases[at];
                    if bought.at < window.0 {
                        course.known = true;
                    } else if bought.at < window.1 {
                        course.purchases.push(self.bought(part, first, at));
                    }
                }
                courses.push(course);
            }
            // Nobody knows which purchases of guests belong together.
            for at in part.purchases_of_customers()..part.purchases.len() {
                if (window.0..window.1).contains(&part.purchases[at].at) {
                    courses.push(Course { purchases: vec![self.bought(part, first, at)], known: true });
                }
            }
            first += part.purchases.len();
        }
        Some(courses)
    }

    fn bought(&self, part: &super::base::Part, first: usize, at: usize) -> Bought {
        let articles = part.articles_of(at).iter().map(|article| &self.base.articles[*article as usize]);
        let (gross, cost) =
            articles.fold((Money::ZERO, Money::ZERO), |sums, article| (sums.0 + article.gross, sums.1 + article.cost));
        let back = part.returns_of(at as u32).iter().flat_map(|back| &back.lines);
        let (gross_back, cost_back) =
            back.fold((Money::ZERO, Money::ZERO), |sums, line| (sums.0 + line.gross, sums.1 + line.cost));
        let kept = gross - gross_back;
        // What was granted comes back with the goods, in proportion.
        let share = |granted: Money| match gross.0 {
            0 => Money::ZERO,
            whole => Money((granted.wide() * kept.wide() / i128::from(whole)) as i64),
        };
        let heard = |side: &Heard| share(Money(side.granted[first + at].load(Ordering::Relaxed)));
        let seen = self.classes_of.and_then(|(side, _)| self.sides.get(side));
        let class = seen.map_or(NONE, |side| side.class[first + at].load(Ordering::Relaxed));
        Bought {
            at: part.purchases[at].at,
            gross: kept,
            cost: cost - cost_back,
            class: (class != NONE).then_some(class),
            granted: self.sides.iter().map(heard).collect(),
        }
    }
}

impl Watch for Stream<'_> {
    fn decided(&self, side: usize, purchase: &str, decision: &Decision) {
        let (Some(at), Some(heard)) = (self.places.get(purchase), self.sides.get(side)) else { return };
        heard.granted[*at as usize].store(decision.totals.discount.0, Ordering::Relaxed);
        let segment = self.classes_of.filter(|(of, _)| *of == side).map(|(_, segment)| segment);
        if let Some(class) = segment.and_then(|segment| decision.classes.get(segment as usize).copied().flatten()) {
            heard.class[*at as usize].store(class, Ordering::Relaxed);
        }
    }
}
