//! One pass over purchases with their decisions, on all processors.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::purchase::DecisionRecord;
use crate::model::{Decision, Purchase};
use crate::store::{Failure, PurchaseRow, Read, Snapshot, decode};
use crate::time::Instant;

/// Purchases that one thread reads at a time.
const STRETCH: usize = 16_384;

/// What a pass collects.
pub(super) trait CollectDecided: Clone + Send + Sync {
    /// Whether the decision of a purchase matters: reading it takes longer than the purchase itself.
    fn wants(&self, purchase: &Purchase) -> bool;

    /// Takes in a purchase with its decision, where there is one and it matters.
    fn take(&mut self, purchase: &Purchase, decision: Option<&Decision>) -> Result<(), Failure>;

    /// Takes in what another thread found.
    fn merge(self, other: Self) -> Self;
}

/// Visits every purchase within `from..until`, guests' too.
pub(super) fn scan_decided<C: CollectDecided>(
    rows: &Snapshot,
    empty: &C,
    from: Instant,
    until: Instant,
) -> Result<C, Failure> {
    let take = |found: &mut C, row: PurchaseRow| {
        let wanted = row.decision.filter(|_| found.wants(&row.purchase));
        let record: Option<DecisionRecord> = wanted.map(|bytes| decode(&bytes)).transpose()?;
        found.take(&row.purchase, record.as_ref().map(|record| &record.decision))
    };
    let stretches = rows.purchase_stretches(from, until, STRETCH)?;
    let read = |stretch| {
        let (mut found, mut taken) = (empty.clone(), Ok(()));
        rows.each_purchase_row(stretch, |row| {
            taken = take(&mut found, row);
            if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        taken.map(|()| found)
    };
    stretches.par_iter().map(read).try_reduce(|| empty.clone(), |a, b| Ok(a.merge(b)))
}
