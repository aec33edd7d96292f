//! Typed reads, the same on a snapshot and inside a write.

use std::borrow::Cow;
use std::ops::{Bound, ControlFlow};

use super::access::{AuditEntry, KeptKey, audit};
use super::codec::{
    Account, Activation, Answered, CustomerRow, KeptCutoffs, KeptFilter, KeptInteraction, KeptPurchase, KeptRevision,
    PurchaseRow, Record, Spent, UnmatchedReturn, decode, read_purchase,
};
use super::failure::Failure;
use super::filters::{FilterHash, all_filters};
use super::history::history;
use super::key::{Key, Parts};
use super::page::{Listing, Page, page, page_where};
use super::pass::{Stretch, each_ledger, each_purchase_row, ledger_stretches, purchase_stretches};
use super::table::{Rows, Table};
use super::timeline::StoreTimelines;
use crate::id::Revision;
use crate::metric::{History, LineFilter};
use crate::model::{Customer, Entry, Interaction, PointsAccount, Purchase, PurchasePoints};
use crate::time::Instant;

/// How many there are of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Customer cards.
    pub customers: u64,
    /// Purchases.
    pub purchases: u64,
    /// Interactions.
    pub interactions: u64,
}

/// Typed reads of everything that is kept.
pub trait Read: Rows {
    /// A customer's card.
    fn customer(&self, id: &str) -> Result<Option<Customer>, Failure> {
        record(self, Table::Customers, &Key::of(id))
    }

    /// Cards in order of their ids.
    fn customers(&self, listing: &Listing) -> Result<Page<Customer>, Failure> {
        page(self, Table::Customers, &Key::new(), listing, |_, value| decode(value))
    }

    /// Cards that match, in order of their ids. Looks at every card that comes before the page is full.
    fn customers_where(
        &self,
        listing: &Listing,
        matches: impl Fn(&Customer) -> bool,
    ) -> Result<Page<Customer>, Failure> {
        let read = |_: &[u8], value: &[u8]| Ok(Some(decode(value)?).filter(&matches));
        page_where(self, Table::Customers, &Key::new(), listing, read)
    }

    /// A purchase with its returns.
    fn purchase(&self, id: &str) -> Result<Option<Purchase>, Failure> {
        let Some(place) = place_of(self, id)? else { return Ok(None) };
        pointed_purchase(self, place.as_bytes()).map(|kept| Some(kept.purchase))
    }

    /// A purchase with its returns, what it did to points, and its decision.
    fn whole_purchase(&self, id: &str) -> Result<Option<Cow<'_, PurchaseRow>>, Failure> {
        let Some(place) = place_of(self, id)? else { return Ok(None) };
        self.purchase_row(place.as_bytes())?.ok_or_else(|| points_at_nothing("purchase")).map(Some)
    }

    /// Purchases of a customer in order of time.
    fn purchases_of(&self, customer: &str, listing: &Listing) -> Result<Page<Purchase>, Failure> {
        let prefix = Key::of(customer);
        let start = prefix.as_bytes().len();
        page(self, Table::CustomerPurchases, &prefix, listing, |key, _| {
            pointed_purchase(self, &key[start..]).map(|kept| kept.purchase)
        })
    }

    /// All purchases, guests' too, in order of time.
    fn purchases(&self, listing: &Listing) -> Result<Page<Purchase>, Failure> {
        let purchase = |place: &[u8], row: &[u8]| read_purchase(place, row).map(|kept| kept.purchase);
        page(self, Table::Purchases, &Key::new(), listing, purchase)
    }

    /// Visits all purchases within `from..until`, guests' too, in order of time, with their sequence.
    fn each_purchase(
        &self,
        from: Instant,
        until: Instant,
        mut visit: impl FnMut(u64, Purchase) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let (from, until) = (Key::new().instant(from), Key::new().instant(until));
        let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
        for row in self.between(Table::Purchases, bounds.0, bounds.1)? {
            let (place, row) = row?;
            let kept = read_purchase(place.value(), row.value())?;
            if visit(kept.sequence, kept.purchase).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Purchases within `from..until`, guests' too, in stretches of about `size` that can be read in parallel.
    fn purchase_stretches(&self, from: Instant, until: Instant, size: usize) -> Result<Vec<Stretch>, Failure> {
        purchase_stretches(self, (from, until), size)
    }

    /// Visits all that is kept of the purchases of a stretch, in order of time.
    fn each_purchase_row(
        &self,
        stretch: &Stretch,
        visit: impl FnMut(PurchaseRow) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        each_purchase_row(self, stretch, visit)
    }

    /// The decision of a purchase, as it was written.
    fn decision(&self, purchase: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.whole_purchase(purchase)?.and_then(|row| row.into_owned().decision))
    }

    /// An interaction.
    fn interaction(&self, id: &str) -> Result<Option<Interaction>, Failure> {
        let kept: Option<KeptInteraction> = record(self, Table::Interactions, &Key::of(id))?;
        Ok(kept.map(|kept| kept.interaction))
    }

    /// Interactions with a customer in order of time.
    fn interactions_of(&self, customer: &str, listing: &Listing) -> Result<Page<Interaction>, Failure> {
        let prefix = Key::of(customer);
        page(self, Table::CustomerInteractions, &prefix, listing, |_, id| indexed_interaction(self, id))
    }

    /// All interactions in order of time.
    fn interactions(&self, listing: &Listing) -> Result<Page<Interaction>, Failure> {
        page(self, Table::InteractionsByTime, &Key::new(), listing, |_, id| indexed_interaction(self, id))
    }

    /// Interactions within `from..until`, in order of time, at most `limit`.
    fn interactions_between(&self, from: Instant, until: Instant, limit: usize) -> Result<Vec<Interaction>, Failure> {
        let (from, until) = (Key::new().instant(from), Key::new().instant(until));
        let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
        let range = self.between(Table::InteractionsByTime, bounds.0, bounds.1)?;
        range.take(limit).map(|row| indexed_interaction(self, row?.1.value())).collect()
    }

    /// A customer's account.
    fn account(&self, filter: FilterHash, customer: &str) -> Result<Option<Account>, Failure> {
        Ok(self.customer_row(customer)?.and_then(|row| row.account(filter).cloned()))
    }

    /// Visits what is kept of customers who did anything, in order of their ids, after the given one and up to another.
    ///
    /// [`Read::split_customers`] gives stretches that can be visited in parallel.
    fn each_customer(
        &self,
        after: Option<&str>,
        until: Option<&str>,
        mut visit: impl FnMut(String, CustomerRow) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let (first, last) = (after.map(Key::of), until.map(Key::of));
        let from = first.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_bytes()));
        let to = last.as_ref().map_or(Bound::Unbounded, |key| Bound::Included(key.as_bytes()));
        for row in self.between(Table::Accounts, from, to)? {
            let (key, value) = row?;
            let customer = Parts(key.value()).text().ok_or_else(|| damaged_key("account"))?;
            if visit(customer, decode(value.value())?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Customers at which those who did anything split into stretches of about `size`, for [`Read::each_customer`]:
    /// until the first, from each to the next, after the last.
    fn split_customers(&self, size: usize) -> Result<Vec<String>, Failure> {
        let size = size.max(1);
        let mut splits = Vec::new();
        for row in self.starting(Table::Accounts, &Key::new())?.skip(size - 1).step_by(size) {
            splits.push(Parts(row?.0.value()).text().ok_or_else(|| damaged_key("account"))?);
        }
        Ok(splits)
    }

    /// How many customers have a card and did nothing yet.
    fn idle_customers(&self) -> Result<u64, Failure> {
        let mut accounts = self.starting(Table::Accounts, &Key::new())?;
        let mut account = accounts.next().transpose()?;
        let mut idle = 0;
        for row in self.starting(Table::Customers, &Key::new())? {
            let (card, _) = row?;
            // Both tables are in order of the customers' ids.
            while account.as_ref().is_some_and(|(key, _)| key.value() < card.value()) {
                account = accounts.next().transpose()?;
            }
            idle += u64::from(account.as_ref().is_none_or(|(key, _)| key.value() != card.value()));
        }
        Ok(idle)
    }

    /// The events of one customer; `filters` are the hashes of the bundle's filters.
    fn timelines<'a>(&'a self, customer: &'a str, filters: &'a [FilterHash]) -> StoreTimelines<'a, Self> {
        StoreTimelines::new(self, customer, filters)
    }

    /// The same from all purchases and interactions, as they were known at `as_of`: exact at any time, and slow.
    fn history(&self, customer: &str, filters: &[LineFilter], as_of: Instant) -> Result<History, Failure> {
        history(self, customer, filters, as_of)
    }

    /// A known filter.
    fn filter(&self, hash: FilterHash) -> Result<Option<KeptFilter>, Failure> {
        record(self, Table::Filters, &hash.key())
    }

    /// All known filters.
    fn filters(&self) -> Result<Vec<(FilterHash, KeptFilter)>, Failure> {
        all_filters(self)
    }

    /// How often a customer used a discount in the period that starts then.
    fn customer_uses(&self, discount: &str, customer: &str, period: Instant) -> Result<u64, Failure> {
        let key = Key::of(customer).text(discount).instant(period);
        Ok(record(self, Table::CustomerUses, &key)?.unwrap_or(0))
    }

    /// What all customers used of a discount in the period that starts then.
    fn spent(&self, discount: &str, period: Instant) -> Result<Spent, Failure> {
        Ok(record(self, Table::Spent, &Key::of(discount).instant(period))?.unwrap_or_default())
    }

    /// What was used of a discount, by the start of the period.
    fn spent_by_period(&self, discount: &str, listing: &Listing) -> Result<Page<(Instant, Spent)>, Failure> {
        let prefix = Key::of(discount);
        let start = prefix.as_bytes().len();
        page(self, Table::Spent, &prefix, listing, |key, value| {
            let period = Parts(&key[start..]).instant().ok_or_else(|| damaged_key("budget"))?;
            Ok((period, decode(value)?))
        })
    }

    /// A stored bundle.
    fn revision(&self, revision: Revision) -> Result<Option<KeptRevision>, Failure> {
        record(self, Table::Revisions, &Key::new().bytes(&revision.0))
    }

    /// Stored bundles in order of their hashes.
    fn revisions(&self, listing: &Listing) -> Result<Page<KeptRevision>, Failure> {
        page(self, Table::Revisions, &Key::new(), listing, |_, value| decode(value))
    }

    /// The activation in force at an instant.
    fn active_at(&self, at: Instant) -> Result<Option<Activation>, Failure> {
        let last = Key::new().instant(at).number(u64::MAX);
        let mut range = self.between(Table::Activations, Bound::Unbounded, Bound::Included(last.as_bytes()))?;
        range.next_back().map(|row| decode(row?.1.value())).transpose()
    }

    /// The first activation after an instant.
    fn next_activation(&self, after: Instant) -> Result<Option<Activation>, Failure> {
        let first = Key::new().instant(after).number(u64::MAX);
        let mut range = self.between(Table::Activations, Bound::Excluded(first.as_bytes()), Bound::Unbounded)?;
        range.next().map(|row| decode(row?.1.value())).transpose()
    }

    /// Activations in order of when they come into force.
    fn activations(&self, listing: &Listing) -> Result<Page<Activation>, Failure> {
        page(self, Table::Activations, &Key::new(), listing, |_, value| decode(value))
    }

    /// The latest cut-offs of a segment; `segment` is a hash of its definition.
    fn cutoffs(&self, segment: u64) -> Result<Option<KeptCutoffs>, Failure> {
        record(self, Table::Cutoffs, &Key::new().number(segment))
    }

    /// The cut-offs of a segment in one snapshot.
    fn cutoffs_in(&self, snapshot: u64, segment: u64) -> Result<Option<KeptCutoffs>, Failure> {
        record(self, Table::CutoffHistory, &Key::new().number(snapshot).number(segment))
    }

    /// The answer given to an idempotency key.
    fn answered(&self, key: &str) -> Result<Option<Answered>, Failure> {
        record(self, Table::Answers, &Key::of(key))
    }

    /// Goods that came back without a known purchase, by the return's id.
    fn unmatched_return(&self, id: &str) -> Result<Option<UnmatchedReturn>, Failure> {
        record(self, Table::UnmatchedReturns, &Key::of(id))
    }

    /// All of these in order of their ids.
    fn unmatched_returns(&self, listing: &Listing) -> Result<Page<UnmatchedReturn>, Failure> {
        page(self, Table::UnmatchedReturns, &Key::new(), listing, |_, value| decode(value))
    }

    /// A key, revoked ones too.
    fn access_key(&self, id: &str) -> Result<Option<KeptKey>, Failure> {
        record(self, Table::Keys, &Key::of(id))
    }

    /// All keys in order of their ids.
    fn access_keys(&self, listing: &Listing) -> Result<Page<KeptKey>, Failure> {
        page(self, Table::Keys, &Key::new(), listing, |_, value| decode(value))
    }

    /// The audit trail in order of its entries; of one customer where one is given.
    fn audit(&self, customer: Option<&str>, listing: &Listing) -> Result<Page<AuditEntry>, Failure> {
        audit(self, customer, listing)
    }

    /// A customer's lots of points with something left.
    fn points_account(&self, customer: &str) -> Result<Option<PointsAccount>, Failure> {
        let row = self.customer_row(customer)?;
        Ok(row.map(|row| row.into_owned().points).filter(|points| !points.lots.is_empty()))
    }

    /// A customer's points ledger in the order it was written.
    fn entries_of(&self, customer: &str, listing: &Listing) -> Result<Page<Entry>, Failure> {
        page(self, Table::Entries, &Key::of(customer), listing, |_, value| decode(value))
    }

    /// All entries with their customers, in order of the customers' ids.
    fn entries(&self, listing: &Listing) -> Result<Page<(String, Entry)>, Failure> {
        page(self, Table::Entries, &Key::new(), listing, |key, value| {
            Ok((Parts(key).text().ok_or_else(|| damaged_key("entry"))?, decode(value)?))
        })
    }

    /// Ledgers of points in stretches of about `size` entries that can be read in parallel.
    fn ledger_stretches(&self, size: usize) -> Result<Vec<Stretch>, Failure> {
        ledger_stretches(self, size)
    }

    /// Visits the ledgers of a stretch in order of the customers' ids: all entries of a customer at once, in the order they
    /// were written.
    fn each_ledger(
        &self,
        stretch: &Stretch,
        visit: impl FnMut(&str, &[Entry]) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        each_ledger(self, stretch, visit)
    }

    /// The first instant at which points are noted to expire that were not looked at since.
    fn next_points_expiry(&self) -> Result<Option<Instant>, Failure> {
        let first = self.starting(Table::PointsExpiring, &Key::new())?.next().transpose()?;
        first.map(|(key, _)| Parts(key.value()).instant().ok_or_else(|| damaged_key("expiry"))).transpose()
    }

    /// What a purchase did to points; absent where it did nothing.
    fn purchase_points(&self, purchase: &str) -> Result<Option<PurchasePoints>, Failure> {
        Ok(self.whole_purchase(purchase)?.and_then(|row| row.into_owned().points))
    }

    /// Bytes kept under a name, such as a signing key.
    fn named(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        bytes(self, Table::Meta, &named_key(name))
    }

    /// How many there are of what.
    fn counts(&self) -> Result<Counts, Failure> {
        Ok(Counts {
            customers: self.len(Table::Customers)?,
            purchases: self.len(Table::Purchases)?,
            interactions: self.len(Table::Interactions)?,
        })
    }
}

impl<T: Rows> Read for T {}

/// Names of users are kept apart from the store's own.
pub(super) fn named_key(name: &str) -> Key {
    Key::new().bytes(b"named:").text(name)
}

pub(super) fn record<T: Record>(rows: &(impl Rows + ?Sized), table: Table, key: &Key) -> Result<Option<T>, Failure> {
    rows.get(table, key.as_bytes())?.map(|row| decode(row.value())).transpose()
}

fn bytes(rows: &(impl Rows + ?Sized), table: Table, key: &Key) -> Result<Option<Vec<u8>>, Failure> {
    Ok(rows.get(table, key.as_bytes())?.map(|row| row.value().to_vec()))
}

/// Where a purchase is kept.
pub(super) fn place_of(rows: &(impl Rows + ?Sized), id: &str) -> Result<Option<Key>, Failure> {
    let row = rows.get(Table::PurchaseIds, Key::of(id).as_bytes())?;
    Ok(row.map(|row| Key::new().bytes(row.value())))
}

/// The purchase that an index points at.
pub(super) fn pointed_purchase(rows: &(impl Rows + ?Sized), place: &[u8]) -> Result<KeptPurchase, Failure> {
    rows.purchase_at(place)?.ok_or_else(|| points_at_nothing("purchase"))
}

/// What an index row points at. Its value is the key of the other table.
fn pointed<T: Record>(rows: &(impl Rows + ?Sized), table: Table, key: &[u8]) -> Result<T, Failure> {
    let row = rows.get(table, key)?;
    let row = row.ok_or_else(|| points_at_nothing(T::WHAT))?;
    decode(row.value())
}

fn points_at_nothing(what: &'static str) -> Failure {
    Failure::Damaged { what, why: "an index points at nothing".to_owned() }
}

pub(super) fn kept_interaction(rows: &(impl Rows + ?Sized), key: &[u8]) -> Result<KeptInteraction, Failure> {
    pointed(rows, Table::Interactions, key)
}

fn indexed_interaction(rows: &(impl Rows + ?Sized), key: &[u8]) -> Result<Interaction, Failure> {
    Ok(kept_interaction(rows, key)?.interaction)
}

pub(super) fn damaged_key(what: &'static str) -> Failure {
    Failure::Damaged { what, why: "its key cannot be read".to_owned() }
}
