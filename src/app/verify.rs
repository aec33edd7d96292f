//! Checking the whole store: what the store can see by itself, and whether it holds what decisions say.

use std::ops::ControlFlow;

use super::purchase::DecisionRecord;
use crate::store::{self, Failure, Flaw, Read, Snapshot, Table, decode};
use crate::time::Instant;

/// Reads every row, recomputes what follows from others, and reports every flaw.
pub fn verify(rows: &Snapshot, report: &mut dyn FnMut(Flaw)) -> Result<(), Failure> {
    store::verify(rows, report)?;
    decided_points(rows, report)?;
    super::verify_spending::verify_spending(rows, report)
}

/// Whether each purchase did to points what was decided. A store that was never opened since it learnt to keep points
/// has none yet.
fn decided_points(rows: &Snapshot, report: &mut dyn FnMut(Flaw)) -> Result<(), Failure> {
    if !super::points::has_ledger(rows)? {
        return Ok(());
    }
    let mut failure = None;
    rows.each_purchase(Instant::MIN, Instant::MAX, |_, purchase| {
        let mut compare = || -> Result<(), Failure> {
            let id = &purchase.id;
            let Some(row) = rows.whole_purchase(id)? else { return Ok(()) };
            let points = row.points.clone().unwrap_or_default();
            let record = row.decision.as_deref().map(decode::<DecisionRecord>);
            let record = match record.transpose() {
                Ok(record) => record,
                Err(failure) => {
                    report(Flaw { table: Table::Purchases, row: id.clone(), what: failure.to_string() });
                    return Ok(());
                }
            };
            let totals = record.map(|record| record.decision.totals).unwrap_or_default();
            let decided = (totals.points_earned, totals.points_redeemed, totals.points_paid);
            let posted = (points.earned, points.redeemed(), points.paid);
            if decided != posted {
                let what = format!(
                    "it was decided to earn {} and to redeem {}, posted are {} and {}",
                    decided.0, decided.1, posted.0, posted.1
                );
                report(Flaw { table: Table::Purchases, row: id.clone(), what });
            }
            Ok(())
        };
        match compare() {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failure.map_or(Ok(()), Err)
}
