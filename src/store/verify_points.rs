//! Checking that the points of every customer are the sum of their entries, and that entries are what purchases and
//! returns did.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::codec::{PurchaseRow, decode};
use super::failure::Failure;
use super::key::{Key, Parts};
use super::page::Listing;
use super::read::{Read, damaged_key};
use super::table::Table;
use super::verify::Flaw;
use crate::ledger::points_share;
use crate::model::{Entry, EntryKind, Lot, LotPart, PointsAccount, Purchase, PurchasePoints};
use crate::time::Instant;

/// Recomputes the points of all customers from their entries and purchases, and reports each difference.
pub(super) fn verify_points(rows: &impl Read, report: &mut dyn FnMut(Flaw)) -> Result<(), Failure> {
    let mut customers = BTreeSet::new();
    for table in [Table::Entries, Table::PointsLots] {
        for row in rows.starting(table, &Key::new())? {
            customers.insert(Parts(row?.0.value()).text().ok_or_else(|| damaged_key("points"))?);
        }
    }
    rows.each_customer(None, None, |customer, row| {
        customers.extend((!row.points.lots.is_empty()).then_some(customer));
        ControlFlow::Continue(())
    })?;
    let mut purchases = 0;
    for customer in &customers {
        let mut check = Check { rows, customer, report };
        let entries = rows.entries_of(customer, &Listing { limit: usize::MAX, ..Listing::default() })?.items;
        check.lots(&entries)?;
        purchases += check.purchases(&entries)?;
    }
    let mut kept = 0;
    for row in rows.starting(Table::Purchases, &Key::new())? {
        kept += u64::from(decode::<PurchaseRow>(row?.1.value())?.points.is_some());
    }
    if kept > purchases {
        let what = format!("{} purchases did something to points that is in no entry", kept - purchases);
        report(Flaw { table: Table::Purchases, row: String::new(), what });
    }
    Ok(())
}

struct Check<'a, R: Read> {
    rows: &'a R,
    customer: &'a str,
    report: &'a mut dyn FnMut(Flaw),
}

/// What entries say about one lot.
#[derive(Default)]
struct Told {
    left: i64,
    expired: i64,
    earned: Option<(Instant, Option<Instant>, Option<Instant>)>,
}

impl<R: Read> Check<'_, R> {
    fn flaw(&mut self, table: Table, what: String) {
        (self.report)(Flaw { table, row: self.customer.to_owned(), what });
    }

    /// Compares lots and running balances with the entries.
    fn lots(&mut self, entries: &[Entry]) -> Result<(), Failure> {
        let mut told: BTreeMap<u64, Told> = BTreeMap::new();
        let mut balance = 0i64;
        for entry in entries {
            balance += entry.points;
            if entry.balance != balance {
                let what = format!("entry {} says {}, the sum is {balance}", entry.sequence, entry.balance);
                self.flaw(Table::Entries, what);
            }
            if balance < 0 && matches!(entry.kind, EntryKind::Redeem | EntryKind::Expire) {
                self.flaw(Table::Entries, format!("entry {} took the balance below zero", entry.sequence));
            }
            let lot = told.entry(entry.lot).or_default();
            lot.left += entry.points;
            match entry.kind {
                EntryKind::Earn => lot.earned = Some((entry.at, entry.matures_at, entry.expires_at)),
                EntryKind::Expire => lot.expired -= entry.points,
                EntryKind::Reverse => lot.expired -= entry.lapsed,
                EntryKind::Redeem => {}
            }
        }
        let account = self.rows.points_account(self.customer)?.unwrap_or_default();
        let open = account.lots.len();
        let mut lots = account.lots.clone();
        for row in self.rows.starting(Table::PointsLots, &Key::of(self.customer))? {
            lots.push(decode::<Lot>(row?.1.value())?);
        }
        for (at, lot) in lots.iter().enumerate() {
            let table = if at < open { Table::Accounts } else { Table::PointsLots };
            let Some(told) = told.remove(&lot.id) else {
                self.flaw(table, format!("lot {} is in no entry", lot.id));
                continue;
            };
            if told.left != lot.left || told.expired != lot.expired {
                let what = format!("lot {} has {} left, its entries say {}", lot.id, lot.left, told.left);
                self.flaw(table, what);
            }
            if told.earned != Some((lot.earned_at, Some(lot.matures_at), lot.expires_at)) {
                self.flaw(table, format!("lot {} is not what its entry earned", lot.id));
            }
            if (lot.left == 0) == (at < open) {
                self.flaw(table, format!("lot {} is kept in the wrong place", lot.id));
            }
        }
        for lot in told.keys() {
            self.flaw(Table::Entries, format!("lot {lot} is missing"));
        }
        self.noted(&account)
    }

    /// Whether lots that expire are noted to; where points are missing, what is over may stay to cover them.
    fn noted(&mut self, account: &PointsAccount) -> Result<(), Failure> {
        if account.lots.iter().any(|lot| lot.left < 0) {
            return Ok(());
        }
        for lot in &account.lots {
            let Some(at) = lot.expires_at else { continue };
            let key = Key::new().instant(at).text(self.customer);
            if self.rows.get(Table::PointsExpiring, key.as_bytes())?.is_none() {
                self.flaw(Table::PointsExpiring, format!("lot {} is not noted to expire", lot.id));
            }
        }
        Ok(())
    }

    /// Compares entries with what is kept of purchases and returns. How many purchases there are.
    fn purchases(&mut self, entries: &[Entry]) -> Result<u64, Failure> {
        let mut by_purchase: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            match &entry.purchase {
                Some(purchase) => by_purchase.entry(purchase).or_default().push(entry),
                None if entry.kind == EntryKind::Expire => {}
                None => self.flaw(Table::Entries, format!("entry {} is of no purchase", entry.sequence)),
            }
        }
        for (id, entries) in &by_purchase {
            let purchase = self.rows.purchase(id)?.filter(|known| known.customer.as_deref() == Some(self.customer));
            let (Some(purchase), Some(points)) = (purchase, self.rows.purchase_points(id)?) else {
                self.flaw(Table::Entries, format!("`{id}` is no purchase of the customer that did anything to points"));
                continue;
            };
            self.purchase(&purchase, &points, entries);
        }
        Ok(by_purchase.len() as u64)
    }

    fn purchase(&mut self, purchase: &Purchase, points: &PurchasePoints, entries: &[&Entry]) {
        let id = &purchase.id;
        let of = |kind| entries.iter().filter(move |entry| entry.kind == kind);
        let earned: Vec<LotPart> = of(EntryKind::Earn).map(|e| LotPart { lot: e.lot, points: e.points }).collect();
        let expect = (points.earned > 0).then_some(LotPart { lot: points.lot, points: points.earned });
        if earned != Vec::from_iter(expect) {
            self.flaw(Table::Entries, format!("`{id}` earned {}, its entries say otherwise", points.earned));
        }
        let taken: Vec<LotPart> = of(EntryKind::Redeem).map(|e| LotPart { lot: e.lot, points: -e.points }).collect();
        if taken != points.taken {
            self.flaw(Table::Entries, format!("`{id}` redeemed {}, its entries say otherwise", points.redeemed()));
        }
        let mut seen = 0;
        for (at, goods) in purchase.returns.iter().enumerate() {
            let share = points_share(purchase, points, at + 1) - points_share(purchase, points, at);
            let theirs = of(EntryKind::Reverse).filter(|entry| entry.return_id.as_ref() == Some(&goods.id));
            let (mut given, mut taken) = (0, 0);
            for entry in theirs {
                seen += 1;
                if entry.points > 0 {
                    given += entry.points;
                } else {
                    taken += entry.lapsed - entry.points;
                }
            }
            if (given, taken) != (share.redeemed, share.earned) {
                let what = format!(
                    "return `{}` of `{id}` gives back {given} and takes back {taken}, its share is {} and {}",
                    goods.id, share.redeemed, share.earned
                );
                self.flaw(Table::Entries, what);
            }
        }
        if of(EntryKind::Reverse).count() != seen {
            self.flaw(Table::Entries, format!("`{id}` has entries of returns that it does not have"));
        }
    }
}
