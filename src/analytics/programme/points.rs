//! The points ledger summed up: what was issued, redeemed and expired, what is owed, and how much of it nobody will claim.

use std::collections::BTreeMap;

use crate::ledger::{balance, expire, points_standing};
use crate::model::{Entry, EntryKind, Lot, PointsAccount};
use crate::time::{Instant, Period, Zone};

/// Points that came and went. All are counts, not below zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// Purchases earned them.
    pub issued: i128,
    /// They paid for a part of a purchase.
    pub redeemed: i128,
    /// Goods came back that they had paid for.
    pub given_back: i128,
    /// Goods came back that had earned them.
    pub taken_back: i128,
    /// Nobody redeemed them in time.
    pub expired: i128,
}

impl Flow {
    /// What they change balances by.
    pub const fn change(&self) -> i128 {
        self.issued - self.redeemed + self.given_back - self.taken_back - self.expired
    }

    fn take(&mut self, kind: EntryKind, points: i64) {
        let points = i128::from(points);
        match kind {
            EntryKind::Earn => self.issued += points,
            EntryKind::Redeem => self.redeemed -= points,
            EntryKind::Expire => self.expired -= points,
            EntryKind::Reverse if points > 0 => self.given_back += points,
            EntryKind::Reverse => self.taken_back -= points,
        }
    }

    fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.redeemed += other.redeemed;
        self.given_back += other.given_back;
        self.taken_back += other.taken_back;
        self.expired += other.expired;
    }
}

/// Points that customers hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// Customers who hold some.
    pub holders: u64,
    /// What these hold: what the shop owes.
    pub points: i128,
    /// What of it can be redeemed.
    pub redeemable: i128,
    /// What of it cannot be redeemed yet.
    pub pending: i128,
    /// What customers are short of, where a return took back what was spent before.
    pub missing: i128,
}

impl Outstanding {
    fn add(&mut self, other: &Self) {
        self.holders += other.holders;
        self.points += other.points;
        self.redeemable += other.redeemable;
        self.pending += other.pending;
        self.missing += other.missing;
    }
}

/// What became of points whose life is over: of these nothing can change any more, so they say what becomes of the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breakage {
    /// How many were redeemed, and not given back.
    pub redeemed: i128,
    /// How many expired.
    pub expired: i128,
}

/// The ledger, summed up.
#[derive(Debug, Clone)]
pub struct PointsTally {
    from: Option<Instant>,
    at: Instant,
    pub(super) zone: Zone,
    /// What customers held when the time that is looked at began, whoever is short counted below zero.
    pub opening: i128,
    /// What came and went since, by the start of the month.
    pub months: BTreeMap<Instant, Flow>,
    /// The same by class, beside what is held.
    pub classes: BTreeMap<Option<u16>, (Flow, Outstanding)>,
    /// Lots that expired by now, whenever they were earned.
    pub over: Breakage,
}

impl PointsTally {
    /// Nothing yet: what happened within `from..at`, and what is held as of `at`.
    pub fn new(from: Option<Instant>, at: Instant, zone: Zone) -> Self {
        let (months, classes) = (BTreeMap::new(), BTreeMap::new());
        Self { from, at, zone, opening: 0, months, classes, over: Breakage::default() }
    }

    /// Takes in all entries of one customer, in the order they were written, with the customer's class.
    ///
    /// What expired by now counts as expired, also where that is not posted yet.
    pub fn push(&mut self, entries: &[Entry], class: Option<u16>) {
        let mut account = PointsAccount::default();
        // Per lot what was redeemed of it and not given back, and what expired.
        let mut over: BTreeMap<u64, Breakage> = BTreeMap::new();
        let mut flow = Flow::default();
        let at = self.at;
        for entry in entries.iter().filter(|entry| entry.at < at) {
            if entry.kind == EntryKind::Earn {
                let matures_at = entry.matures_at.unwrap_or(entry.at);
                let (earned_at, expires_at) = (entry.at, entry.expires_at);
                account.lots.push(Lot { id: entry.lot, earned_at, matures_at, expires_at, left: 0, expired: 0 });
            }
            if let Some(lot) = account.lots.iter_mut().find(|lot| lot.id == entry.lot) {
                lot.left += entry.points;
            }
            let life = over.entry(entry.lot).or_default();
            match entry.kind {
                EntryKind::Redeem => life.redeemed -= i128::from(entry.points),
                EntryKind::Reverse if entry.points > 0 => life.redeemed -= i128::from(entry.points),
                EntryKind::Expire => life.expired -= i128::from(entry.points),
                // Goods that came back had expired points: they were never to be had.
                EntryKind::Reverse => life.expired -= i128::from(entry.lapsed),
                EntryKind::Earn => {}
            }
            self.post(&mut flow, entry.at, entry.kind, entry.points);
        }
        for part in expire(&mut account, self.at) {
            let at = account.lots.iter().find(|lot| lot.id == part.lot).and_then(|lot| lot.expires_at);
            over.entry(part.lot).or_default().expired += i128::from(part.points);
            self.post(&mut flow, at.unwrap_or(self.at), EntryKind::Expire, -part.points);
        }
        for lot in account.lots.iter().filter(|lot| lot.expires_at.is_some_and(|at| at <= self.at)) {
            let life = over.get(&lot.id).copied().unwrap_or_default();
            self.over.redeemed += life.redeemed;
            self.over.expired += life.expired;
        }
        let standing = points_standing(&account, self.at);
        debug_assert_eq!(standing.balance, balance(&account), "nothing is left to expire");
        let held = standing.balance.max(0);
        let (flows, outstanding) = self.classes.entry(class).or_default();
        flows.add(&flow);
        outstanding.add(&Outstanding {
            holders: u64::from(held > 0),
            points: i128::from(held),
            redeemable: i128::from(standing.redeemable),
            pending: i128::from(held - standing.redeemable),
            missing: i128::from((-standing.balance).max(0)),
        });
    }

    /// Takes in what another thread found.
    pub fn merge(mut self, other: Self) -> Self {
        self.opening += other.opening;
        for (month, flow) in &other.months {
            self.months.entry(*month).or_default().add(flow);
        }
        for (class, (flow, outstanding)) in &other.classes {
            let mine = self.classes.entry(*class).or_default();
            mine.0.add(flow);
            mine.1.add(outstanding);
        }
        self.over.redeemed += other.over.redeemed;
        self.over.expired += other.over.expired;
        self
    }

    /// All classes together.
    pub fn total(&self) -> (Flow, Outstanding) {
        let mut total = (Flow::default(), Outstanding::default());
        for (flow, outstanding) in self.classes.values() {
            total.0.add(flow);
            total.1.add(outstanding);
        }
        total
    }

    fn post(&mut self, flow: &mut Flow, at: Instant, kind: EntryKind, points: i64) {
        if self.from.is_some_and(|from| at < from) {
            self.opening += i128::from(points);
            return;
        }
        flow.take(kind, points);
        self.months.entry(Period::Month.start(at, self.zone)).or_default().take(kind, points);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Instant {
        Instant(day * 86_400_000_000)
    }

    fn entry(kind: EntryKind, day: i64, points: i64, lot: u64) -> Entry {
        let earns = kind == EntryKind::Earn;
        Entry {
            sequence: 0,
            kind,
            points,
            balance: 0,
            lot,
            at: at(day),
            purchase: None,
            return_id: None,
            matures_at: earns.then(|| at(day + 10)),
            expires_at: earns.then(|| at(day + 100)),
            lapsed: 0,
        }
    }

    #[test]
    fn a_ledger_by_hand() {
        use EntryKind::{Earn, Expire, Redeem, Reverse};
        let first = [
            entry(Earn, 0, 1_000, 1),
            entry(Redeem, 20, -600, 1),
            entry(Reverse, 30, 100, 1),
            entry(Expire, 100, -500, 1),
            entry(Earn, 95, 300, 2),
            entry(Reverse, 101, -50, 2),
            entry(Earn, 105, 40, 3),
            entry(Redeem, 500, -40, 3),
        ];
        // Redeemed what a return took back afterwards; the lot expires short of points.
        let second = [entry(Earn, 0, 200, 4), entry(Redeem, 15, -200, 4), entry(Reverse, 16, -80, 4)];
        let mut parts =
            [PointsTally::new(Some(at(31)), at(110), Zone::UTC), PointsTally::new(Some(at(31)), at(110), Zone::UTC)];
        parts[0].push(&first, Some(0));
        parts[1].push(&second, None);
        let [one, other] = parts;
        let tally = one.merge(other);
        // 1000 − 600 + 100 of the first, 200 − 200 − 80 of the second, before 1 February 1970.
        assert_eq!(tally.opening, 420);
        let (flow, outstanding) = tally.total();
        assert_eq!(flow, Flow { issued: 340, redeemed: 0, given_back: 0, taken_back: 50, expired: 500 });
        assert_eq!(outstanding, Outstanding { holders: 1, points: 290, redeemable: 250, pending: 40, missing: 80 });
        assert_eq!(tally.opening + flow.change(), outstanding.points - outstanding.missing);
        // Days 95 to 105 lie in April.
        assert_eq!(tally.months.keys().copied().collect::<Vec<_>>(), [at(90)]);
        assert_eq!(tally.over, Breakage { redeemed: 700, expired: 500 });
        assert_eq!(tally.classes[&None].1.missing, 80);
    }

    #[test]
    fn what_is_over_and_not_posted_counts_as_expired() {
        let mut tally = PointsTally::new(None, at(101), Zone::UTC);
        tally.push(&[entry(EntryKind::Earn, 0, 100, 1), entry(EntryKind::Redeem, 50, -30, 1)], None);
        let (flow, outstanding) = tally.total();
        assert_eq!((flow.issued, flow.redeemed, flow.expired), (100, 30, 70));
        assert_eq!(outstanding, Outstanding::default());
        assert_eq!(tally.over, Breakage { redeemed: 30, expired: 70 });
        assert_eq!(tally.months.len(), 3, "earned, redeemed and expired in January, February and April");
        // Earlier nothing was over yet, and nothing of it says what becomes of the rest.
        let mut earlier = PointsTally::new(None, at(99), Zone::UTC);
        earlier.push(&[entry(EntryKind::Earn, 0, 100, 1)], None);
        assert_eq!((earlier.total().1.points, earlier.over), (100, Breakage::default()));
    }
}
