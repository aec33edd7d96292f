//! What a replay counts, and how parts of it add up.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Neg, Sub};

use smallvec::SmallVec;

use crate::money::{Money, Rate};
use crate::time::Instant;

/// Sums over purchases, less what came back of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Purchases, those that came back in full among them.
    pub purchases: i64,
    /// Quantity × unit price.
    pub gross: Money,
    /// What was granted.
    pub discount: Money,
    /// Cost of goods.
    pub cost: Money,
    /// Points earned.
    pub points_issued: i64,
    /// Points that paid.
    pub points_redeemed: i64,
    /// What these were worth.
    pub points_paid: Money,
}

impl Figures {
    /// Gross less discount.
    pub fn net(&self) -> Money {
        self.gross - self.discount
    }

    /// Net less cost.
    pub fn margin(&self) -> Money {
        self.net() - self.cost
    }
}

impl Add for Figures {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Neg for Figures {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            purchases: -self.purchases,
            gross: -self.gross,
            discount: -self.discount,
            cost: -self.cost,
            points_issued: -self.points_issued,
            points_redeemed: -self.points_redeemed,
            points_paid: -self.points_paid,
        }
    }
}

impl Sub for Figures {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.purchases += other.purchases;
        self.gross += other.gross;
        self.discount += other.discount;
        self.cost += other.cost;
        self.points_issued += other.points_issued;
        self.points_redeemed += other.points_redeemed;
        self.points_paid += other.points_paid;
    }
}

/// What a discount, or a step of one, granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grants {
    /// On how many purchases.
    pub times: i64,
    /// How much, less what came back.
    pub amount: Money,
    /// What these purchases were worth before discounts, as they were bought.
    pub gross: Money,
}

impl AddAssign for Grants {
    fn add_assign(&mut self, other: Self) {
        self.times += other.times;
        self.amount += other.amount;
        self.gross += other.gross;
    }
}

/// What became of points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PointsFigures {
    /// What customers had when the window began, as far as it matters later.
    pub opening: i64,
    /// Earned by purchases.
    pub issued: i64,
    /// Taken back with goods.
    pub reversed: i64,
    /// Paid with, less what was given back.
    pub redeemed: i64,
    /// Nobody redeemed them in time.
    pub expired: i64,
}

impl PointsFigures {
    /// What customers still have.
    pub const fn outstanding(&self) -> i64 {
        self.opening + self.issued - self.reversed - self.redeemed - self.expired
    }
}

impl AddAssign for PointsFigures {
    fn add_assign(&mut self, other: Self) {
        self.opening += other.opening;
        self.issued += other.issued;
        self.reversed += other.reversed;
        self.redeemed += other.redeemed;
        self.expired += other.expired;
    }
}

/// Everything that one side counts.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// In all.
    pub total: Figures,
    /// By month, from the window's first.
    pub months: Vec<Figures>,
    /// Guests' share of the total.
    pub guests: Figures,
    /// By segment, by class; who has none comes last.
    pub classes: Vec<Vec<Figures>>,
    /// By discount.
    pub discounts: Vec<Grants>,
    /// By discount and rate.
    pub steps: BTreeMap<(u32, Rate), Grants>,
    /// By discount with a budget and start of a day: what was granted on it, less what came back.
    pub burned: BTreeMap<(u32, Instant), Money>,
    /// Points.
    pub points: PointsFigures,
    /// Purchases that got a discount.
    pub discounted: i64,
    /// Decisions in which a script failed.
    pub script_failures: i64,
}

impl Tally {
    /// An empty tally of so many months, classes per segment and discounts.
    pub(super) fn new(months: usize, classes: &[usize], discounts: usize) -> Self {
        Self {
            months: vec![Figures::default(); months],
            classes: classes.iter().map(|count| vec![Figures::default(); count + 1]).collect(),
            discounts: vec![Grants::default(); discounts],
            ..Self::default()
        }
    }

    /// Adds a purchase, or takes a part of one away.
    pub(super) fn add(&mut self, figures: Figures, month: usize, classes: &[Option<u16>], guest: bool) {
        self.total += figures;
        if guest {
            self.guests += figures;
        }
        if let Some(of_month) = self.months.get_mut(month) {
            *of_month += figures;
        }
        for (of_segment, class) in self.classes.iter_mut().zip(classes) {
            let last = of_segment.len() - 1;
            of_segment[class.map_or(last, |class| usize::from(class).min(last))] += figures;
        }
    }

    /// Takes in what another part counted.
    pub(super) fn merge(&mut self, other: Self) {
        self.total += other.total;
        self.guests += other.guests;
        self.points += other.points;
        self.discounted += other.discounted;
        self.script_failures += other.script_failures;
        self.months.iter_mut().zip(other.months).for_each(|(a, b)| *a += b);
        self.discounts.iter_mut().zip(other.discounts).for_each(|(a, b)| *a += b);
        for (mine, theirs) in self.classes.iter_mut().zip(other.classes) {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        }
        for (key, grants) in other.steps {
            *self.steps.entry(key).or_default() += grants;
        }
        for (key, amount) in other.burned {
            *self.burned.entry(key).or_default() += amount;
        }
    }
}

/// What one customer got on one side.
#[derive(Debug, Clone, Default)]
pub(super) struct Got {
    pub discount: Money,
    pub points: i64,
    /// By discount.
    pub by_discount: SmallVec<[(u32, Money); 2]>,
}

impl Got {
    pub fn add(&mut self, discount: u32, amount: Money) {
        match self.by_discount.iter_mut().find(|(known, _)| *known == discount) {
            Some((_, known)) => *known += amount,
            None => self.by_discount.push((discount, amount)),
        }
    }
}
