//! What is coming up: interactions and birthdays.

use chrono::{Datelike, Days, NaiveDate};

use super::start::App;
use crate::engine::anniversary;
use crate::model::{Customer, Interaction};
use crate::policy::Bundle;
use crate::store::{Failure, Listing, Read, Snapshot};
use crate::time::Instant;

/// Something that is coming up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgendaItem {
    /// A birthday, kept on the 28th where it is on 29 February and the year has none.
    Birthday {
        /// When the day begins.
        at: Instant,
        /// The day.
        on: NaiveDate,
        /// Whose.
        customer: Box<Customer>,
        /// How old the customer gets.
        age: i32,
    },
    /// An interaction that is planned or happened.
    Interaction {
        /// The interaction.
        interaction: Interaction,
        /// The name on the customer's card.
        name: Option<String>,
    },
}

impl AgendaItem {
    /// When it is.
    pub const fn at(&self) -> Instant {
        match self {
            Self::Birthday { at, .. } => *at,
            Self::Interaction { interaction, .. } => interaction.at,
        }
    }
}

/// Where a page of the agenda ends: an instant, and how many items of it were shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgendaPlace {
    /// The instant of the last item.
    pub at: Instant,
    /// How many items of this instant were shown so far.
    pub shown: usize,
}

/// A page of the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agenda {
    /// In order of time, birthdays first.
    pub items: Vec<AgendaItem>,
    /// Where it ends, if more follows.
    pub next: Option<AgendaPlace>,
}

impl App {
    /// Interactions within `from..until` and birthdays on its days, at most `limit` of them from a place on.
    pub fn agenda(
        &self,
        from: Instant,
        until: Instant,
        after: Option<AgendaPlace>,
        limit: usize,
    ) -> Result<Agenda, Failure> {
        let bundle = &self.active().bundle;
        let rows = &*self.store.snapshot();
        let start = after.map_or(from, |place| place.at);
        let skip = after.map_or(0, |place| place.shown);
        let mut items = birthdays(rows, bundle, from, until)?;
        items.retain(|item| after.is_none() || item.at() >= start);
        let most = limit.saturating_add(skip).saturating_add(1);
        // A page may begin with the birthdays of a day that began before `from`.
        for interaction in rows.interactions_between(start.max(from), until, most)? {
            let name = rows.customer(&interaction.customer)?.and_then(|card| card.name);
            items.push(AgendaItem::Interaction { interaction, name });
        }
        // Stable: birthdays stay first, and what shares an instant stays in the order it was written in.
        items.sort_by_key(AgendaItem::at);
        let mut rest = items.split_off(skip.min(items.len()));
        let more = rest.len() > limit;
        rest.truncate(limit);
        let next = rest.last().map(AgendaItem::at).filter(|_| more).map(|at| {
            let skipped = if at == start { skip } else { 0 };
            AgendaPlace { at, shown: skipped + rest.iter().filter(|item| item.at() == at).count() }
        });
        Ok(Agenda { items: rest, next })
    }
}

/// Birthdays on days that overlap `from..until`, in the zone's calendar, in order of the day, then of the id.
fn birthdays(rows: &Snapshot, bundle: &Bundle, from: Instant, until: Instant) -> Result<Vec<AgendaItem>, Failure> {
    if from >= until {
        return Ok(Vec::new());
    }
    let (first, last) = (bundle.zone.local(from).date(), bundle.zone.local(until.plus_micros(-1)).date());
    let mut items = Vec::new();
    let mut listing = Listing { limit: 1_000, ..Listing::default() };
    loop {
        let page = rows.customers(&listing)?;
        for card in page.items {
            let Some(birthday) = card.birthday else { continue };
            for year in first.year()..=last.year() {
                let age = year - birthday.year();
                let Some(on) = anniversary(birthday, year) else { continue };
                if age > 0 && first <= on && on <= last {
                    let (at, customer) = (bundle.zone.start_of(on), Box::new(card.clone()));
                    items.push(AgendaItem::Birthday { at, on, customer, age });
                }
            }
        }
        let Some(next) = page.next else { break };
        listing.after = Some(next);
    }
    items.sort_by_key(AgendaItem::at);
    Ok(items)
}

/// The start of the day that lies `days` days after the day of an instant, in the bundle's zone.
pub fn days_after(bundle: &Bundle, at: Instant, days: u64) -> Instant {
    let day = bundle.zone.local(at).date().checked_add_days(Days::new(days));
    day.map_or(Instant::MAX, |day| bundle.zone.start_of(day))
}
