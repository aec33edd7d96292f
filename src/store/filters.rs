//! Line filters whose accounts are kept, and building those of a new one from history.

use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::AccountError;
use super::batch::Batch;
use super::codec::{KeptFilter, decode, encode};
use super::failure::Failure;
use super::history::{Retold, retold};
use super::key::{Key, Parts};
use super::read::Read;
use super::table::{Rows, Table};
use crate::metric::LineFilter;
use crate::time::Instant;

/// Names a line filter: a hash of what it chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FilterHash(pub u64);

impl FilterHash {
    /// All lines.
    pub const ALL: Self = Self(0);

    /// The hash of a filter.
    pub fn of(filter: &LineFilter) -> Result<Self, Failure> {
        if filter.is_all() {
            return Ok(Self::ALL);
        }
        let bytes = encode(&KeptFilter { filter: filter.clone(), ..KeptFilter::default() })?;
        let hash = blake3::hash(&bytes);
        let first = hash.as_bytes().first_chunk().map_or(1, |bytes| u64::from_be_bytes(*bytes));
        // 0 is taken.
        Ok(Self(first.max(1)))
    }

    pub(super) fn key(self) -> Key {
        Key::new().number(self.0)
    }
}

/// The filters of a batch, read once.
pub(super) type KnownFilters = Arc<[(FilterHash, LineFilter)]>;

impl Batch<'_> {
    pub(super) fn known_filters(&mut self) -> Result<KnownFilters, Failure> {
        if let Some(known) = &self.filters {
            return Ok(Arc::clone(known));
        }
        let known: KnownFilters = self.filters()?.into_iter().map(|(hash, kept)| (hash, kept.filter)).collect();
        self.filters = Some(Arc::clone(&known));
        Ok(known)
    }

    /// Makes a filter known: from now on its accounts are kept. Those of customers who bought before are built by
    /// [`Batch::build_accounts`]. Whether it was new.
    pub fn add_filter(&mut self, filter: &LineFilter) -> Result<bool, Failure> {
        let hash = FilterHash::of(filter)?;
        if hash == FilterHash::ALL || self.get(Table::Filters, hash.key().as_bytes())?.is_some() {
            return Ok(false);
        }
        let kept = KeptFilter { filter: filter.clone(), ..KeptFilter::default() };
        self.put(Table::Filters, hash.key(), &kept)?;
        self.filters = None;
        Ok(true)
    }

    /// Builds the accounts of a known filter for the next `limit` customers, in order of their ids. Whether the
    /// accounts of all customers are built now; false too for an unknown filter.
    pub fn build_accounts(&mut self, hash: FilterHash, limit: usize) -> Result<bool, AccountError> {
        let Some(mut kept) = self.filter(hash)? else { return Ok(false) };
        if kept.complete {
            return Ok(true);
        }
        let customers = self.customers_with_account(kept.built_until.as_deref(), limit)?;
        for customer in &customers {
            let found = retold(self, customer, Some(&kept.filter), Instant::MAX)?;
            let Retold { events, corrected_at, purchases } = found;
            self.rebuild_account(hash, customer, events, corrected_at)?;
            let purchases = purchases.iter().map(|known| (known.sequence, &known.purchase));
            self.note_came_back(customer, (hash, Some(&kept.filter)), purchases)?;
        }
        kept.complete = customers.len() < limit;
        kept.built_until = customers.into_iter().next_back().or(kept.built_until);
        self.put(Table::Filters, hash.key(), &kept)?;
        Ok(kept.complete)
    }

    fn customers_with_account(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Failure> {
        let last = after.map(Key::of);
        let from = last.as_ref().map_or(Bound::Unbounded, |last| Bound::Excluded(last.as_bytes()));
        let mut customers = Vec::new();
        for row in self.between(Table::Accounts, from, Bound::Unbounded)?.take(limit) {
            customers.extend(Parts(row?.0.value()).text());
        }
        Ok(customers)
    }
}

pub(super) fn all_filters(rows: &(impl Rows + ?Sized)) -> Result<Vec<(FilterHash, KeptFilter)>, Failure> {
    let mut filters = Vec::new();
    for row in rows.starting(Table::Filters, &Key::new())? {
        let (key, value) = row?;
        let hash = Parts(key.value()).number().map(FilterHash);
        filters.extend(hash.map(|hash| decode(value.value()).map(|kept| (hash, kept))).transpose()?);
    }
    Ok(filters)
}
