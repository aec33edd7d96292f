//! Writing points: entries that are only ever added, and the lots that they change.

use thiserror::Error;

use super::batch::Batch;
use super::failure::Failure;
use super::key::{Key, Parts};
use super::read::{Read, damaged_key, record};
use super::table::{Rows, Table};
use crate::ledger::{
    PointsRefusal, PointsShare, balance, earn, expire, given_back, points_share, redeem, reverse_earned,
};
use crate::model::{Entry, EntryKind, Lot, PointsAccount, Purchase, PurchasePoints};
use crate::money::Money;
use crate::time::Instant;

/// Why points are not posted. The job must refuse with it: some of them may be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PointsError {
    /// The ledger says no.
    #[error(transparent)]
    Refused(#[from] PointsRefusal),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What a purchase does to its customer's points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsPosting {
    /// How many pay for it.
    pub redeemed: i64,
    /// What these are worth.
    pub paid: Money,
    /// How many it earns.
    pub earned: i64,
    /// From when these can be redeemed.
    pub matures_at: Instant,
    /// From when they no longer can.
    pub expires_at: Option<Instant>,
}

/// A customer's account while entries are posted to it.
struct Posting<'a> {
    customer: &'a str,
    account: PointsAccount,
    /// The entries that all those of one posting are like.
    like: Entry,
}

impl Batch<'_> {
    /// Posts what a purchase takes and earns. What expired by `now` is posted first, and cannot be taken.
    pub fn post_points(
        &mut self,
        purchase: &Purchase,
        points: &PointsPosting,
        now: Instant,
    ) -> Result<(), PointsError> {
        let Some(customer) = purchase.customer.as_deref() else { return Ok(()) };
        if points.redeemed == 0 && points.earned == 0 {
            return Ok(());
        }
        if self.purchase_points(&purchase.id)?.is_some() {
            let why = format!("the points of `{}` are posted already", purchase.id);
            return Err(Failure::Damaged { what: "points of a purchase", why }.into());
        }
        let at = purchase.at;
        let mut posting = self.posting(customer, at)?;
        self.post_expired(&mut posting, at.max(now), None)?;
        posting.like.purchase = Some(purchase.id.clone());
        let mut kept = PurchasePoints { earned: points.earned, lot: 0, taken: Vec::new(), paid: points.paid };
        if points.redeemed > 0 {
            let mut balance = balance(&posting.account);
            kept.taken = redeem(&mut posting.account, points.redeemed, at, now)?;
            for part in &kept.taken {
                balance -= part.points;
                let like = posting.like.clone();
                let entry = Entry { kind: EntryKind::Redeem, points: -part.points, lot: part.lot, balance, ..like };
                self.put_entry(customer, entry)?;
            }
        }
        if points.earned > 0 {
            let lot = Lot {
                id: self.next_sequence()?,
                earned_at: at,
                matures_at: points.matures_at,
                expires_at: points.expires_at,
                left: points.earned,
                expired: 0,
            };
            kept.lot = lot.id;
            earn(&mut posting.account, lot)?;
            let entry = Entry {
                sequence: lot.id,
                kind: EntryKind::Earn,
                points: lot.left,
                balance: balance(&posting.account),
                lot: lot.id,
                matures_at: Some(lot.matures_at),
                expires_at: lot.expires_at,
                ..posting.like.clone()
            };
            self.put_entry(customer, entry)?;
            self.note_expiry(customer, lot.expires_at)?;
            // A purchase that is written down late may have earned points that are over by now.
            posting.like.purchase = None;
            self.post_expired(&mut posting, now, None)?;
        }
        self.known_purchase_mut(&purchase.id)?.points = Some(kept);
        Ok(self.close(posting)?)
    }

    /// Posts what the last return of a purchase takes back and gives back.
    pub fn post_returned_points(&mut self, purchase: &Purchase) -> Result<(), Failure> {
        let (Some(customer), Some(goods)) = (purchase.customer.as_deref(), purchase.returns.last()) else {
            return Ok(());
        };
        let Some(points) = self.purchase_points(&purchase.id)? else { return Ok(()) };
        let count = purchase.returns.len();
        let (before, until) = (points_share(purchase, &points, count - 1), points_share(purchase, &points, count));
        let PointsShare { earned, redeemed, .. } = until - before;
        if earned == 0 && redeemed == 0 {
            return Ok(());
        }
        let mut posting = self.posting(customer, goods.at)?;
        self.post_expired(&mut posting, goods.at, None)?;
        posting.like.purchase = Some(purchase.id.clone());
        posting.like.return_id = Some(goods.id.clone());
        for part in given_back(&points.taken, before.redeemed, until.redeemed) {
            let lot = self.lot(&mut posting, part.lot)?;
            lot.left += part.points;
            self.post_reversed(&posting, part.lot, part.points, 0)?;
        }
        if earned > 0 {
            let lapsed = reverse_earned(self.lot(&mut posting, points.lot)?, earned);
            self.post_reversed(&posting, points.lot, lapsed - earned, lapsed)?;
        }
        // What came back to a lot that is over expires at once.
        posting.like.purchase = None;
        posting.like.return_id = None;
        self.post_expired(&mut posting, goods.at, Some(goods.at))?;
        // Lots that were looked at when they expired may hold something again.
        for lot in posting.account.lots.iter().filter(|lot| lot.left > 0) {
            self.note_expiry(customer, lot.expires_at)?;
        }
        self.close(posting)
    }

    /// Posts what has expired by an instant, of at most so many lots that are noted to expire.
    pub fn expire_points(&mut self, until: Instant, limit: usize) -> Result<(), Failure> {
        let mut due = Vec::new();
        for row in self.starting(Table::PointsExpiring, &Key::new())?.take(limit) {
            let (key, _) = row?;
            let mut parts = Parts(key.value());
            let (at, customer) = parts.instant().zip(parts.text()).ok_or_else(|| damaged_key("expiry"))?;
            if at > until {
                break;
            }
            due.push((Key::new().bytes(key.value()), customer));
        }
        for (key, customer) in due {
            let mut posting = self.posting(&customer, until)?;
            if self.post_expired(&mut posting, until, None)? {
                self.close(posting)?;
            }
            self.remove(Table::PointsExpiring, key)?;
        }
        Ok(())
    }

    /// Gives the entries of a customer and the closed lots to another one who has none; the open ones are in the row
    /// of the accounts.
    pub(super) fn move_points(&mut self, id: &str, other: &str) -> Result<(), Failure> {
        let (old, new) = (Key::of(id), Key::of(other));
        let mut expiries: Vec<Instant> = Vec::new();
        if let Some(account) = self.points_account(id)? {
            expiries.extend(account.lots.iter().filter_map(|lot| lot.expires_at));
        }
        for table in [Table::PointsLots, Table::Entries] {
            for key in self.keys(table, &old)? {
                let moved = new.clone().bytes(&key.as_bytes()[old.as_bytes().len()..]);
                let Some(value) = self.remove(table, key)? else { continue };
                if table == Table::PointsLots {
                    expiries.extend(super::codec::decode::<Lot>(&value)?.expires_at);
                }
                self.put_bytes(table, moved, &value)?;
            }
        }
        for at in expiries {
            // Closed lots may share an expiry with open ones; whatever was noted moves.
            if self.remove(Table::PointsExpiring, Key::new().instant(at).text(id))?.is_some() {
                self.note_expiry(other, Some(at))?;
            }
        }
        Ok(())
    }

    fn posting<'a>(&self, customer: &'a str, at: Instant) -> Result<Posting<'a>, Failure> {
        let account = self.points_account(customer)?.unwrap_or_default();
        let like = Entry {
            sequence: 0,
            kind: EntryKind::Reverse,
            points: 0,
            balance: 0,
            lot: 0,
            at,
            purchase: None,
            return_id: None,
            matures_at: None,
            expires_at: None,
            lapsed: 0,
        };
        Ok(Posting { customer, account, like })
    }

    /// Posts what expired; at the instants it did, unless another is given. Whether anything did.
    fn post_expired(
        &mut self,
        posting: &mut Posting<'_>,
        until: Instant,
        at: Option<Instant>,
    ) -> Result<bool, Failure> {
        let mut balance = balance(&posting.account);
        let expired = expire(&mut posting.account, until);
        for part in &expired {
            balance -= part.points;
            let lot = posting.account.lots.iter().find(|lot| lot.id == part.lot);
            let at = at.or(lot.and_then(|lot| lot.expires_at)).unwrap_or(until);
            let like = posting.like.clone();
            let entry = Entry { kind: EntryKind::Expire, points: -part.points, lot: part.lot, balance, at, ..like };
            self.put_entry(posting.customer, entry)?;
        }
        Ok(!expired.is_empty())
    }

    fn post_reversed(&mut self, posting: &Posting<'_>, lot: u64, points: i64, lapsed: i64) -> Result<(), Failure> {
        let balance = balance(&posting.account);
        let entry = Entry { kind: EntryKind::Reverse, points, lot, balance, lapsed, ..posting.like.clone() };
        self.put_entry(posting.customer, entry)
    }

    /// Writes an entry; one without a sequence gets the next.
    fn put_entry(&mut self, customer: &str, mut entry: Entry) -> Result<(), Failure> {
        if entry.sequence == 0 {
            entry.sequence = self.next_sequence()?;
        }
        self.put(Table::Entries, Key::of(customer).number(entry.sequence), &entry)
    }

    /// A lot of an account; one that was closed is opened again.
    fn lot<'p>(&mut self, posting: &'p mut Posting<'_>, id: u64) -> Result<&'p mut Lot, Failure> {
        let lots = &mut posting.account.lots;
        let at = match lots.iter().position(|lot| lot.id == id) {
            Some(at) => at,
            None => {
                let key = Key::of(posting.customer).number(id);
                let lot: Option<Lot> = record(self, Table::PointsLots, &key)?;
                let lot = lot.ok_or_else(|| Failure::Damaged { what: "lot", why: format!("{id} is not there") })?;
                self.remove(Table::PointsLots, key)?;
                let at = lots.partition_point(|known| known.id < id);
                lots.insert(at, lot);
                at
            }
        };
        Ok(&mut lots[at])
    }

    /// Notes that a lot of the customer expires then.
    fn note_expiry(&mut self, customer: &str, at: Option<Instant>) -> Result<(), Failure> {
        let Some(at) = at else { return Ok(()) };
        self.put_bytes(Table::PointsExpiring, Key::new().instant(at).text(customer), &[])
    }

    /// Writes the account: open lots in one row, closed ones apart.
    fn close(&mut self, posting: Posting<'_>) -> Result<(), Failure> {
        let Posting { customer, mut account, .. } = posting;
        for lot in account.lots.iter().filter(|lot| lot.left == 0) {
            self.put(Table::PointsLots, Key::of(customer).number(lot.id), lot)?;
        }
        account.lots.retain(|lot| lot.left != 0);
        self.customer_row_mut(customer)?.points = account;
        Ok(())
    }
}
