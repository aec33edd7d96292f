//! A write in progress: rows are read and changed here, and what one job changed can be taken back.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::ops::Bound;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::codec::{CustomerRow, PurchaseRow, Record, decode, encode};
use super::failure::Failure;
use super::key::Key;
use super::table::{Rows, Table, Value, ValueRange};

/// Where the last number given is kept.
const SEQUENCE: &[u8] = b"sequence";

type Open<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

/// What a job reads and writes. Reads see what was written before, by this job and by those ahead of it.
///
/// A job that refuses leaves no trace: everything it wrote is taken back.
pub struct Batch<'t> {
    transaction: &'t WriteTransaction,
    /// Each opened when first needed.
    tables: Vec<OnceCell<Open<'t>>>,
    /// What the current job overwrote, in order.
    undo: Vec<(Table, Key, Option<Vec<u8>>)>,
    /// Rows that the current job changes again and again; written when it ends.
    customers: Vec<(String, CustomerRow)>,
    purchases: Vec<(Key, PurchaseRow)>,
    /// The last number given; written when the job ends.
    sequence: Option<u64>,
    /// How many changes jobs before the current one made.
    kept: usize,
    /// The first failure of the store itself; nothing of this transaction may be committed then.
    broken: RefCell<Option<Failure>>,
    pub(super) filters: Option<super::filters::KnownFilters>,
}

impl<'t> Batch<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction) -> Self {
        Self {
            transaction,
            tables: Table::ALL.iter().map(|_| OnceCell::new()).collect(),
            undo: Vec::new(),
            customers: Vec::new(),
            purchases: Vec::new(),
            sequence: None,
            kept: 0,
            broken: RefCell::new(None),
            filters: None,
        }
    }

    /// Ends a job that succeeded.
    pub(super) fn keep(&mut self) -> Result<(), Failure> {
        for (place, row) in std::mem::take(&mut self.purchases) {
            self.put(Table::Purchases, place, &row)?;
        }
        for (customer, row) in std::mem::take(&mut self.customers) {
            self.put(Table::Accounts, Key::of(&customer), &row)?;
        }
        if let Some(last) = self.sequence.take() {
            self.put(Table::Meta, Key::new().bytes(SEQUENCE), &last)?;
        }
        self.kept += self.undo.len();
        self.undo.clear();
        Ok(())
    }

    /// What is kept of a customer, to change it; empty where there was nothing.
    pub(super) fn customer_row_mut(&mut self, customer: &str) -> Result<&mut CustomerRow, Failure> {
        let at = match self.customers.iter().position(|(known, _)| known == customer) {
            Some(at) => at,
            None => {
                let row = self.customer_row(customer)?.map(Cow::into_owned).unwrap_or_default();
                self.customers.push((customer.to_owned(), row));
                self.customers.len() - 1
            }
        };
        Ok(&mut self.customers[at].1)
    }

    /// What is kept of a purchase, to change it.
    pub(super) fn purchase_row_mut(&mut self, place: &Key) -> Result<Option<&mut PurchaseRow>, Failure> {
        let at = match self.purchases.iter().position(|(known, _)| known == place) {
            Some(at) => at,
            None => {
                let Some(row) = self.purchase_row(place.as_bytes())?.map(Cow::into_owned) else { return Ok(None) };
                self.new_purchase_row(place.clone(), row);
                self.purchases.len() - 1
            }
        };
        Ok(Some(&mut self.purchases[at].1))
    }

    /// Has a purchase written when the job ends.
    pub(super) fn new_purchase_row(&mut self, place: Key, row: PurchaseRow) {
        self.purchases.push((place, row));
    }

    /// Takes all that is kept of a customer away.
    pub(super) fn remove_customer_row(&mut self, customer: &str) -> Result<Option<CustomerRow>, Failure> {
        let changed = self.customers.iter().position(|(known, _)| known == customer);
        let changed = changed.map(|at| self.customers.swap_remove(at).1);
        let kept = self.remove(Table::Accounts, Key::of(customer))?;
        match (changed, kept) {
            (Some(row), _) => Ok(Some(row)),
            (None, Some(bytes)) => decode(&bytes).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Ends a job that refused: takes back what it wrote.
    pub(super) fn take_back(&mut self) -> Result<(), Failure> {
        self.filters = None;
        self.customers.clear();
        self.purchases.clear();
        self.sequence = None;
        while let Some((table, key, before)) = self.undo.pop() {
            let open = self.open_mut(table)?;
            let done = match before {
                Some(value) => open.insert(key.as_bytes(), value.as_slice()).map(drop),
                None => open.remove(key.as_bytes()).map(drop),
            };
            self.note(done)?;
        }
        Ok(())
    }

    /// How many changes there are to commit.
    pub(super) fn changes(&self) -> usize {
        self.kept
    }

    /// The first failure of the store itself, if any.
    pub(super) fn broken(&self) -> Option<Failure> {
        self.broken.borrow().clone()
    }

    fn note<T, E: Into<Failure>>(&self, result: Result<T, E>) -> Result<T, Failure> {
        result.map_err(|error| {
            let failure = error.into();
            self.broken.borrow_mut().get_or_insert_with(|| failure.clone());
            failure
        })
    }

    fn open(&self, table: Table) -> Result<&Open<'t>, Failure> {
        let cell = &self.tables[table as usize];
        if cell.get().is_none() {
            let opened = self.note(self.transaction.open_table(table.definition()))?;
            // Nobody else can have filled it in between.
            return Ok(cell.get_or_init(|| opened));
        }
        cell.get().ok_or(Failure::Closed)
    }

    fn open_mut(&mut self, table: Table) -> Result<&mut Open<'t>, Failure> {
        self.open(table)?;
        self.tables[table as usize].get_mut().ok_or(Failure::Closed)
    }

    /// Writes a row, over the one there was.
    pub(super) fn put_bytes(&mut self, table: Table, key: Key, value: &[u8]) -> Result<(), Failure> {
        let open = self.open_mut(table)?;
        let before = open.insert(key.as_bytes(), value).map(|old| old.map(|old| old.value().to_vec()));
        let before = self.note(before)?;
        self.undo.push((table, key, before));
        Ok(())
    }

    /// Writes a row that should be new. Whether it is; where not, the job must refuse.
    pub(super) fn put_new(&mut self, table: Table, key: Key, value: &[u8]) -> Result<bool, Failure> {
        self.put_bytes(table, key, value)?;
        Ok(self.undo.last().is_some_and(|(_, _, before)| before.is_none()))
    }

    /// Writes a record.
    pub(super) fn put<T: Record>(&mut self, table: Table, key: Key, record: &T) -> Result<(), Failure> {
        self.put_bytes(table, key, &encode(record)?)
    }

    /// Removes a row; the bytes it held.
    pub(super) fn remove(&mut self, table: Table, key: Key) -> Result<Option<Vec<u8>>, Failure> {
        let open = self.open_mut(table)?;
        let before = open.remove(key.as_bytes()).map(|old| old.map(|old| old.value().to_vec()));
        let before = self.note(before)?;
        if let Some(value) = &before {
            self.undo.push((table, key, Some(value.clone())));
        }
        Ok(before)
    }

    /// The next number of the store's own count: each is given once.
    pub fn next_sequence(&mut self) -> Result<u64, Failure> {
        self.next_sequences(1)
    }

    /// The first of the next `count` numbers.
    pub(super) fn next_sequences(&mut self, count: u64) -> Result<u64, Failure> {
        let last = match self.sequence {
            Some(last) => last,
            None => self.get(Table::Meta, SEQUENCE)?.map(|row| decode(row.value())).transpose()?.unwrap_or(0),
        };
        self.sequence = Some(last + count);
        Ok(last + 1)
    }
}

impl Rows for Batch<'_> {
    fn changed_customer(&self, customer: &str) -> Option<&CustomerRow> {
        self.customers.iter().find(|(known, _)| known == customer).map(|(_, row)| row)
    }

    fn changed_purchase(&self, place: &[u8]) -> Option<&PurchaseRow> {
        self.purchases.iter().find(|(known, _)| known.as_bytes() == place).map(|(_, row)| row)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value<'_>>, Failure> {
        self.note(self.open(table)?.get(key))
    }

    fn between(&self, table: Table, from: Bound<&[u8]>, until: Bound<&[u8]>) -> Result<ValueRange<'_>, Failure> {
        self.note(self.open(table)?.range::<&[u8]>((from, until)))
    }

    fn len(&self, table: Table) -> Result<u64, Failure> {
        self.note(self.open(table)?.len())
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("changes", &self.kept).finish_non_exhaustive()
    }
}
