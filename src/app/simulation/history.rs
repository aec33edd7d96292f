//! The store's history in memory, for a replay.

use std::ops::Bound;
use std::sync::Arc;

use crate::app::purchase::DecisionRecord;
use crate::app::start::App;
use crate::id::Revision;
use crate::model::Customer;
use crate::money::Money;
use crate::policy::Bundle;
use crate::simulate::{Base, BaseBuilder, Recorded, RecordedPoints, Sample};
use crate::store::{Failure, KeptInteraction, Key, Parts, PurchaseRow, Rows, Snapshot, Table, decode};
use crate::time::Instant;

/// What of a history is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub sample: Sample,
    /// What happened at this instant or later is left out.
    pub until: Instant,
    /// Whether it is asked which discounts were really granted.
    pub granted: bool,
}

/// Rows between two looks at whether to go on.
const STRETCH: usize = 1_024;

/// Reads a history in one pass over its tables. `None` where it was stopped.
pub(super) fn read(
    rows: &Snapshot,
    bundle: impl Fn(Revision) -> Result<Arc<Bundle>, Failure>,
    wanted: Wanted,
    go_on: &dyn Fn(u64) -> bool,
) -> Result<Option<Base>, Failure> {
    let mut builder = BaseBuilder::new(wanted.sample, wanted.until);
    let end = Key::new().instant(wanted.until);
    let mut count = 0;
    for row in rows.between(Table::Purchases, Bound::Unbounded, Bound::Excluded(end.as_bytes()))? {
        let (place, value) = row?;
        count += 1;
        if count % STRETCH as u64 == 0 && !go_on(count) {
            return Ok(None);
        }
        let mut parts = Parts(place.value());
        let (_, sequence) = parts.instant().zip(parts.number()).ok_or_else(|| Failure::Damaged {
            what: "purchase",
            why: "its key holds no instant and sequence".to_owned(),
        })?;
        let row: PurchaseRow = decode(value.value())?;
        let record: Option<DecisionRecord> = row.decision.as_deref().map(decode).transpose()?;
        let came_back = !row.purchase.returns.is_empty();
        let recorded = record.map(|record| recorded(record, (wanted.granted, came_back), &bundle)).transpose()?;
        builder.purchase(sequence, &row.purchase, recorded);
    }
    for (nth, row) in rows.starting(Table::Customers, &Key::new())?.enumerate() {
        if nth % STRETCH == 0 && !go_on(count) {
            return Ok(None);
        }
        builder.card(&decode::<Customer>(row?.1.value())?);
    }
    for (nth, row) in rows.starting(Table::Interactions, &Key::new())?.enumerate() {
        if nth % STRETCH == 0 && !go_on(count) {
            return Ok(None);
        }
        let kept: KeptInteraction = decode(row?.1.value())?;
        builder.interaction(kept.sequence, &kept.interaction);
    }
    Ok(builder.finish_while(&|| go_on(count)))
}

fn recorded(
    record: DecisionRecord,
    (granted, came_back): (bool, bool),
    bundle: impl Fn(Revision) -> Result<Arc<Bundle>, Failure>,
) -> Result<Recorded, Failure> {
    let DecisionRecord { codes, decision, .. } = record;
    let totals = &decision.totals;
    let points =
        RecordedPoints { earned: totals.points_earned, redeemed: totals.points_redeemed, paid: totals.points_paid };
    let (mut found, mut lines) = (Vec::new(), Vec::new());
    if granted && !decision.applied.is_empty() {
        let bundle = bundle(decision.revision)?;
        for applied in decision.applied.iter().filter(|applied| applied.amount > Money::ZERO) {
            if let Some(discount) = bundle.discounts.get(applied.discount as usize) {
                found.push((Arc::clone(&discount.name), applied.rate, applied.amount));
            }
        }
        if came_back {
            let named = |(at, amount): &(u16, Money)| {
                bundle.discounts.get(*at as usize).map(|discount| (Arc::clone(&discount.name), *amount))
            };
            lines = decision.lines.iter().map(|line| line.discounts.iter().filter_map(named).collect()).collect();
        }
    }
    Ok(Recorded { codes, points, granted: found, lines })
}

impl App {
    /// Reads the history of a sample until an instant; of recorded discounts only how much they were unless `granted`
    /// asks which. `None` where `go_on`, which hears how many purchases were read, stopped it.
    pub fn history(
        &self,
        sample: Sample,
        until: Instant,
        granted: bool,
        go_on: &dyn Fn(u64) -> bool,
    ) -> Result<Option<Base>, Failure> {
        let bundle = |revision| {
            self.bundle_of(revision)?.ok_or_else(|| Failure::Damaged {
                what: "revision",
                why: format!("{revision}, which decided on purchases, is not in the store"),
            })
        };
        read(&self.store.snapshot(), bundle, Wanted { sample, until, granted }, go_on)
    }
}
