//! Writing a customer's events: the newest in the account's row, older ones in chunks behind it.

use std::ops::Bound;

use thiserror::Error;

use super::batch::Batch;
use super::codec::{Account, Chunk, decode};
use super::failure::Failure;
use super::filters::FilterHash;
use super::key::Key;
use super::table::{Rows, Table};
use crate::metric::{Event, Mark};
use crate::time::Instant;

/// The most events of an account's tail, and of a chunk.
pub const MOST_EVENTS: usize = 32;
/// How many events move at once.
const HALF: usize = MOST_EVENTS / 2;

/// Why an event cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// A sum over the customer's events would no longer fit.
    #[error("the customer's sums would be too large")]
    OutOfRange,
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Batch<'_> {
    /// Puts an event into its place in time; one with the same instant and sequence is replaced.
    ///
    /// The newest event changes one row; an old one rewrites what comes after it. `corrected_at` is when a known
    /// event was corrected, for one that is replaced. An error leaves the account half written, so the job must
    /// refuse with it.
    pub fn put_event(
        &mut self,
        filter: FilterHash,
        customer: &str,
        event: Event,
        corrected_at: Option<Instant>,
    ) -> Result<(), AccountError> {
        self.put_events(filter, customer, &[event], corrected_at)
    }

    /// The same for many events of one account, which is read and written once.
    pub fn put_events(
        &mut self,
        filter: FilterHash,
        customer: &str,
        events: &[Event],
        corrected_at: Option<Instant>,
    ) -> Result<(), AccountError> {
        // Taken out and put back: chunks are written in between.
        let mut account = std::mem::take(self.customer_row_mut(customer)?.account_mut(filter));
        account.corrected_at = account.corrected_at.max(corrected_at);
        for event in events {
            let in_tail = account.older == 0 || account.tail.first().is_none_or(|first| place(first) <= place(event));
            if in_tail {
                put(&mut account.tail, *event);
                if account.spilled.last_purchase.is_none() {
                    account.first_purchase = first_purchase(&account.tail);
                }
            } else {
                account.first_purchase = self.put_older(filter, customer, &mut account, *event)?;
            }
            if account.tail.len() > MOST_EVENTS {
                self.spill(filter, customer, &mut account)?;
            }
        }
        sum(account.spilled, &account.tail)?;
        *self.customer_row_mut(customer)?.account_mut(filter) = account;
        Ok(())
    }

    /// Moves the older half of the tail into a chunk.
    fn spill(&mut self, filter: FilterHash, customer: &str, account: &mut Account) -> Result<(), AccountError> {
        let newer = account.tail.split_off(HALF);
        let events = std::mem::replace(&mut account.tail, newer);
        account.older += events.len() as u64;
        let after = sum(account.spilled, &events)?;
        let chunk = Chunk { before: std::mem::replace(&mut account.spilled, after), events };
        Ok(self.put_chunk(filter, customer, &chunk)?)
    }

    /// Puts an event among the chunks and mends those after it. The account's first purchase.
    fn put_older(
        &mut self,
        filter: FilterHash,
        customer: &str,
        account: &mut Account,
        event: Event,
    ) -> Result<Option<Instant>, AccountError> {
        let mut chunks = self.chunks_from(filter, customer, &event)?;
        let Some(changed) = chunks.first_mut() else {
            let why = format!("{} older events of `{customer}` are missing", account.older);
            return Err(Failure::Damaged { what: "account", why }.into());
        };
        let old_key = chunk_key(filter, customer, changed);
        if put(&mut changed.events, event) {
            account.older += 1;
        }
        if chunk_key(filter, customer, changed) != old_key {
            self.remove(Table::Chunks, old_key)?;
        }
        if changed.events.len() > MOST_EVENTS {
            let events = changed.events.split_off(HALF);
            chunks.insert(1, Chunk { before: Mark::default(), events });
        }
        let start = chunks[0].before;
        let mut mark = start;
        for chunk in &mut chunks {
            chunk.before = mark;
            mark = sum(mark, &chunk.events)?;
            self.put_chunk(filter, customer, chunk)?;
        }
        account.spilled = mark;
        if start.last_purchase.is_some() {
            // The first purchase lies before all of these.
            return Ok(account.first_purchase);
        }
        Ok(first_purchase(chunks.iter().flat_map(|chunk| &chunk.events).chain(&account.tail)))
    }

    /// The chunk an older event belongs to, and all after it.
    fn chunks_from(&self, filter: FilterHash, customer: &str, event: &Event) -> Result<Vec<Chunk>, Failure> {
        let prefix = filter.key().text(customer);
        let here = prefix.clone().instant(event.at).number(event.sequence);
        let mut until_here =
            self.between(Table::Chunks, Bound::Included(prefix.as_bytes()), Bound::Included(here.as_bytes()))?;
        let last = until_here.next_back().transpose()?.map(|(key, _)| Key::new().bytes(key.value()));
        // An event before all others joins the first chunk.
        let start = last.unwrap_or_else(|| prefix.clone());
        let end = prefix.after();
        let until = end.as_ref().map_or(Bound::Unbounded, |end| Bound::Excluded(end.as_bytes()));
        let range = self.between(Table::Chunks, Bound::Included(start.as_bytes()), until)?;
        range.map(|row| decode(row?.1.value())).collect()
    }

    fn put_chunk(&mut self, filter: FilterHash, customer: &str, chunk: &Chunk) -> Result<(), Failure> {
        self.put(Table::Chunks, chunk_key(filter, customer, chunk), chunk)
    }

    /// Writes an account from scratch. The events are in order of time and sequence.
    pub fn rebuild_account(
        &mut self,
        filter: FilterHash,
        customer: &str,
        events: Vec<Event>,
        corrected_at: Option<Instant>,
    ) -> Result<(), AccountError> {
        self.remove_account(filter, customer)?;
        self.put_account(filter, customer, &events, corrected_at)
    }

    /// Writes an account where there is none. The events are in order of time and sequence.
    pub(super) fn put_account(
        &mut self,
        filter: FilterHash,
        customer: &str,
        events: &[Event],
        corrected_at: Option<Instant>,
    ) -> Result<(), AccountError> {
        if events.is_empty() {
            return Ok(());
        }
        let first_purchase = first_purchase(events);
        let mut account = Account { corrected_at, first_purchase, ..Account::default() };
        let mut rest = events;
        while rest.len() > MOST_EVENTS {
            let (events, newer) = rest.split_at(HALF);
            let chunk = Chunk { before: account.spilled, events: events.to_vec() };
            account.spilled = sum(account.spilled, events)?;
            account.older += events.len() as u64;
            self.put_chunk(filter, customer, &chunk)?;
            rest = newer;
        }
        sum(account.spilled, rest)?;
        account.tail = rest.to_vec();
        *self.customer_row_mut(customer)?.account_mut(filter) = account;
        Ok(())
    }

    fn remove_account(&mut self, filter: FilterHash, customer: &str) -> Result<(), Failure> {
        for chunk in self.keys(Table::Chunks, &filter.key().text(customer))? {
            self.remove(Table::Chunks, chunk)?;
        }
        let row = self.customer_row_mut(customer)?;
        row.accounts.retain(|(known, _)| *known != filter);
        row.came_back.known.retain(|took| took.filter != filter);
        Ok(())
    }

    /// Gives the accounts of all filters, and the lots of points, to another customer, who has none.
    pub(super) fn move_accounts(&mut self, from: &str, to: &str) -> Result<(), Failure> {
        let Some(row) = self.remove_customer_row(from)? else { return Ok(()) };
        for (filter, _) in &row.accounts {
            let (old, new) = (filter.key().text(from), filter.key().text(to));
            for key in self.keys(Table::Chunks, &old)? {
                let moved = new.clone().bytes(&key.as_bytes()[old.as_bytes().len()..]);
                self.move_row(Table::Chunks, key, moved)?;
            }
        }
        *self.customer_row_mut(to)? = row;
        Ok(())
    }

    pub(super) fn move_row(&mut self, table: Table, from: Key, to: Key) -> Result<(), Failure> {
        if let Some(value) = self.remove(table, from)? {
            self.put_bytes(table, to, &value)?;
        }
        Ok(())
    }

    /// The keys that start with a prefix.
    pub(super) fn keys(&self, table: Table, prefix: &Key) -> Result<Vec<Key>, Failure> {
        self.starting(table, prefix)?.map(|row| Ok(Key::new().bytes(row?.0.value()))).collect()
    }
}

fn chunk_key(filter: FilterHash, customer: &str, chunk: &Chunk) -> Key {
    let (at, sequence) = chunk.events.first().map(place).unwrap_or_default();
    filter.key().text(customer).instant(at).number(sequence)
}

const fn place(event: &Event) -> (Instant, u64) {
    (event.at, event.sequence)
}

/// Puts an event into its place; whether it was new.
fn put(events: &mut Vec<Event>, event: Event) -> bool {
    match events.binary_search_by_key(&place(&event), place) {
        Ok(at) => {
            events[at] = event;
            false
        }
        Err(at) => {
            events.insert(at, event);
            true
        }
    }
}

fn first_purchase<'e>(events: impl IntoIterator<Item = &'e Event>) -> Option<Instant> {
    events.into_iter().find(|event| event.adds.purchases > 0).map(|event| event.at)
}

/// The mark after these events, if all sums up to there fit.
fn sum(mark: Mark, events: &[Event]) -> Result<Mark, AccountError> {
    events.iter().try_fold(mark, |mark, event| mark.checked_take(event)).ok_or(AccountError::OutOfRange)
}
