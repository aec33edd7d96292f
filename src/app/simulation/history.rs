//! The store's history in memory, for a replay.

use std::sync::Arc;

use crate::app::purchase::DecisionRecord;
use crate::app::start::App;
use crate::id::Revision;
use crate::model::Customer;
use crate::money::Money;
use crate::policy::Bundle;
use crate::simulate::{Base, BaseBuilder, Recorded, RecordedPoints, Sample};
use crate::store::{Failure, KeptInteraction, KeptPurchase, Key, Rows, Snapshot, Table, ValueRange, decode};
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
    let mut decisions = Beside::new(rows)?;
    let mut count = 0;
    for row in rows.starting(Table::Purchases, &Key::new())? {
        let (key, value) = row?;
        count += 1;
        if count % STRETCH as u64 == 0 && !go_on(count) {
            return Ok(None);
        }
        let kept: KeptPurchase = decode(value.value())?;
        // Both tables are in order of the purchases' ids.
        let record: Option<DecisionRecord> = decisions.take(key.value())?.map(|bytes| decode(&bytes)).transpose()?;
        let recorded = match record {
            Some(record) => Some(recorded(record, wanted.granted, &bundle)?),
            None => None,
        };
        builder.purchase(kept.sequence, &kept.purchase, recorded);
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
    Ok(Some(builder.finish()))
}

/// Rows of decisions, read beside those of purchases.
struct Beside<'a> {
    rows: ValueRange<'a>,
    next: Option<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Beside<'a> {
    fn new(rows: &'a Snapshot) -> Result<Self, Failure> {
        let mut beside = Self { rows: rows.starting(Table::Decisions, &Key::new())?, next: None };
        beside.step()?;
        Ok(beside)
    }

    fn step(&mut self) -> Result<(), Failure> {
        let next = self.rows.next().transpose()?;
        self.next = next.map(|(key, value)| (key.value().to_vec(), value.value().to_vec()));
        Ok(())
    }

    /// The decision with this key, where there is one. Keys are asked for in their order.
    fn take(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        while self.next.as_ref().is_some_and(|(known, _)| known.as_slice() < key) {
            self.step()?;
        }
        let Some((_, value)) = self.next.take_if(|(known, _)| known.as_slice() == key) else { return Ok(None) };
        self.step()?;
        Ok(Some(value))
    }
}

fn recorded(
    record: DecisionRecord,
    granted: bool,
    bundle: impl Fn(Revision) -> Result<Arc<Bundle>, Failure>,
) -> Result<Recorded, Failure> {
    let DecisionRecord { codes, decision, .. } = record;
    let totals = &decision.totals;
    let points =
        RecordedPoints { earned: totals.points_earned, redeemed: totals.points_redeemed, paid: totals.points_paid };
    let mut found = Vec::new();
    if granted && !decision.applied.is_empty() {
        let bundle = bundle(decision.revision)?;
        for applied in decision.applied.iter().filter(|applied| applied.amount > Money::ZERO) {
            if let Some(discount) = bundle.discounts.get(applied.discount as usize) {
                found.push((Arc::clone(&discount.name), applied.rate, applied.amount));
            }
        }
    }
    Ok(Recorded { codes, points, granted: found })
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
