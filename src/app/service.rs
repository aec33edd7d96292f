//! What serving a customer, a class or the base may cost, costs and brings.

use std::sync::Arc;

use super::active::Active;
use super::customer::known;
use super::events::Events;
use super::points::redeemable_points;
use super::scan::{Collect, scan};
use super::start::App;
use crate::analytics::{ServiceReport, ServiceTally};
use crate::engine::{Gather, ServiceStanding, budgets_read_cards, service_standing};
use crate::metric::{History, Timelines};
use crate::model::Customer;
use crate::money::Money;
use crate::policy::Bundle;
use crate::store::{Failure, FilterHash, Listing, Read, Snapshot};
use crate::time::Instant;

/// How the service of one customer stands.
#[derive(Debug, Clone)]
pub struct ServiceState {
    /// The bundle that says so.
    pub bundle: Arc<Bundle>,
    /// As of when. What happens at this very instant has happened.
    pub at: Instant,
    /// How it stands.
    pub standing: ServiceStanding,
}

impl App {
    /// How the service of a customer stands as of an instant, now where none is given; absent where nothing is known
    /// under this id.
    pub fn service_of(&self, customer: &str, at: Option<Instant>) -> Result<Option<ServiceState>, Failure> {
        let active = self.active();
        let rows = &*self.store.snapshot();
        if !known(rows, customer)? {
            return Ok(None);
        }
        let at = at.unwrap_or_else(|| self.clock.now());
        let standing = standing(rows, &active, customer, at)?;
        Ok(Some(ServiceState { bundle: Arc::clone(&active.bundle), at, standing }))
    }

    /// How the service of the base stands as of an instant; what happens at it has happened. Reads the whole base, on all
    /// processors; classes are read from the cut-offs in force.
    pub(super) fn service_report(&self, active: &Active, at: Instant) -> Result<ServiceReport, Failure> {
        let rows = &*self.store.snapshot();
        let empty = Served { rows, active, at, tally: ServiceTally::new(&active.bundle) };
        let mut served = scan(rows, active, &empty, just_after(at))?;
        served.take_idle()?;
        Ok(served.tally.report())
    }
}

/// Metrics see what lies strictly before an instant; whoever asks what is used of a budget means this instant too.
const fn just_after(at: Instant) -> Instant {
    Instant(at.0.saturating_add(1))
}

/// How the service of one customer stands as of an instant; the same on a snapshot and within a write.
pub(super) fn standing<R: Read>(
    rows: &R,
    active: &Active,
    customer: &str,
    at: Instant,
) -> Result<ServiceStanding, Failure> {
    let mut events = Events::of(rows, active, customer, just_after(at))?;
    let planned = events.planned(just_after(at))?;
    let person = person(rows, active, customer, at)?;
    read(active, person, planned, &mut events, at)
}

fn read<T: Timelines>(
    active: &Active,
    (customer, points): (Option<Customer>, i64),
    planned: Money,
    timelines: &mut T,
    at: Instant,
) -> Result<ServiceStanding, T::Error> {
    let cut_offs = &active.cut_offs;
    let given = Gather { customer, allowances: Vec::new(), points, cut_offs, at: just_after(at) };
    service_standing(&active.bundle, given, planned, timelines)
}

/// The card and the points of a customer, where a script settles the class and may read them.
fn person<R: Read>(rows: &R, active: &Active, customer: &str, at: Instant) -> Result<(Option<Customer>, i64), Failure> {
    if !budgets_read_cards(&active.bundle) {
        return Ok((None, 0));
    }
    let known = rows.customer(customer)?;
    let card = known.unwrap_or_else(|| Customer { id: customer.to_owned(), ..Customer::default() });
    let at = just_after(at);
    let points = if active.bundle.points.is_some() { redeemable_points(rows, customer, at, at)? } else { 0 };
    Ok((Some(card), points))
}

/// What a scan finds.
#[derive(Clone)]
struct Served<'a> {
    rows: &'a Snapshot,
    active: &'a Active,
    at: Instant,
    tally: ServiceTally,
}

impl Collect for Served<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let planned = events.planned(just_after(self.at))?;
        let person = person(self.rows, self.active, customer, self.at)?;
        self.tally.push(&read(self.active, person, planned, events, self.at)?, 1);
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        Self { tally: self.tally.merge(other.tally), ..self }
    }
}

impl Served<'_> {
    /// Takes in customers with a card who did nothing yet.
    fn take_idle(&mut self) -> Result<(), Failure> {
        if !budgets_read_cards(&self.active.bundle) {
            self.idle(None, self.rows.idle_customers()?);
            return Ok(());
        }
        // A script may tell one card from another.
        let mut listing = Listing { limit: 1_000, ..Listing::default() };
        loop {
            let page = self.rows.customers(&listing)?;
            for card in page.items {
                if self.rows.account(FilterHash::ALL, &card.id)?.is_none() {
                    self.idle(Some(card), 1);
                }
            }
            let Some(next) = page.next else { return Ok(()) };
            listing.after = Some(next);
        }
    }

    fn idle(&mut self, card: Option<Customer>, customers: u64) {
        let standing = read(self.active, (card, 0), Money::ZERO, &mut History::default(), self.at);
        self.tally.push(&standing.unwrap_or_else(|never| match never {}), customers);
    }
}
