//! Reading what belongs together in one pass: purchases with their decisions, customers with their ledgers.
//!
//! Purchases and decisions are both in the order of the purchases' ids; entries are in that of the customers'.

use std::ops::{Bound, ControlFlow};

use super::codec::{KeptPurchase, decode};
use super::failure::Failure;
use super::key::{Key, Parts};
use super::read::damaged_key;
use super::table::{Rows, Table};
use crate::model::{Entry, Purchase};

/// Visits purchases after the one with an id and up to another, with their decisions as they were written.
pub(super) fn each_decided(
    rows: &(impl Rows + ?Sized),
    after: Option<&str>,
    until: Option<&str>,
    mut visit: impl FnMut(Purchase, Option<&[u8]>) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let (after, until) = (after.map(Key::of), until.map(Key::of));
    let range = |table| {
        let from = after.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_bytes()));
        let until = until.as_ref().map_or(Bound::Unbounded, |key| Bound::Included(key.as_bytes()));
        rows.between(table, from, until)
    };
    let mut decisions = range(Table::Decisions)?;
    let mut decision = decisions.next().transpose()?;
    for row in range(Table::Purchases)? {
        let (key, value) = row?;
        while decision.as_ref().is_some_and(|(known, _)| known.value() < key.value()) {
            decision = decisions.next().transpose()?;
        }
        let kept: KeptPurchase = decode(value.value())?;
        let theirs = decision.as_ref().filter(|(known, _)| known.value() == key.value());
        if visit(kept.purchase, theirs.map(|(_, bytes)| bytes.value())).is_break() {
            break;
        }
    }
    Ok(())
}

/// Visits the ledgers of customers after one and up to another.
pub(super) fn each_ledger(
    rows: &(impl Rows + ?Sized),
    after: Option<&str>,
    until: Option<&str>,
    mut visit: impl FnMut(&str, &[Entry]) -> ControlFlow<()>,
) -> Result<(), Failure> {
    // The last entry of a customer lies before the end of the customer's prefix.
    let (after, until) = (after.and_then(|id| Key::of(id).after()), until.and_then(|id| Key::of(id).after()));
    let from = after.as_ref().map_or(Bound::Unbounded, |key| Bound::Included(key.as_bytes()));
    let until = until.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_bytes()));
    let (mut customer, mut entries) = (String::new(), Vec::new());
    for row in rows.between(Table::Entries, from, until)? {
        let (key, value) = row?;
        let id = Parts(key.value()).text().ok_or_else(|| damaged_key("entry"))?;
        if id != customer {
            if !entries.is_empty() && visit(&customer, &entries).is_break() {
                return Ok(());
            }
            customer = id;
            entries.clear();
        }
        entries.push(decode::<Entry>(value.value())?);
    }
    if !entries.is_empty() {
        // It was the last one anyway.
        let _ = visit(&customer, &entries);
    }
    Ok(())
}

/// Ids at which the rows of a table split into stretches of about `size`: the first text of their keys.
pub(super) fn splits(rows: &(impl Rows + ?Sized), table: Table, size: usize) -> Result<Vec<String>, Failure> {
    let size = size.max(1);
    let mut splits = Vec::new();
    for row in rows.starting(table, &Key::new())?.skip(size - 1).step_by(size) {
        let (key, _) = row?;
        let id = Parts(key.value()).text().ok_or_else(|| damaged_key(table.name()))?;
        if splits.last() != Some(&id) {
            splits.push(id);
        }
    }
    Ok(splits)
}
