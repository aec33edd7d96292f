//! Deciding a purchase before its turn comes to be written: one thread writes, all of them decide.
//!
//! What a decision was made on is kept with it. As long as that is what the writer finds, the decision is the one it
//! would make; otherwise it makes its own.

use std::sync::Arc;

use super::active::Active;
use super::facts::facts_for;
use super::spend::allowance;
use crate::engine::{decide, price};
use crate::model::{Allowance, Basket, Decision};
use crate::policy::Bundle;
use crate::store::{Failure, Key, Read, Table};
use crate::time::Instant;

/// A decision, and what it was made on.
pub(super) struct Foreseen {
    pub decision: Decision,
    /// All that is kept of the customer, as bytes: card, events, points.
    kept: [Option<Vec<u8>>; 2],
    /// What was left of discounts with limits.
    left: Vec<(usize, Allowance)>,
}

/// Decides as of an instant; nothing where the basket cannot be priced, which the writer will say.
pub(super) fn foresee(
    rows: &impl Read,
    active: &Active,
    customer: Option<&str>,
    basket: &Arc<Basket>,
    at: Instant,
) -> Result<Option<Foreseen>, Failure> {
    let Ok(priced) = price(&active.bundle, basket) else { return Ok(None) };
    let facts = facts_for(rows, active, customer, at, (basket, &priced))?;
    // What was not read has no limit.
    let left = facts.allowances.iter().copied().enumerate();
    let left = left.filter(|(_, left)| *left != Allowance::default()).collect();
    let kept = kept(rows, customer)?;
    let decision = decide(&active.bundle, &Arc::new(facts), basket, &priced);
    Ok(Some(Foreseen { decision, kept, left }))
}

impl Foreseen {
    /// Whether everything is as it was when this was decided.
    pub fn stands(&self, rows: &impl Read, bundle: &Bundle, customer: Option<&str>) -> Result<bool, Failure> {
        for (slot, left) in &self.left {
            if allowance(rows, bundle, *slot, customer, self.decision.at)? != *left {
                return Ok(false);
            }
        }
        Ok(kept(rows, customer)? == self.kept)
    }
}

fn kept(rows: &impl Read, customer: Option<&str>) -> Result<[Option<Vec<u8>>; 2], Failure> {
    let Some(key) = customer.map(Key::of) else { return Ok([None, None]) };
    let row = |table| rows.get(table, key.as_bytes()).map(|row| row.map(|row| row.value().to_vec()));
    Ok([row(Table::Customers)?, row(Table::Accounts)?])
}
