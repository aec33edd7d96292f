//! The tables, and access to their rows that is the same on a snapshot and inside a write.

use std::borrow::Cow;
use std::ops::Bound;

use redb::{AccessGuard, Range, TableDefinition};

use super::codec::{CustomerRow, KeptPurchase, PurchaseRow, decode, read_purchase, sequence_of};
use super::failure::Failure;
use super::key::Key;

/// A row's value, held in place.
pub type Value<'a> = AccessGuard<'a, &'static [u8]>;
/// Rows in the order of their keys.
pub type ValueRange<'a> = Range<'a, &'static [u8], &'static [u8]>;

macro_rules! tables {
    ($($(#[$text:meta])* $table:ident = $name:literal,)+) => {
        /// A table: keys and values are bytes, see [`Key`] and the codec.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Table { $($(#[$text])* $table,)+ }

        impl Table {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$table,)+];

            /// The name in the file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$table => $name,)+ }
            }
        }
    };
}

tables! {
    /// Name → format version, counters, keys.
    Meta = "meta",
    /// Customer → card.
    Customers = "customers",
    /// Instant, sequence → the purchase with its returns, what it did to points, and its decision.
    Purchases = "purchases_in_time",
    /// Purchase → instant, sequence.
    PurchaseIds = "purchase_ids",
    /// Customer, instant, sequence → nothing.
    CustomerPurchases = "customer_purchases",
    /// Interaction → the interaction.
    Interactions = "interactions",
    /// Customer, instant, sequence → interaction.
    CustomerInteractions = "customer_interactions",
    /// Instant, sequence → interaction.
    InteractionsByTime = "interactions_by_time",
    /// Customer → account of each filter, and lots of points with something left.
    Accounts = "customer_accounts",
    /// Filter, customer, instant and sequence of the first event → chunk.
    Chunks = "chunks",
    /// Filter → what it chooses, and how far its accounts are built.
    Filters = "filters",
    /// Customer, discount, start of the period → uses.
    CustomerUses = "customer_uses",
    /// Discount, start of the period → uses and amount.
    Spent = "spent",
    /// Revision → sources.
    Revisions = "revisions",
    /// Instant, sequence → activation.
    Activations = "activations",
    /// Segment definition → latest cut-offs.
    Cutoffs = "cutoffs",
    /// Snapshot, segment definition → cut-offs.
    CutoffHistory = "cutoff_history",
    /// Idempotency key → answer.
    Answers = "answers",
    /// Return → goods that came back without a known purchase.
    UnmatchedReturns = "unmatched_returns",
    /// Key → its hash, role and name.
    Keys = "keys",
    /// Sequence → who did what.
    Audit = "audit",
    /// Customer, sequence → nothing: entries of the audit trail that name the customer.
    AuditByCustomer = "audit_by_customer",
    /// Customer, lot → lot of points with nothing left.
    PointsLots = "points_lots",
    /// Customer, sequence → entry of the points ledger.
    Entries = "entries",
    /// Instant, customer → nothing: a lot expires then.
    PointsExpiring = "points_expiring",
}

impl Table {
    /// How redb knows it.
    pub(super) const fn definition(self) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
        TableDefinition::new(self.name())
    }
}

/// Rows by key.
pub trait Rows {
    /// One row.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value<'_>>, Failure>;

    /// What is kept of a customer and changed, but not written yet.
    fn changed_customer(&self, _customer: &str) -> Option<&CustomerRow> {
        None
    }

    /// The same of the purchase at a place.
    fn changed_purchase(&self, _place: &[u8]) -> Option<&PurchaseRow> {
        None
    }

    /// What is kept of a customer besides the card.
    fn customer_row(&self, customer: &str) -> Result<Option<Cow<'_, CustomerRow>>, Failure> {
        if let Some(row) = self.changed_customer(customer) {
            return Ok(Some(Cow::Borrowed(row)));
        }
        let row = self.get(Table::Accounts, Key::of(customer).as_bytes())?;
        row.map(|row| decode(row.value()).map(Cow::Owned)).transpose()
    }

    /// All that is kept of the purchase at a place: instant and sequence.
    fn purchase_row(&self, place: &[u8]) -> Result<Option<Cow<'_, PurchaseRow>>, Failure> {
        if let Some(row) = self.changed_purchase(place) {
            return Ok(Some(Cow::Borrowed(row)));
        }
        let row = self.get(Table::Purchases, place)?;
        row.map(|row| decode(row.value()).map(Cow::Owned)).transpose()
    }

    /// The purchase at a place.
    fn purchase_at(&self, place: &[u8]) -> Result<Option<KeptPurchase>, Failure> {
        if let Some(row) = self.changed_purchase(place) {
            return Ok(Some(KeptPurchase { sequence: sequence_of(place)?, purchase: row.purchase.clone() }));
        }
        let row = self.get(Table::Purchases, place)?;
        row.map(|row| read_purchase(place, row.value())).transpose()
    }

    /// The rows between two keys.
    fn between(&self, table: Table, from: Bound<&[u8]>, until: Bound<&[u8]>) -> Result<ValueRange<'_>, Failure>;

    /// How many rows.
    fn len(&self, table: Table) -> Result<u64, Failure>;

    /// The rows whose keys start with `prefix`.
    fn starting(&self, table: Table, prefix: &Key) -> Result<ValueRange<'_>, Failure> {
        let after = prefix.after();
        let until = after.as_ref().map_or(Bound::Unbounded, |after| Bound::Excluded(after.as_bytes()));
        self.between(table, Bound::Included(prefix.as_bytes()), until)
    }
}
