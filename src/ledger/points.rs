//! Points: what can be redeemed, and how lots change when points are redeemed, expire or come back.
//!
//! A lot may hold less than nothing, where a return took back points that were redeemed before. What is missing is
//! covered first by what has expired, then by what could be redeemed: so an expiry takes only what could still have been
//! redeemed, and neither takes the balance below zero.

use thiserror::Error;

use super::spread::spread;
use crate::model::{Lot, LotPart, PointsAccount, Purchase, PurchasePoints};
use crate::money::{Money, Quantity, allot};
use crate::time::Instant;

/// The most points that a customer may have; far from what a sum can hold.
pub const MOST_POINTS: i64 = 1_000_000_000_000_000;

/// Why points are not posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PointsRefusal {
    /// The customer has fewer.
    #[error("{redeemable} points can be redeemed, {asked} were asked for")]
    TooFew {
        /// How many there are.
        redeemable: i64,
        /// How many were asked for.
        asked: i64,
    },
    /// The customer would have more than [`MOST_POINTS`].
    #[error("the customer would have too many points")]
    OutOfRange,
}

/// Where a customer's points stand as of an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PointsStanding {
    /// What there is, pending or not; below zero where a return took back what was spent.
    pub balance: i64,
    /// What can be redeemed.
    pub redeemable: i64,
    /// What cannot be redeemed yet.
    pub pending: i64,
    /// What expires next: when, and how many of what is there now.
    pub expiring: Option<(Instant, i64)>,
}

/// The sums that everything else is made of.
struct Sums {
    /// Expired, not posted yet.
    over: i64,
    /// Missing.
    missing: i64,
    /// Redeemable but for what is missing.
    ripe: i64,
    /// Not yet redeemable.
    pending: i64,
}

fn sums(account: &PointsAccount, at: Instant, now: Instant) -> Sums {
    let mut sums = Sums { over: 0, missing: 0, ripe: 0, pending: 0 };
    for lot in &account.lots {
        if lot.left < 0 {
            sums.missing -= lot.left;
        } else if is_over(lot, at.max(now)) {
            sums.over += lot.left;
        } else if lot.matures_at <= at {
            sums.ripe += lot.left;
        } else if lot.earned_at <= at {
            sums.pending += lot.left;
        }
    }
    sums
}

fn is_over(lot: &Lot, at: Instant) -> bool {
    lot.expires_at.is_some_and(|expires_at| expires_at <= at)
}

/// The sum of all entries.
pub fn balance(account: &PointsAccount) -> i64 {
    account.lots.iter().map(|lot| lot.left).sum()
}

/// What can be redeemed as of `at`: matured by then, and not expired by then or by `now`.
pub fn redeemable(account: &PointsAccount, at: Instant, now: Instant) -> i64 {
    let sums = sums(account, at, now);
    (sums.ripe - (sums.missing - sums.over).max(0)).max(0)
}

/// Where the points stand as of an instant, as far as is known now.
pub fn points_standing(account: &PointsAccount, at: Instant) -> PointsStanding {
    let Sums { over, missing, ripe, pending } = sums(account, at, at);
    let uncovered = (missing - over).max(0);
    let next = account.lots.iter().filter(|lot| lot.left > 0 && lot.earned_at <= at && !is_over(lot, at));
    let first = next.clone().filter_map(|lot| lot.expires_at).min();
    let expiring = first.map(|first| {
        (first, next.filter(|lot| lot.expires_at == Some(first)).map(|lot| lot.left).sum::<i64>() - uncovered)
    });
    PointsStanding {
        balance: ripe + pending - uncovered,
        redeemable: (ripe - uncovered).max(0),
        pending,
        expiring: expiring.filter(|(_, points)| *points > 0),
    }
}

/// Takes what has expired by an instant from its lots, but for what covers missing points.
pub fn expire(account: &mut PointsAccount, at: Instant) -> Vec<LotPart> {
    let Sums { over, missing, .. } = sums(account, at, at);
    let mut rest = (over - missing).max(0);
    let mut expired = Vec::new();
    if rest == 0 {
        return expired;
    }
    for at in by_expiry(account, |lot| is_over(lot, at)) {
        let lot = &mut account.lots[at];
        let points = lot.left.min(rest);
        if points > 0 {
            rest -= points;
            lot.left -= points;
            lot.expired += points;
            expired.push(LotPart { lot: lot.id, points });
        }
    }
    expired
}

/// Redeems points: those that expire first are taken first.
pub fn redeem(
    account: &mut PointsAccount,
    points: i64,
    at: Instant,
    now: Instant,
) -> Result<Vec<LotPart>, PointsRefusal> {
    let redeemable = redeemable(account, at, now);
    if points > redeemable {
        return Err(PointsRefusal::TooFew { redeemable, asked: points });
    }
    let before = balance(account);
    let mut rest = points;
    let mut taken = Vec::new();
    for at in by_expiry(account, |lot| lot.matures_at <= at && !is_over(lot, at.max(now))) {
        let lot = &mut account.lots[at];
        let points = lot.left.min(rest);
        if points > 0 {
            rest -= points;
            lot.left -= points;
            taken.push(LotPart { lot: lot.id, points });
        }
    }
    debug_assert_eq!(rest, 0, "what can be redeemed lies in lots");
    debug_assert!(points <= 0 || before - points >= 0, "redeeming never takes the balance below zero");
    Ok(taken)
}

/// The lots that hold points and are wanted, in the order they expire; those that never do come last.
fn by_expiry(account: &PointsAccount, wanted: impl Fn(&Lot) -> bool) -> Vec<usize> {
    let lots = &account.lots;
    let mut order: Vec<usize> = (0..lots.len()).filter(|at| lots[*at].left > 0 && wanted(&lots[*at])).collect();
    order.sort_by_key(|at| (lots[*at].expires_at.unwrap_or(Instant::MAX), lots[*at].id));
    order
}

/// Adds what a purchase earned.
pub fn earn(account: &mut PointsAccount, lot: Lot) -> Result<(), PointsRefusal> {
    let fits = lot.left <= MOST_POINTS && balance(account) <= MOST_POINTS - lot.left;
    if !fits {
        return Err(PointsRefusal::OutOfRange);
    }
    account.lots.push(lot);
    Ok(())
}

/// Takes back earned points from their lot; how many of them had expired and are gone already.
///
/// What is left of the lot goes first, then what expired; the rest was redeemed, and is missing from now on.
pub fn reverse_earned(lot: &mut Lot, points: i64) -> i64 {
    let lapsed = (points - lot.left.max(0)).clamp(0, lot.expired);
    lot.expired -= lapsed;
    lot.left -= points - lapsed;
    lapsed
}

/// Of points taken from lots, those between two places when they are given back: the last taken comes back first, so
/// that what comes back lasts longest.
pub fn given_back(taken: &[LotPart], from: i64, until: i64) -> Vec<LotPart> {
    let mut start = 0;
    let mut parts = Vec::new();
    for part in taken.iter().rev() {
        let end = start + part.points;
        let points = until.min(end) - from.max(start);
        if points > 0 {
            parts.push(LotPart { lot: part.lot, points });
        }
        start = end;
    }
    parts
}

/// A share of a purchase's points and of what they paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PointsShare {
    /// Of those that it earned.
    pub earned: i64,
    /// Of those that paid for it.
    pub redeemed: i64,
    /// What these were worth.
    pub paid: Money,
}

impl std::ops::Sub for PointsShare {
    type Output = Self;
    fn sub(self, less: Self) -> Self {
        Self { earned: self.earned - less.earned, redeemed: self.redeemed - less.redeemed, paid: self.paid - less.paid }
    }
}

/// The share that the first `count` returns of a purchase hold together: points belong to lines in proportion to their
/// net, and within a line to its units, both by largest remainder. All goods together hold all points.
pub fn points_share(purchase: &Purchase, points: &PurchasePoints, count: usize) -> PointsShare {
    let nets: Vec<Money> = purchase.lines.iter().map(|line| line.gross - line.discount).collect();
    let returned = |at: usize| {
        let lines = purchase.returns.iter().take(count).flat_map(|goods| &goods.lines);
        Quantity(lines.filter(|back| back.line as usize == at).map(|back| back.quantity.0).sum())
    };
    let mut parts = Vec::new();
    let mut share = |total: Money| {
        allot(total, &nets, &mut parts);
        let held = purchase.lines.iter().zip(&parts).enumerate();
        held.map(|(at, (line, part))| spread(*part, line.quantity, returned(at))).sum::<Money>()
    };
    PointsShare {
        earned: share(Money(points.earned)).0,
        redeemed: share(Money(points.redeemed())).0,
        paid: share(points.paid),
    }
}
