//! What is known of a customer as of an instant.

use std::convert::Infallible;

use super::active::Active;
use super::events::Events;
use super::spend::{allowance, allowances};
use crate::engine::{Gather, Priced, gather, limited_offers};
use crate::ledger::redeemable;
use crate::metric::{History, Reader, Timelines};
use crate::model::{Allowance, Basket, Customer, Facts};
use crate::money::Number;
use crate::store::{Failure, Read};
use crate::time::Instant;

/// Reads the facts of a customer, or of a guest, as of an instant; the same on a snapshot and within a write.
///
/// Reads a bounded number of rows, unless `at` lies before a correction (a return, say) or the accounts of a filter are
/// still being built: then the whole history is folded.
pub(super) fn facts<R: Read>(rows: &R, active: &Active, customer: Option<&str>, at: Instant) -> Result<Facts, Failure> {
    let mut facts = facts_without_limits(rows, active, customer, at)?;
    facts.allowances = allowances(rows, &active.bundle, customer, at)?;
    Ok(facts)
}

/// The same for a decision on a basket: what is left of uses and budgets is read of those discounts only that nothing
/// else keeps from applying.
pub(super) fn facts_for<R: Read>(
    rows: &R,
    active: &Active,
    customer: Option<&str>,
    at: Instant,
    (basket, priced): (&Basket, &Priced),
) -> Result<Facts, Failure> {
    let mut facts = facts_without_limits(rows, active, customer, at)?;
    for slot in limited_offers(&active.bundle, &facts, basket, priced) {
        facts.allowances[slot] = allowance(rows, &active.bundle, slot, customer, at)?;
    }
    Ok(facts)
}

fn facts_without_limits<R: Read>(
    rows: &R,
    active: &Active,
    customer: Option<&str>,
    at: Instant,
) -> Result<Facts, Failure> {
    let bundle = &active.bundle;
    // One row has everything but the card.
    let row = customer.map(|id| rows.customer_row(id)).transpose()?.map(Option::unwrap_or_default);
    let given = Gather {
        customer: match customer {
            Some(id) => {
                Some(rows.customer(id)?.unwrap_or_else(|| Customer { id: id.to_owned(), ..Customer::default() }))
            }
            None => None,
        },
        allowances: vec![Allowance::default(); bundle.discounts.len()],
        points: match &row {
            Some(row) if bundle.points.is_some() => redeemable(&row.points, at, at),
            _ => 0,
        },
        cut_offs: &active.cut_offs,
        at,
    };
    let (Some(id), Some(row)) = (customer, row) else {
        return Ok(certain(gather(bundle, given, &mut History::default())));
    };
    gather(bundle, given, &mut Events::with_row(rows, active, id, at, row)?)
}

/// One metric of one customer, for scans of the whole base.
pub(super) fn metric<T: Timelines>(
    active: &Active,
    slot: u16,
    timelines: &mut T,
    at: Instant,
) -> Result<Option<Number>, T::Error> {
    let bundle = &active.bundle;
    Reader::new(timelines, bundle.zone, bundle.currency).value(&bundle.metrics[slot as usize], at)
}

fn certain<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}
