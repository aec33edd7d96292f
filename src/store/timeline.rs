//! Reading a customer's events in a bounded number of rows, however long the history is.

use std::borrow::Cow;
use std::ops::Bound;

use super::codec::{Account, Chunk, CustomerRow, decode};
use super::failure::Failure;
use super::filters::FilterHash;
use super::key::Key;
use super::read::Read;
use super::table::Table;
use crate::metric::{Correction, Event, Mark, Timelines};
use crate::time::Instant;

/// The events of one customer, read from accounts and chunks. The row of accounts is read once.
pub struct StoreTimelines<'a, R: Read + ?Sized> {
    rows: &'a R,
    customer: &'a str,
    filters: &'a [FilterHash],
    /// Read when first needed.
    row: Option<Cow<'a, CustomerRow>>,
    /// What a customer has who did nothing that a filter lets pass.
    none: Account,
}

impl<'a, R: Read + ?Sized> StoreTimelines<'a, R> {
    /// The events of a customer; `filters` are the hashes of the bundle's filters.
    pub fn new(rows: &'a R, customer: &'a str, filters: &'a [FilterHash]) -> Self {
        Self { rows, customer, filters, row: None, none: Account::default() }
    }

    /// The same with a row that was read before, as in a scan.
    pub fn with_row(mut self, row: Cow<'a, CustomerRow>) -> Self {
        self.row = Some(row);
        self
    }

    /// Whether metrics as of `at` are exact: nothing that was known then was corrected at or after it.
    ///
    /// Where they are not, [`Read::history`] is.
    pub fn exact(&mut self, at: Instant) -> Result<bool, Failure> {
        self.load()?;
        Ok(self.account(FilterHash::ALL).corrected_at.is_none_or(|corrected| corrected < at))
    }

    /// What came back at an instant or later, as it is known now; absent where only [`Read::history`] knows.
    pub fn came_back(&mut self, filter: Option<u16>, from: Instant) -> Result<Option<Vec<Correction>>, Failure> {
        self.load()?;
        let (Some(row), Some(hash)) = (&self.row, self.hash(filter)) else { return Ok(Some(Vec::new())) };
        Ok(row.came_back.since(hash, from))
    }

    fn load(&mut self) -> Result<(), Failure> {
        if self.row.is_none() {
            self.row = Some(self.rows.customer_row(self.customer)?.unwrap_or_default());
        }
        Ok(())
    }

    /// An account, once the row is loaded.
    fn account(&self, filter: FilterHash) -> &Account {
        self.row.as_ref().and_then(|row| row.account(filter)).unwrap_or(&self.none)
    }

    fn hash(&self, filter: Option<u16>) -> Option<FilterHash> {
        filter.map_or(Some(FilterHash::ALL), |at| self.filters.get(at as usize).copied())
    }
}

impl<R: Read + ?Sized> Timelines for StoreTimelines<'_, R> {
    type Error = Failure;

    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, Failure> {
        let Some(hash) = self.hash(filter) else { return Ok(Mark::default()) };
        self.load()?;
        let account = self.account(hash);
        let in_tail = account.tail.first().is_none_or(|first| first.at < before);
        if in_tail || account.older == 0 {
            return Ok(mark_before(account.spilled, &account.tail, before));
        }
        let chunk = last_chunk_before(self.rows, hash, self.customer, &Key::new().instant(before))?;
        Ok(chunk.map_or_else(Mark::default, |chunk| mark_before(chunk.before, &chunk.events, before)))
    }

    fn first_purchase(&mut self, filter: Option<u16>) -> Result<Option<Instant>, Failure> {
        let Some(hash) = self.hash(filter) else { return Ok(None) };
        self.load()?;
        Ok(self.account(hash).first_purchase)
    }

    /// None: an account says what is left of its events, and for whom that is not enough reads the whole history.
    fn corrections(&mut self, _: Option<u16>) -> Result<Vec<Correction>, Failure> {
        Ok(Vec::new())
    }

    fn events(&mut self, filter: Option<u16>, from: Instant, until: Instant) -> Result<Vec<Event>, Failure> {
        let Some(hash) = self.hash(filter) else { return Ok(Vec::new()) };
        self.load()?;
        let account = self.account(hash);
        let mut events = Vec::new();
        // Older events matter only where the tail does not reach back far enough.
        if account.tail.first().is_some_and(|first| first.at >= from) {
            let prefix = hash.key().text(self.customer);
            let end = prefix.clone().instant(until);
            // The chunk before the first that starts in time may still end in it.
            let before = prefix.clone().instant(from);
            let mut earlier = self.rows.between(
                Table::Chunks,
                Bound::Included(prefix.as_bytes()),
                Bound::Excluded(before.as_bytes()),
            )?;
            let start = earlier.next_back().transpose()?.map(|(key, _)| Key::new().bytes(key.value()));
            let start = start.unwrap_or(before);
            if start < end {
                let range = self.rows.between(
                    Table::Chunks,
                    Bound::Included(start.as_bytes()),
                    Bound::Excluded(end.as_bytes()),
                )?;
                for row in range {
                    events.extend(decode::<Chunk>(row?.1.value())?.events);
                }
            }
        }
        events.extend_from_slice(&account.tail);
        events.retain(|event| from <= event.at && event.at < until);
        Ok(events)
    }
}

fn mark_before(mark: Mark, events: &[Event], before: Instant) -> Mark {
    events.iter().take_while(|event| event.at < before).fold(mark, |mark, event| mark.take(event))
}

/// The last chunk that starts before a place: an instant, perhaps with a sequence.
pub(super) fn last_chunk_before(
    rows: &(impl Read + ?Sized),
    filter: FilterHash,
    customer: &str,
    place: &Key,
) -> Result<Option<Chunk>, Failure> {
    let prefix = filter.key().text(customer);
    let end = prefix.clone().bytes(place.as_bytes());
    let mut range = rows.between(Table::Chunks, Bound::Included(prefix.as_bytes()), Bound::Excluded(end.as_bytes()))?;
    range.next_back().map(|row| decode(row?.1.value())).transpose()
}
