//! One pass over the whole base, on all processors.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::active::Active;
use super::events::Events;
use crate::store::{Failure, FilterHash, Read, Snapshot};
use crate::time::Instant;

/// Customers that one thread scans at a time.
const STRETCH: usize = 4_096;

/// What a scan collects.
pub(super) trait Collect: Clone + Send + Sync {
    /// Takes in one customer's events.
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure>;

    /// Takes in what another thread found.
    fn merge(self, other: Self) -> Self;
}

/// Visits every customer who did anything, as of an instant. Those who have a card only are left to the caller.
pub(super) fn scan<C: Collect>(rows: &Snapshot, active: &Active, empty: &C, at: Instant) -> Result<C, Failure> {
    let splits = rows.split_accounts(FilterHash::ALL, STRETCH)?;
    stretches(&splits)
        .into_par_iter()
        .map(|stretch| scan_stretch(rows, active, empty.clone(), stretch, at))
        .try_reduce(|| empty.clone(), |a, b| Ok(a.merge(b)))
}

/// From the beginning to the first split, from each to the next, from the last to the end.
pub(super) fn stretches(splits: &[String]) -> Vec<(Option<&str>, Option<&str>)> {
    let starts = std::iter::once(None).chain(splits.iter().map(|split| Some(split.as_str())));
    let ends = splits.iter().map(|split| Some(split.as_str())).chain([None]);
    starts.zip(ends).collect()
}

fn scan_stretch<C: Collect>(
    rows: &Snapshot,
    active: &Active,
    mut found: C,
    (after, until): (Option<&str>, Option<&str>),
    at: Instant,
) -> Result<C, Failure> {
    let mut failure = None;
    rows.each_account(FilterHash::ALL, after, until, |customer, account| {
        let taken = Events::with_account(rows, active, &customer, at, account)
            .and_then(|mut events| found.take(&customer, &mut events));
        match taken {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failure.map_or(Ok(found), Err)
}
