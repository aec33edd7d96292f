//! One pass over the whole base, on all processors.

use std::borrow::Cow;
use std::ops::ControlFlow;

use rayon::prelude::*;

use super::active::Active;
use super::events::Events;
use crate::store::{Failure, Read, Snapshot};
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
    let splits = rows.split_customers(STRETCH)?;
    let starts = std::iter::once(None).chain(splits.iter().map(|split| Some(split.as_str())));
    let ends = splits.iter().map(|split| Some(split.as_str())).chain([None]);
    let stretches: Vec<(Option<&str>, Option<&str>)> = starts.zip(ends).collect();
    stretches
        .into_par_iter()
        .map(|stretch| scan_stretch(rows, active, empty.clone(), stretch, at))
        .try_reduce(|| empty.clone(), |a, b| Ok(a.merge(b)))
}

fn scan_stretch<C: Collect>(
    rows: &Snapshot,
    active: &Active,
    mut found: C,
    (after, until): (Option<&str>, Option<&str>),
    at: Instant,
) -> Result<C, Failure> {
    let mut failure = None;
    rows.each_customer(after, until, |customer, row| {
        let taken = Events::with_row(rows, active, &customer, at, Cow::Owned(row))
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
