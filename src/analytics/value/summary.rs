//! A base by rhythm: customers with the same (x, t_x, T) count as one with a weight.

use std::collections::HashMap;

use crate::metric::{Rhythm, Spend};
use crate::money::{Currency, Money, Number};

/// Customers with one rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Their rhythm.
    pub rhythm: Rhythm,
    /// How many they are.
    pub customers: u64,
}

/// A base by rhythm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    counts: HashMap<Rhythm, u64>,
}

impl Summary {
    /// Takes in one customer.
    pub fn push(&mut self, rhythm: Rhythm) {
        *self.counts.entry(rhythm).or_default() += 1;
    }

    /// Takes in what another scan found.
    pub fn merge(mut self, other: Self) -> Self {
        if self.counts.len() < other.counts.len() {
            return other.merge(self);
        }
        for (rhythm, customers) in other.counts {
            *self.counts.entry(rhythm).or_default() += customers;
        }
        self
    }

    /// The groups in their one order, so that sums over them are the same on every machine.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> =
            self.counts.iter().map(|(rhythm, customers)| Group { rhythm: *rhythm, customers: *customers }).collect();
        groups.sort_unstable_by_key(|group| group.rhythm);
        groups
    }
}

impl FromIterator<Rhythm> for Summary {
    fn from_iter<T: IntoIterator<Item = Rhythm>>(rhythms: T) -> Self {
        let mut summary = Self::default();
        rhythms.into_iter().for_each(|rhythm| summary.push(rhythm));
        summary
    }
}

/// The days on which one customer bought, in order, with what was spent on each: several purchases on one day are one
/// transaction, as in Fader and Hardie's papers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurchaseDays {
    days: Vec<(i32, i64)>,
}

impl PurchaseDays {
    /// Takes in a purchase on a day (counted from any fixed day) worth so many minor units. Purchases come in order.
    pub fn push(&mut self, day: i32, minor: i64) {
        match self.days.last_mut() {
            Some((last, sum)) if *last == day => *sum = sum.saturating_add(minor),
            _ => self.days.push((day, minor)),
        }
    }

    /// The rhythm of the purchases up to and including a day; absent where the first is later.
    pub fn rhythm(&self, until: i32) -> Option<Rhythm> {
        let (first, _) = *self.days.first().filter(|(day, _)| *day <= until)?;
        let known = self.known(until);
        let (last, _) = known.last().copied()?;
        Some(Rhythm {
            age: days_between(first, until),
            last: days_between(first, last),
            repeats: (known.len() - 1) as u32,
        })
    }

    /// The spend of the repeat purchases up to and including a day.
    pub fn spend(&self, until: i32, currency: Currency) -> Spend {
        let repeats = self.known(until).get(1..).unwrap_or_default();
        let sum: i128 = repeats.iter().map(|(_, minor)| i128::from(*minor)).sum();
        spend(Number::money(Money::from_wide(sum).unwrap_or_default(), currency), repeats.len() as u32)
    }

    /// On how many days after one and up to and including another something was bought.
    pub fn between(&self, after: i32, until: i32) -> u32 {
        (self.known(until).len() - self.known(after).len()) as u32
    }

    fn known(&self, until: i32) -> &[(i32, i64)] {
        &self.days[..self.days.partition_point(|(day, _)| *day <= until)]
    }
}

/// The average of so many repeat purchases, from their sum.
#[expect(clippy::float_arithmetic, reason = "a model's input")]
fn spend(sum: Number, repeats: u32) -> Spend {
    let mean = if repeats == 0 { 0.0 } else { sum.0 as f64 / 1e6 / f64::from(repeats) };
    Spend { repeats, mean }
}

fn days_between(from: i32, until: i32) -> u32 {
    u32::try_from(i64::from(until) - i64::from(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purchases_of_one_day_are_one() {
        let mut days = PurchaseDays::default();
        for (day, minor) in [(10, 500), (10, 100), (17, 200), (17, 300), (40, 1000)] {
            days.push(day, minor);
        }
        let check = |until, expect: Option<(u32, u32, u32)>| {
            let found = days.rhythm(until).map(|rhythm| (rhythm.repeats, rhythm.last, rhythm.age));
            assert_eq!(found, expect, "{until}");
        };
        check(9, None);
        check(10, Some((0, 0, 0)));
        check(20, Some((1, 7, 10)));
        check(40, Some((2, 30, 30)));
        let euro = Currency::from_code("EUR").expect("a currency");
        assert_eq!(days.spend(20, euro), Spend { repeats: 1, mean: 5.0 });
        assert_eq!(days.spend(41, euro), Spend { repeats: 2, mean: 7.5 });
        assert_eq!(days.between(10, 40), 2);
    }

    #[test]
    fn groups_are_in_one_order() {
        let rhythm = |repeats, last, age| Rhythm { age, last, repeats };
        let one: Summary = [rhythm(0, 0, 9), rhythm(2, 5, 9)].into_iter().collect();
        let other: Summary = [rhythm(2, 5, 9), rhythm(0, 0, 3)].into_iter().collect();
        let groups = one.clone().merge(other.clone()).groups();
        assert_eq!(groups, other.merge(one).groups());
        assert_eq!(groups.iter().map(|group| group.customers).collect::<Vec<_>>(), [1, 1, 2]);
    }
}
