//! What every side decided, purchase by purchase, beside what was bought.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};

use super::back::share_of;
use super::base::{BackLine, Base};
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
    /// Where the lines of purchases begin of which something came back.
    lines_of: HashMap<u32, usize>,
    sides: Vec<Heard>,
    /// Whose classes are kept, and of which segment.
    classes_of: Option<(usize, u16)>,
}

#[derive(Debug)]
struct Heard {
    /// Whether it is what was really granted.
    recorded: bool,
    granted: Vec<AtomicI64>,
    /// Line by line of purchases of which something came back.
    lines: Vec<AtomicI64>,
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
    /// Whether it is a guest's.
    pub guest: bool,
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
        let (mut lines_of, mut lines) = (HashMap::new(), Vec::new());
        for part in &base.parts {
            if !go_on() {
                return None;
            }
            for at in 0..part.purchases.len() {
                places.insert(part.id_of(at), recorded.len() as u32);
                if part.purchases[at].comes_back() {
                    lines_of.insert(recorded.len() as u32, lines.len());
                    lines.extend(part.lines_of(at).map(|line| part.recorded_discount(line).0));
                }
                recorded.push(part.lines_of(at).map(|line| part.recorded_discount(line)).sum::<Money>().0);
            }
        }
        let heard = |policy: &Policy, granted: &i64| match policy.grants {
            Grants::Recorded => AtomicI64::new(*granted),
            Grants::Decide | Grants::Nothing => AtomicI64::new(0),
        };
        let side = |policy: &Policy| Heard {
            recorded: policy.grants == Grants::Recorded,
            granted: recorded.iter().map(|granted| heard(policy, granted)).collect(),
            lines: lines.iter().map(|granted| heard(policy, granted)).collect(),
            class: recorded.iter().map(|_| AtomicU16::new(NONE)).collect(),
        };
        Some(Self { base, places, lines_of, sides: policies.iter().map(side).collect(), classes_of })
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
                    courses.push(Course { purchases: vec![self.bought(part, first, at)], known: true, guest: true });
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
        let lines_back = part.returns_of(at as u32).iter().flat_map(|back| &back.lines);
        let (gross_back, cost_back) =
            lines_back.fold((Money::ZERO, Money::ZERO), |sums, line| (sums.0 + line.gross, sums.1 + line.cost));
        let kept = gross - gross_back;
        let place = first + at;
        // What was granted on a line comes back with its units.
        let back = |side: &Heard, from: usize, line: &BackLine| {
            let granted = side.lines.get(from + line.line as usize);
            let granted = granted.map_or(Money::ZERO, |granted| Money(granted.load(Ordering::Relaxed)));
            if side.recorded {
                return line.discount;
            }
            share_of(self.base, part, at as u32, line, granted)
        };
        let heard = |side: &Heard| {
            let granted = Money(side.granted[place].load(Ordering::Relaxed));
            let Some(from) = self.lines_of.get(&(place as u32)) else { return granted };
            let returns = part.returns_of(at as u32).iter().flat_map(|back| &back.lines);
            granted - returns.map(|line| back(side, *from, line)).sum::<Money>()
        };
        let seen = self.classes_of.and_then(|(side, _)| self.sides.get(side));
        let class = seen.map_or(NONE, |side| side.class[place].load(Ordering::Relaxed));
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
        if let Some(from) = self.lines_of.get(at) {
            for (known, line) in heard.lines[*from..].iter().zip(&decision.lines) {
                known.store(line.discount.0, Ordering::Relaxed);
            }
        }
        let segment = self.classes_of.filter(|(of, _)| *of == side).map(|(_, segment)| segment);
        if let Some(class) = segment.and_then(|segment| decision.classes.get(segment as usize).copied().flatten()) {
            heard.class[*at as usize].store(class, Ordering::Relaxed);
        }
    }
}
