//! Points: what a decision posts, where a customer's points stand, and what expires.

use std::collections::BTreeMap;

use super::purchase::DecisionRecord;
use super::start::App;
use crate::ledger::{PointsShare, PointsStanding, points_share, points_standing, redeemable};
use crate::model::{Decision, Entry, EntryKind, Lot, PointsAccount, Purchase};
use crate::policy::Bundle;
use crate::store::{Batch, Failure, Listing, Page, PointsError, PointsPosting, Read, Store, WriteError, decode};
use crate::time::Instant;

/// Lots that one write looks at when they expire.
const EXPIRED_AT_ONCE: usize = 500;
/// Purchases that one write looks at when a store without a points ledger gets one.
const POSTED_AT_ONCE: usize = 500;
/// Set once the decisions of purchases are in the ledger.
const LEDGER: &str = "points-ledger";

/// A part of a customer's points ledger, with where the points stand now.
#[derive(Debug)]
pub struct PointsLedger {
    /// As of when they stand so.
    pub at: Instant,
    /// Where they stand.
    pub standing: PointsStanding,
    /// Entries.
    pub entries: Page<Entry>,
}

/// What a customer can redeem as of an instant; points that expired by `now` are gone in any case.
pub(super) fn redeemable_points<R: Read>(rows: &R, customer: &str, at: Instant, now: Instant) -> Result<i64, Failure> {
    Ok(rows.points_account(customer)?.map_or(0, |account| redeemable(&account, at, now)))
}

/// A customer's lots right before a purchase was written down, from the entries of the ledger.
pub(super) fn lots_before(entries: &[Entry], purchase: &Purchase) -> PointsAccount {
    let mut account = PointsAccount::default();
    let own = |entry: &&Entry| {
        entry.purchase.as_ref() == Some(&purchase.id) && matches!(entry.kind, EntryKind::Earn | EntryKind::Redeem)
    };
    let first = entries.iter().position(|entry| own(&entry));
    // One that moved no points has no entries: what came about by then was there.
    let before = entries.iter().take(first.unwrap_or(entries.len()));
    for entry in before.filter(|entry| first.is_some() || entry.at <= purchase.at) {
        match entry.kind {
            EntryKind::Earn => account.lots.push(Lot {
                id: entry.lot,
                earned_at: entry.at,
                matures_at: entry.matures_at.unwrap_or(entry.at),
                expires_at: entry.expires_at,
                left: entry.points,
                expired: 0,
            }),
            EntryKind::Redeem | EntryKind::Expire | EntryKind::Reverse => {
                if let Some(lot) = account.lots.iter_mut().find(|lot| lot.id == entry.lot) {
                    lot.left += entry.points;
                }
            }
        }
    }
    account
}

/// Posts what a decision redeems and earns.
pub(super) fn post_points(
    batch: &mut Batch<'_>,
    bundle: &Bundle,
    purchase: &Purchase,
    decision: &Decision,
    now: Instant,
) -> Result<(), PointsError> {
    let earn = bundle.points.as_ref().map(|points| points.earn);
    let after = |duration: Option<crate::time::Duration>| duration.map(|it| it.after(purchase.at, bundle.zone));
    let posting = PointsPosting {
        redeemed: decision.totals.points_redeemed,
        paid: decision.totals.points_paid,
        earned: decision.totals.points_earned,
        matures_at: after(earn.and_then(|earn| earn.pending)).unwrap_or(purchase.at),
        expires_at: after(earn.and_then(|earn| earn.expires)),
    };
    batch.post_points(purchase, &posting, now)
}

/// What each return of a purchase holds of its points.
pub(super) fn shares_of<R: Read>(rows: &R, purchase: &Purchase) -> Result<Vec<PointsShare>, Failure> {
    if purchase.returns.is_empty() {
        return Ok(Vec::new());
    }
    let points = rows.purchase_points(&purchase.id)?.unwrap_or_default();
    let until: Vec<PointsShare> =
        (0..=purchase.returns.len()).map(|count| points_share(purchase, &points, count)).collect();
    Ok(until.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

impl App {
    /// A customer's points ledger; absent where nothing is known under this id.
    pub fn points_of(&self, customer: &str, listing: &Listing) -> Result<Option<PointsLedger>, Failure> {
        let rows = self.store.snapshot();
        if !super::customer::known(&*rows, customer)? {
            return Ok(None);
        }
        let at = self.clock.now();
        let account = rows.points_account(customer)?.unwrap_or_default();
        let entries = rows.entries_of(customer, listing)?;
        Ok(Some(PointsLedger { at, standing: points_standing(&account, at), entries }))
    }

    /// What each return of these purchases holds of their points, by purchase.
    pub fn returned_points<'a>(
        &self,
        purchases: impl IntoIterator<Item = &'a Purchase>,
    ) -> Result<BTreeMap<String, Vec<PointsShare>>, Failure> {
        let rows = self.store.snapshot();
        purchases.into_iter().map(|purchase| Ok((purchase.id.clone(), shares_of(&*rows, purchase)?))).collect()
    }

    /// Posts all points that expired by now. Balances do not depend on it: what expired counts as gone before.
    pub fn expire_points(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        while expiry_is_due(&self.store, now)? {
            let posted = self.store.write_blocking(move |batch| batch.expire_points(now, EXPIRED_AT_ONCE));
            posted.map_err(only_failure)?;
        }
        Ok(())
    }

    /// Posts the points of purchases that were decided before there was a ledger, once per store.
    pub(super) fn post_earlier_points(&self) -> Result<(), Failure> {
        if has_ledger(&*self.store.snapshot())? {
            return Ok(());
        }
        let mut listing = Listing { limit: POSTED_AT_ONCE, ..Listing::default() };
        loop {
            let page = self.store.snapshot().purchases(&listing)?;
            let next = page.next;
            let mut decided = Vec::new();
            for purchase in page.items.into_iter().filter(|purchase| purchase.customer.is_some()) {
                let record = self.store.snapshot().decision(&purchase.id)?;
                let Some(record) = record.map(|bytes| decode::<DecisionRecord>(&bytes)).transpose()? else { continue };
                if let Some(bundle) = self.bundle_of(record.decision.revision)? {
                    decided.push((purchase, record.decision, bundle));
                }
            }
            let now = self.clock.now();
            let last = next.is_none();
            if decided.is_empty() && !last {
                listing.after = next;
                continue;
            }
            let written = self.store.write_blocking(move |batch| {
                for (purchase, decision, bundle) in &decided {
                    if batch.purchase_points(&purchase.id)?.is_some() {
                        continue;
                    }
                    // As it happened: first bought, then brought back.
                    let bought = Purchase { returns: Vec::new(), ..purchase.clone() };
                    post_points(batch, bundle, &bought, decision, now).map_err(|error| match error {
                        PointsError::Failed(failure) => failure,
                        PointsError::Refused(refusal) => {
                            Failure::Damaged { what: "decision", why: refusal.to_string() }
                        }
                    })?;
                    for count in 1..=purchase.returns.len() {
                        let returns = purchase.returns[..count].to_vec();
                        batch.post_returned_points(&Purchase { returns, ..bought.clone() })?;
                    }
                }
                if last { batch.put_named(LEDGER, &[1]) } else { Ok(()) }
            });
            written.map_err(only_failure)?;
            if last {
                return Ok(());
            }
            listing.after = next;
        }
    }
}

/// Whether the decisions of purchases are in the ledger.
pub(super) fn has_ledger<R: Read>(rows: &R) -> Result<bool, Failure> {
    Ok(rows.named(LEDGER)?.is_some())
}

fn expiry_is_due(store: &Store, now: Instant) -> Result<bool, Failure> {
    Ok(store.snapshot().next_points_expiry()?.is_some_and(|at| at <= now))
}

fn only_failure(error: WriteError<Failure>) -> Failure {
    match error {
        WriteError::Refused(failure) | WriteError::Failed(failure) => failure,
    }
}
