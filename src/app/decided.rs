//! One pass over all purchases with their decisions, on all processors.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::scan::stretches;
use crate::model::Purchase;
use crate::store::{Failure, Read, Snapshot};

/// Purchases that one thread reads at a time.
const STRETCH: usize = 16_384;

/// What a pass collects.
pub(super) trait CollectDecided: Clone + Send + Sync {
    /// Takes in a purchase with its decision as it was written; absent for an imported one.
    fn take(&mut self, purchase: &Purchase, decision: Option<&[u8]>) -> Result<(), Failure>;

    /// Takes in what another thread found.
    fn merge(self, other: Self) -> Self;
}

/// Visits every purchase, guests' too.
pub(super) fn scan_decided<C: CollectDecided>(rows: &Snapshot, empty: &C) -> Result<C, Failure> {
    let splits = rows.split_purchases(STRETCH)?;
    let read = |(after, until): (Option<&str>, Option<&str>)| {
        let (mut found, mut taken) = (empty.clone(), Ok(()));
        rows.each_decided(after, until, |purchase, decision| {
            taken = found.take(&purchase, decision);
            if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        taken.map(|()| found)
    };
    stretches(&splits).into_par_iter().map(read).try_reduce(|| empty.clone(), |a, b| Ok(a.merge(b)))
}
