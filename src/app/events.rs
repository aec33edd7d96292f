//! The events of one customer: from the accounts where these are exact, from the whole history otherwise.

use std::borrow::Cow;

use super::active::Active;
use crate::metric::{Correction, Event, History, Mark, Timelines};
use crate::money::Money;
use crate::policy::SegmentRule;
use crate::store::{CustomerRow, Failure, Read, StoreTimelines};
use crate::time::Instant;

/// The events of one customer, as they are known as of an instant.
pub(super) struct Events<'a, R: Read> {
    rows: &'a R,
    active: &'a Active,
    customer: &'a str,
    at: Instant,
    accounts: StoreTimelines<'a, R>,
    /// In place of the accounts, where they are not exact.
    whole: Option<History>,
}

impl<'a, R: Read> Events<'a, R> {
    /// Reads a bounded number of rows, unless `at` lies before a correction (a return, say) or the accounts of a
    /// filter are still being built: then the whole history is folded.
    pub fn of(rows: &'a R, active: &'a Active, customer: &'a str, at: Instant) -> Result<Self, Failure> {
        Self::from(rows, active, customer, at, rows.timelines(customer, &active.filters))
    }

    /// The same with a row that was read before, as in a scan.
    pub fn with_row(
        rows: &'a R,
        active: &'a Active,
        customer: &'a str,
        at: Instant,
        row: Cow<'a, CustomerRow>,
    ) -> Result<Self, Failure> {
        let accounts = rows.timelines(customer, &active.filters).with_row(row);
        Self::from(rows, active, customer, at, accounts)
    }

    fn from(
        rows: &'a R,
        active: &'a Active,
        customer: &'a str,
        at: Instant,
        mut accounts: StoreTimelines<'a, R>,
    ) -> Result<Self, Failure> {
        let exact = active.ready() && accounts.exact(at)?;
        let whole = if exact { None } else { Some(rows.history(customer, &active.bundle.filters, at)?) };
        Ok(Self { rows, active, customer, at, accounts, whole })
    }

    /// How far classes that are kept look back.
    fn kept_since(&self) -> Instant {
        let bundle = &self.active.bundle;
        let kept = bundle.segments.iter().filter_map(|segment| match segment.rule {
            SegmentRule::Thresholds { keep: Some(keep), .. } => Some(keep.before(self.at, bundle.zone)),
            _ => None,
        });
        kept.min().unwrap_or(self.at)
    }

    /// Everything before each of two earlier instants, as it was known at the second: what came back later is in it.
    pub fn known_then(&mut self, [first, then]: [Instant; 2]) -> Result<[Mark; 2], Failure> {
        if self.accounts.exact(then)? {
            return Ok([self.accounts.mark(None, first)?, self.accounts.mark(None, then)?]);
        }
        let mut history = self.rows.history(self.customer, &[], then)?;
        let mut mark = |before| history.mark(None, before).unwrap_or_else(|never| match never {});
        Ok([mark(first), mark(then)])
    }

    /// The cost of interactions at an instant or later, as they are known now.
    pub fn planned(&mut self, at: Instant) -> Result<Money, Failure> {
        let all = self.accounts.mark(None, Instant(i64::MAX))?.totals.service_cost;
        let before = self.accounts.mark(None, at)?.totals.service_cost;
        Ok(Money(all - before))
    }
}

impl<R: Read> Timelines for Events<'_, R> {
    type Error = Failure;

    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, Failure> {
        match &mut self.whole {
            Some(history) => history.mark(filter, before).map_err(|never| match never {}),
            None => self.accounts.mark(filter, before),
        }
    }

    fn first_purchase(&mut self, filter: Option<u16>) -> Result<Option<Instant>, Failure> {
        match &mut self.whole {
            Some(history) => history.first_purchase(filter).map_err(|never| match never {}),
            None => self.accounts.first_purchase(filter),
        }
    }

    fn corrections(&mut self, filter: Option<u16>) -> Result<Vec<Correction>, Failure> {
        if let Some(history) = &mut self.whole {
            return history.corrections(filter).map_err(|never| match never {});
        }
        // Sums as of now are exact; what they were before something came back long ago, the purchases know.
        if let Some(known) = self.accounts.came_back(filter, self.kept_since())? {
            return Ok(known);
        }
        let mut history = self.rows.history(self.customer, &self.active.bundle.filters, self.at)?;
        let found = history.corrections(filter).map_err(|never| match never {});
        self.whole = Some(history);
        found
    }

    fn events(&mut self, filter: Option<u16>, from: Instant, until: Instant) -> Result<Vec<Event>, Failure> {
        match &mut self.whole {
            Some(history) => history.events(filter, from, until).map_err(|never| match never {}),
            None => self.accounts.events(filter, from, until),
        }
    }
}
