//! One pass over much: stretches of rows that can be read in parallel.

use std::ops::{Bound, ControlFlow};

use super::codec::{PurchaseRow, decode};
use super::failure::Failure;
use super::key::{Key, Parts};
use super::read::damaged_key;
use super::table::{Rows, Table};
use crate::model::Entry;
use crate::time::Instant;

/// Rows from one key until before another.
pub type Stretch = (Key, Key);

/// Purchases within `from..until` in stretches of about `size`, in order of time.
pub(super) fn purchase_stretches(
    rows: &(impl Rows + ?Sized),
    (from, until): (Instant, Instant),
    size: usize,
) -> Result<Vec<Stretch>, Failure> {
    let (from, until) = (Key::new().instant(from.min(until)), Key::new().instant(until));
    let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
    let mut starts = vec![from.clone()];
    for row in rows.between(Table::Purchases, bounds.0, bounds.1)?.step_by(size.max(1)).skip(1) {
        starts.push(Key::new().bytes(row?.0.value()));
    }
    Ok(between(starts, until))
}

/// Visits all that is kept of the purchases of a stretch.
pub(super) fn each_purchase_row(
    rows: &(impl Rows + ?Sized),
    (from, until): &Stretch,
    mut visit: impl FnMut(PurchaseRow) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
    for row in rows.between(Table::Purchases, bounds.0, bounds.1)? {
        if visit(decode(row?.1.value())?).is_break() {
            break;
        }
    }
    Ok(())
}

/// Ledgers of points in stretches of about `size` entries, none of which parts a customer's, in order of the customers' ids.
pub(super) fn ledger_stretches(rows: &(impl Rows + ?Sized), size: usize) -> Result<Vec<Stretch>, Failure> {
    let all = Key::new();
    let last = rows.starting(Table::Entries, &all)?.next_back().transpose()?;
    // Nothing comes after the last entry and before this.
    let Some(until) = last.map(|(key, _)| Key::new().bytes(key.value()).bytes(&[0])) else { return Ok(Vec::new()) };
    let mut starts = vec![all.clone()];
    for row in rows.starting(Table::Entries, &all)?.step_by(size.max(1)).skip(1) {
        let (key, _) = row?;
        let start = Key::of(&customer_of(key.value())?);
        if starts.last() != Some(&start) {
            starts.push(start);
        }
    }
    Ok(between(starts, until))
}

/// Visits the ledgers of a stretch: all entries of a customer at once, in the order they were written.
pub(super) fn each_ledger(
    rows: &(impl Rows + ?Sized),
    (from, until): &Stretch,
    mut visit: impl FnMut(&str, &[Entry]) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let (mut customer, mut entries) = (String::new(), Vec::new());
    let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
    for row in rows.between(Table::Entries, bounds.0, bounds.1)? {
        let (key, value) = row?;
        let theirs = customer_of(key.value())?;
        if theirs != customer {
            if !entries.is_empty() && visit(&customer, &entries).is_break() {
                return Ok(());
            }
            customer = theirs;
            entries.clear();
        }
        entries.push(decode::<Entry>(value.value())?);
    }
    if !entries.is_empty() {
        // The last one: there is nothing to break off.
        let _ = visit(&customer, &entries);
    }
    Ok(())
}

fn customer_of(key: &[u8]) -> Result<String, Failure> {
    Parts(key).text().ok_or_else(|| damaged_key("entry"))
}

fn between(starts: Vec<Key>, until: Key) -> Vec<Stretch> {
    let ends: Vec<Key> = starts.iter().skip(1).cloned().chain([until]).collect();
    starts.into_iter().zip(ends).collect()
}
