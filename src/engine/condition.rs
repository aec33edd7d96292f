//! Conditions: whether they hold, and what was found.

use crate::id::Name;
use crate::model::{Attribute, Basket, Because, Facts, Reason};
use crate::money::Number;
use crate::policy::{Condition, Discount, Validity};
use crate::time::Duration;
use chrono::{Datelike, Days, Months, NaiveDate};

use super::price::Priced;
use crate::model::Invalid;

/// The trace while a decision is made. What speaks for a discount is kept until something speaks against it.
pub(super) struct Trace {
    /// What is kept.
    pub kept: Vec<Reason>,
    /// Where the reasons of the discount that is looked at start.
    start: usize,
    /// Whether anything speaks against it so far.
    failed: bool,
    /// Only what is decided is wanted, and no reasons but of scripts that failed.
    brief: bool,
}

impl Trace {
    pub fn new(discounts: usize) -> Self {
        Self { kept: Vec::with_capacity(2 * discounts), start: 0, failed: false, brief: false }
    }

    /// A trace for whom only what is decided is wanted; what is kept all the same goes into an empty list.
    pub const fn brief(kept: Vec<Reason>) -> Self {
        Self { kept, start: 0, failed: false, brief: true }
    }

    /// Whether no reasons are wanted.
    pub const fn is_brief(&self) -> bool {
        self.brief
    }

    /// Turns to the next discount.
    pub const fn begin(&mut self) {
        self.start = self.kept.len();
        self.failed = false;
    }

    /// Something speaks for the discount.
    #[inline(always)]
    pub fn holds(&mut self, reason: impl FnOnce() -> Reason) {
        self.note(true, reason);
    }

    /// Something speaks against it. All of it is kept, so that a no can name all its causes.
    #[inline(always)]
    pub fn fails(&mut self, reason: impl FnOnce() -> Reason) {
        self.note(false, reason);
    }

    /// Something speaks for it or against it.
    #[inline(always)]
    pub fn note(&mut self, holds: bool, reason: impl FnOnce() -> Reason) {
        if holds && self.failed {
            return;
        }
        if !holds {
            self.fail();
        }
        if !self.brief {
            self.keep(reason);
        }
    }

    /// A script failed: kept in any case.
    pub fn breaks(&mut self, reason: Reason) {
        self.fail();
        self.kept.push(reason);
    }

    #[inline(always)]
    fn fail(&mut self) {
        if !self.failed {
            self.failed = true;
            self.kept.truncate(self.start);
        }
    }

    /// Keeps a reason that is made in its place: one that is made elsewhere and moved at once makes the processor wait.
    #[inline(always)]
    fn keep(&mut self, reason: impl FnOnce() -> Reason) {
        self.kept.push(Reason::Always);
        if let Some(place) = self.kept.last_mut() {
            *place = reason();
        }
    }

    /// Whether anything speaks against it so far.
    pub const fn failed(&self) -> bool {
        self.failed
    }

    /// Whether more reasons would make no difference.
    pub const fn settled(&self) -> bool {
        self.brief && self.failed
    }

    /// What was found against the discount, or for it where nothing was.
    pub fn end(&mut self) -> Because {
        if self.kept.len() == self.start {
            self.holds(|| Reason::Always);
        }
        Because { start: self.start as u32, end: self.kept.len() as u32 }
    }

    /// A discount that looked well is refused after all.
    pub fn refuse(&mut self, reason: Reason) -> Because {
        self.begin();
        self.fails(|| reason);
        self.end()
    }

    /// Slices end where what earlier discounts left of the basket ends.
    pub fn sliced(&mut self, because: Because, ends: Number) {
        for reason in self.kept.get_mut(because.start as usize..because.end as usize).unwrap_or_default() {
            if let Reason::Slices { until, .. } = reason {
                *until = ends;
            }
        }
    }

    /// The same reasons and one more.
    pub fn extended(&mut self, because: Because, reason: Reason) -> Because {
        if self.brief {
            return because;
        }
        self.begin();
        self.kept.extend_from_within(because.start as usize..because.end as usize);
        self.kept.push(reason);
        self.end()
    }
}

/// Checks every condition of a map.
pub(super) fn check_all(conditions: &[Condition], facts: &Facts, basket: &Basket, priced: &Priced, trace: &mut Trace) {
    if trace.is_brief() {
        trace.failed |= !all_hold(conditions, facts, basket, priced);
        return;
    }
    for (at, condition) in conditions.iter().enumerate() {
        check(at as u16, condition, facts, basket, priced, trace);
    }
}

/// Whether all hold, without saying why.
pub(super) fn all_hold(conditions: &[Condition], facts: &Facts, basket: &Basket, priced: &Priced) -> bool {
    conditions.iter().all(|condition| holds(condition, facts, basket, priced))
}

/// Whether those on classes and metrics hold: all that is known without a basket and the card.
pub(super) fn known_hold(conditions: &[Condition], facts: &Facts) -> bool {
    let known = |condition: &&Condition| matches!(condition, Condition::Class { .. } | Condition::Metric { .. });
    let (basket, priced) = (Basket::default(), Priced::default());
    conditions.iter().filter(known).all(|condition| holds(condition, facts, &basket, &priced))
}

#[inline]
fn holds(condition: &Condition, facts: &Facts, basket: &Basket, priced: &Priced) -> bool {
    match condition {
        Condition::Class { segment, classes } => {
            facts.classes[*segment as usize].is_some_and(|class| classes.contains(&class))
        }
        Condition::Metric { metric, bounds } => {
            facts.metrics[*metric as usize].is_some_and(|value| bounds.hold(&value))
        }
        Condition::BasketGross(bounds) => bounds.hold(&priced.total),
        Condition::BasketQuantity(bounds) => bounds.hold(&priced.quantity()),
        Condition::BirthdayWithin(duration) => {
            birthday(facts).is_some_and(|day| birthday_within(day, facts.local.date(), *duration))
        }
        Condition::Attribute { name, values } => attribute(facts, name).is_some_and(|found| is_one_of(found, values)),
        Condition::Code(code) => basket.codes.iter().any(|given| given.as_ref() == code.as_ref()),
    }
}

/// Notes what was found by the condition at a place. Each kind is noted on its own, so that a reason is written where it
/// stays and not copied there.
#[inline]
fn check(at: u16, condition: &Condition, facts: &Facts, basket: &Basket, priced: &Priced, trace: &mut Trace) {
    let holds = holds(condition, facts, basket, priced);
    match condition {
        Condition::Class { segment, .. } => {
            let class = facts.classes[*segment as usize];
            trace.note(holds, || Reason::Class { condition: at, segment: *segment, class, holds });
        }
        Condition::Metric { metric, .. } => {
            let value = facts.metrics[*metric as usize];
            trace.note(holds, || Reason::Metric { condition: at, metric: *metric, value, holds });
        }
        Condition::BasketGross(_) => {
            trace.note(holds, || Reason::BasketGross { condition: at, value: priced.total, holds });
        }
        Condition::BasketQuantity(_) => {
            trace.note(holds, || Reason::BasketQuantity { condition: at, value: priced.quantity(), holds });
        }
        Condition::BirthdayWithin(_) => {
            trace.note(holds, || Reason::Birthday { condition: at, known: birthday(facts).is_some(), holds });
        }
        Condition::Attribute { name, .. } => {
            trace.note(holds, || {
                let value = attribute(facts, name).map(ToString::to_string);
                Reason::Attribute { condition: at, value, holds }
            });
        }
        Condition::Code(_) => trace.note(holds, || Reason::Code { condition: at, holds }),
    }
}

fn birthday(facts: &Facts) -> Option<NaiveDate> {
    facts.customer.as_ref().and_then(|card| card.birthday)
}

fn attribute<'f>(facts: &'f Facts, name: &str) -> Option<&'f Attribute> {
    facts.customer.as_ref().and_then(|card| card.attributes.get(name))
}

fn is_one_of(found: &Attribute, values: &[Name]) -> bool {
    match found {
        Attribute::Text(text) => values.iter().any(|value| value.as_ref() == text),
        Attribute::Number(_) | Attribute::Bool(_) => {
            let text = found.to_string();
            values.iter().any(|value| value.as_ref() == text)
        }
    }
}

/// The day on which a birthday is kept in a year: one on 29 February on the 28th where the year has no 29th.
pub fn anniversary(birthday: NaiveDate, year: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, birthday.month(), birthday.day())
        .or_else(|| NaiveDate::from_ymd_opt(year, birthday.month(), 28))
}

/// Whether a birthday falls on a day at most this long before or after `today`.
fn birthday_within(birthday: NaiveDate, today: NaiveDate, within: Duration) -> bool {
    (-1..=1).any(|shift| {
        let year = today.year() + shift;
        let Some(anniversary) = anniversary(birthday, year) else { return false };
        let (first, last) = match within {
            Duration::Days(days) => {
                let days = Days::new(u64::from(days));
                (anniversary.checked_sub_days(days), anniversary.checked_add_days(days))
            }
            Duration::Months(months) => {
                let months = Months::new(months);
                (anniversary.checked_sub_months(months), anniversary.checked_add_months(months))
            }
        };
        first.is_none_or(|first| first <= today) && last.is_none_or(|last| today <= last)
    })
}

/// Why a discount is not valid now, if it is not.
pub(super) fn invalid(valid: &Validity, facts: &Facts) -> Option<Invalid> {
    if valid.from.is_some_and(|from| facts.at < from) {
        return Some(Invalid::NotYet);
    }
    if valid.until.is_some_and(|until| facts.at >= until) {
        return Some(Invalid::Over);
    }
    if !valid.weekdays.is_empty() && !valid.weekdays.contains(&facts.local.weekday()) {
        return Some(Invalid::Weekday);
    }
    let (from, until) = valid.hours?;
    let now = facts.local.time();
    let inside = if from < until { from <= now && now < until } else { from <= now || now < until };
    (!inside).then_some(Invalid::Hour)
}

/// Whether the limits on uses leave any, and whether a guest can be counted at all.
pub(super) fn uses_spent(discount: &Discount, slot: usize, facts: &Facts) -> Option<Reason> {
    let allowance = facts.allowances.get(slot).copied().unwrap_or_default();
    if discount.uses_per_customer.is_some() && facts.customer.is_none() {
        return Some(Reason::GuestsHaveNoUses);
    }
    if allowance.customer_uses == Some(0) {
        return Some(Reason::CustomerUsesSpent);
    }
    (allowance.total_uses == Some(0)).then_some(Reason::TotalUsesSpent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birthdays_are_counted_day_by_day_across_years() {
        let check = |birthday: &str, today: &str, within: &str, expect: bool| {
            let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
            let within = Duration::parse(within).expect("a duration");
            assert_eq!(birthday_within(day(birthday), day(today), within), expect, "{birthday} {today} {within}");
        };
        check("1990-03-08", "2026-03-01", "7 days", true);
        check("1990-03-09", "2026-03-01", "7 days", false);
        check("1990-02-22", "2026-03-01", "7 days", true);
        check("1990-12-30", "2026-01-02", "7 days", true);
        check("1990-01-02", "2026-12-30", "7 days", true);
        check("1992-02-29", "2026-02-28", "1 day", true);
        check("1992-02-29", "2026-03-02", "1 day", false);
        check("1990-03-31", "2026-03-01", "1 month", true);
    }
}
