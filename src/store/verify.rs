//! Reading the whole store and checking that all of it fits together.

use std::collections::BTreeSet;

use super::access::{AuditEntry, KeptKey};
use super::codec::{
    Activation, Answered, Chunk, CustomerRow, KeptCutoffs, KeptFilter, KeptInteraction, KeptPurchase, KeptRevision,
    PurchaseRow, Record, Spent, UnmatchedReturn, decode, read_purchase,
};
use super::failure::Failure;
use super::filters::FilterHash;
use super::history::retold;
use super::key::{Key, Parts};
use super::read::Read;
use super::table::Table;
use super::verify_points::verify_points;
use crate::metric::{Correction, Event, LineFilter, Mark, purchase_corrections};
use crate::model::{Customer, Entry, Lot};
use crate::time::Instant;

/// Something in the store that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// In which table.
    pub table: Table,
    /// In which row, as far as it can be read.
    pub row: String,
    /// What is wrong.
    pub what: String,
}

/// Reads every row and reports every flaw: rows that cannot be read, indexes and rows that do not point at each
/// other, accounts that do not say what purchases and interactions say.
pub fn verify(rows: &impl Read, report: &mut dyn FnMut(Flaw)) -> Result<(), Failure> {
    let mut check = Check { rows, report };
    check.readable::<Customer>(Table::Customers)?;
    check.readable::<KeptRevision>(Table::Revisions)?;
    check.readable::<Activation>(Table::Activations)?;
    check.readable::<KeptCutoffs>(Table::Cutoffs)?;
    check.readable::<KeptCutoffs>(Table::CutoffHistory)?;
    check.readable::<Answered>(Table::Answers)?;
    check.readable::<UnmatchedReturn>(Table::UnmatchedReturns)?;
    check.readable::<Spent>(Table::Spent)?;
    check.readable::<u64>(Table::CustomerUses)?;
    check.readable::<KeptKey>(Table::Keys)?;
    if check.readable::<AuditEntry>(Table::Audit)? {
        check.audit()?;
    }
    let points_read = [check.readable::<Entry>(Table::Entries)?, check.readable::<Lot>(Table::PointsLots)?];
    let filters_read = check.readable::<KeptFilter>(Table::Filters)?;
    let bases = [
        check.readable::<PurchaseRow>(Table::Purchases)?,
        check.readable::<KeptInteraction>(Table::Interactions)?,
        check.readable::<CustomerRow>(Table::Accounts)?,
        check.readable::<Chunk>(Table::Chunks)?,
    ];
    if !filters_read || bases.contains(&false) {
        // What does not read cannot be compared; that much is reported.
        return Ok(());
    }
    if check.purchases()? & check.interactions()? {
        check.accounts()?;
        if points_read.iter().all(|read| *read) {
            verify_points(rows, report)?;
        }
    }
    Ok(())
}

struct Check<'a, R: Read> {
    rows: &'a R,
    report: &'a mut dyn FnMut(Flaw),
}

impl<R: Read> Check<'_, R> {
    fn flaw(&mut self, table: Table, key: &[u8], what: impl Into<String>) {
        let mut parts = Parts(key);
        let row = match parts.instant().zip(parts.number()) {
            Some((at, sequence)) if table == Table::Purchases => format!("{at} {sequence}"),
            _ => String::from_utf8_lossy(key).chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        };
        (self.report)(Flaw { table, row, what: what.into() });
    }

    /// Whether all rows of a table can be read.
    fn readable<T: Record>(&mut self, table: Table) -> Result<bool, Failure> {
        let mut all = true;
        for row in self.rows.starting(table, &Key::new())? {
            let (key, value) = row?;
            if let Err(failure) = decode::<T>(value.value()) {
                all = false;
                self.flaw(table, key.value(), failure.to_string());
            }
        }
        Ok(all)
    }

    /// Whether each purchase is in its indexes, and the indexes hold nothing else.
    fn purchases(&mut self) -> Result<bool, Failure> {
        let (mut whole, mut with_customer) = (true, 0);
        for row in self.rows.starting(Table::Purchases, &Key::new())? {
            let (place, value) = row?;
            let KeptPurchase { purchase, .. } = read_purchase(place.value(), value.value())?;
            whole &= self.points(Table::PurchaseIds, &Key::of(&purchase.id), place.value(), purchase.id.as_bytes())?;
            if let Some(customer) = &purchase.customer {
                with_customer += 1;
                let by_customer = Key::of(customer).bytes(place.value());
                whole &= self.points(Table::CustomerPurchases, &by_customer, &[], purchase.id.as_bytes())?;
            }
        }
        let purchases = self.rows.len(Table::Purchases)?;
        whole &= self.as_many(Table::PurchaseIds, purchases)?;
        Ok(whole & self.as_many(Table::CustomerPurchases, with_customer)?)
    }

    /// Whether each entry of the audit trail about a customer is in its index, and the index holds nothing else.
    fn audit(&mut self) -> Result<bool, Failure> {
        let (mut whole, mut about_customers) = (true, 0);
        for row in self.rows.starting(Table::Audit, &Key::new())? {
            let entry: AuditEntry = decode(row?.1.value())?;
            if entry.action.is_about_a_customer() {
                about_customers += 1;
                let key = Key::of(&entry.subject).number(entry.sequence);
                whole &= self.points(Table::AuditByCustomer, &key, &[], entry.subject.as_bytes())?;
            }
        }
        Ok(whole & self.as_many(Table::AuditByCustomer, about_customers)?)
    }

    fn interactions(&mut self) -> Result<bool, Failure> {
        let mut whole = true;
        for row in self.rows.starting(Table::Interactions, &Key::new())? {
            let (key, value) = row?;
            let KeptInteraction { sequence, interaction } = decode(value.value())?;
            let by_time = Key::new().instant(interaction.at).number(sequence);
            whole &= self.points(Table::InteractionsByTime, &by_time, key.value(), key.value())?;
            let by_customer = Key::of(&interaction.customer).instant(interaction.at).number(sequence);
            whole &= self.points(Table::CustomerInteractions, &by_customer, key.value(), key.value())?;
        }
        let interactions = self.rows.len(Table::Interactions)?;
        whole &= self.as_many(Table::InteractionsByTime, interactions)?;
        Ok(whole & self.as_many(Table::CustomerInteractions, interactions)?)
    }

    /// Whether the index row of something is there and points at `key`.
    fn points(&mut self, index: Table, at: &Key, key: &[u8], of: &[u8]) -> Result<bool, Failure> {
        let found = self.rows.get(index, at.as_bytes())?.is_some_and(|row| row.value() == key);
        if !found {
            self.flaw(index, of, "it is not in the index");
        }
        Ok(found)
    }

    /// Whether an index has so many rows: each row that should be there is, so more are too many.
    fn as_many(&mut self, index: Table, expect: u64) -> Result<bool, Failure> {
        let found = self.rows.len(index)?;
        if found > expect {
            self.flaw(index, b"", format!("{} rows point at nothing", found - expect));
        }
        Ok(found == expect)
    }

    /// Compares the accounts of every customer with what purchases and interactions say.
    fn accounts(&mut self) -> Result<(), Failure> {
        let mut customers = BTreeSet::new();
        for table in [Table::CustomerPurchases, Table::CustomerInteractions] {
            for row in self.rows.starting(table, &Key::new())? {
                customers.extend(Parts(row?.0.value()).text());
            }
        }
        let known = self.rows.filters()?;
        let complete = known.iter().filter(|(_, kept)| kept.complete).map(|(hash, kept)| (*hash, Some(&kept.filter)));
        for (hash, filter) in std::iter::once((FilterHash::ALL, None)).chain(complete) {
            let mut theirs = customers.clone();
            self.rows.each_customer(None, None, |customer, row| {
                theirs.extend(row.account(hash).map(|_| customer));
                std::ops::ControlFlow::Continue(())
            })?;
            for customer in &theirs {
                self.account(hash, filter, customer)?;
            }
        }
        Ok(())
    }

    fn account(&mut self, hash: FilterHash, filter: Option<&LineFilter>, customer: &str) -> Result<(), Failure> {
        let account = self.rows.account(hash, customer)?.unwrap_or_default();
        let (mut mark, mut found) = (Mark::default(), Vec::new());
        for row in self.rows.starting(Table::Chunks, &hash.key().text(customer))? {
            let chunk: Chunk = decode(row?.1.value())?;
            if chunk.before != mark {
                self.flaw(Table::Chunks, customer.as_bytes(), "its sums are not those of the events before it");
            }
            mark = chunk.events.iter().fold(mark, |mark, event| mark.take(event));
            found.extend(chunk.events);
        }
        if account.spilled != mark || account.older != found.len() as u64 {
            self.flaw(Table::Accounts, customer.as_bytes(), "its sums are not those of its older events");
        }
        found.extend(account.tail);
        if found.iter().find(|event| event.adds.purchases > 0).map(|event| event.at) != account.first_purchase {
            self.flaw(Table::Accounts, customer.as_bytes(), "its first purchase is another one");
        }
        // What was taken back whole adds nothing; it may stay as an event or not.
        let adding = |events: Vec<Event>| -> Vec<_> { events.into_iter().filter(|e| !e.adds.is_zero()).collect() };
        let expect = retold(self.rows, customer, filter, Instant(i64::MAX))?;
        if adding(found) != adding(expect.events) {
            let what = "its events are not what purchases and interactions add";
            self.flaw(Table::Accounts, customer.as_bytes(), what);
        }
        self.came_back((hash, filter), customer, (account.corrected_at.is_some(), &expect.purchases))
    }

    fn came_back(
        &mut self,
        (hash, filter): (FilterHash, Option<&LineFilter>),
        customer: &str,
        (corrected, purchases): (bool, &[KeptPurchase]),
    ) -> Result<(), Failure> {
        let Some(row) = self.rows.customer_row(customer)? else { return Ok(()) };
        if row.came_back.known.is_empty() && !corrected {
            return Ok(());
        }
        let from = row.came_back.missing_until.map_or(Instant::MIN, |until| until.plus_micros(1));
        let mut expect: Vec<Correction> = purchases
            .iter()
            .flat_map(|kept| purchase_corrections(&kept.purchase, filter, Instant::MAX))
            .filter(|correction| correction.at >= from && !correction.took.is_zero())
            .collect();
        let mut found = row.came_back.since(hash, from).unwrap_or_default();
        for corrections in [&mut expect, &mut found] {
            corrections.sort_by_key(|correction| (correction.at, correction.event_at, correction.took.gross));
        }
        if found != expect {
            self.flaw(Table::Accounts, customer.as_bytes(), "what came back is not what its purchases say");
        }
        Ok(())
    }
}
