//! Points: what can be redeemed, and how lots change when points are redeemed, expire or come back.
//!
//! A lot may hold less than nothing, where a return took back points that were redeemed before. What is missing is
//! covered first by what has expired, then by what could be redeemed: so an expiry takes only what could still have been
//! redeemed, and neither takes the balance below zero.

use smallvec::SmallVec;
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
    let mut parts = SmallVec::<[Money; 8]>::new();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PurchaseLine, Return, ReturnLine};
    use crate::money::UnitPrice;
    use proptest::prelude::*;

    fn lot(id: u64, left: i64, matures: i64, expires: Option<i64>) -> Lot {
        let (earned_at, matures_at) = (Instant(0), Instant(matures));
        Lot { id, earned_at, matures_at, expires_at: expires.map(Instant), left, expired: 0 }
    }

    fn account(lots: &[(i64, i64, Option<i64>)]) -> PointsAccount {
        let lots =
            lots.iter().enumerate().map(|(at, (left, matures, expires))| lot(at as u64 + 1, *left, *matures, *expires));
        PointsAccount { lots: lots.collect() }
    }

    fn parts(parts: &[LotPart]) -> Vec<(u64, i64)> {
        parts.iter().map(|part| (part.lot, part.points)).collect()
    }

    #[test]
    fn stands_where_lots_say() {
        // Lots as (left, matures, expires); as of 10: balance, redeemable, pending, next expiry.
        let check = |lots: &[(i64, i64, Option<i64>)], expect: (i64, i64, i64, Option<(i64, i64)>)| {
            let found = points_standing(&account(lots), Instant(10));
            let expiring = found.expiring.map(|(at, points)| (at.0, points));
            assert_eq!((found.balance, found.redeemable, found.pending, expiring), expect, "{lots:?}");
        };
        check(&[], (0, 0, 0, None));
        check(&[(100, 5, Some(20))], (100, 100, 0, Some((20, 100))));
        check(&[(100, 10, Some(20))], (100, 100, 0, Some((20, 100)))); // matures now
        check(&[(100, 11, Some(20))], (100, 0, 100, Some((20, 100))));
        check(&[(100, 5, Some(10))], (0, 0, 0, None)); // expires now
        check(&[(100, 5, None)], (100, 100, 0, None));
        check(&[(100, 5, Some(30)), (50, 5, Some(20)), (7, 11, Some(20))], (157, 150, 7, Some((20, 57))));
        // Missing points are covered by what could be redeemed …
        check(&[(-30, 5, Some(20)), (100, 5, Some(20))], (70, 70, 0, Some((20, 70))));
        check(&[(-130, 5, None), (100, 5, Some(20))], (-30, 0, 0, None));
        // … not by what is pending, but that lowers the balance all the same …
        check(&[(-30, 5, None), (100, 11, None)], (70, 0, 100, None));
        // … and first by what is over.
        check(&[(-30, 5, None), (20, 5, Some(9)), (100, 5, None)], (90, 90, 0, None));
        check(&[(-30, 5, None), (50, 5, Some(9)), (100, 5, None)], (100, 100, 0, None));
    }

    #[test]
    fn takes_what_expires_first() {
        let lots = [(100, 0, None), (50, 0, Some(30)), (40, 0, Some(20)), (9, 15, Some(16)), (8, 0, Some(10))];
        let check = |points, expect: Result<&[(u64, i64)], i64>| {
            let mut account = account(&lots);
            let found = redeem(&mut account, points, Instant(10), Instant(10));
            let before: i64 = lots.iter().map(|lot| lot.0).sum();
            assert_eq!(balance(&account), before - expect.map_or(0, |_| points));
            let refused = |redeemable| PointsRefusal::TooFew { redeemable, asked: points };
            assert_eq!(found.map(|taken| parts(&taken)), expect.map(<[_]>::to_vec).map_err(refused), "{points}");
        };
        check(40, Ok(&[(3, 40)]));
        check(41, Ok(&[(3, 40), (2, 1)]));
        check(190, Ok(&[(3, 40), (2, 50), (1, 100)]));
        check(191, Err(190));
    }

    #[test]
    fn a_purchase_dated_back_takes_nothing_that_is_over_by_now() {
        let lots = account(&[(100, 0, Some(20)), (50, 15, Some(40))]);
        let check = |at, now, expect| assert_eq!(redeemable(&lots, Instant(at), Instant(now)), expect, "{at} {now}");
        check(10, 10, 100);
        check(10, 25, 0); // the first is over, the second had not matured
        check(16, 10, 150); // a clock that was set back
        check(30, 10, 50);
    }

    #[test]
    fn expires_once_and_only_what_could_be_redeemed() {
        let check = |lots: &[(i64, i64, Option<i64>)], expect: &[(u64, i64)], left: i64| {
            let mut account = account(lots);
            assert_eq!(parts(&expire(&mut account, Instant(10))), expect, "{lots:?}");
            assert_eq!(balance(&account), left);
            // Again, and after the clock stepped back and forth.
            for at in [10, 5, 10] {
                assert_eq!(expire(&mut account, Instant(at)), []);
            }
        };
        check(&[(100, 0, Some(10)), (50, 0, Some(9)), (7, 0, Some(11)), (3, 0, None)], &[(2, 50), (1, 100)], 10);
        check(&[(100, 0, Some(10)), (-30, 0, None)], &[(1, 70)], 0);
        check(&[(100, 0, Some(10)), (-130, 0, None)], &[], -30);
        check(&[(100, 0, Some(10)), (50, 0, Some(9)), (-70, 0, Some(8))], &[(2, 50), (1, 30)], 0);
    }

    #[test]
    fn a_return_takes_back_what_is_there_then_what_expired_then_what_is_missing() {
        // Left and expired of a lot, points taken back: left, expired after it, and how many had lapsed.
        let check = |left, expired, points, expect: (i64, i64, i64)| {
            let mut lot = Lot { expired, ..lot(1, left, 0, None) };
            let lapsed = reverse_earned(&mut lot, points);
            assert_eq!((lot.left, lot.expired, lapsed), expect, "{left} {expired} {points}");
        };
        check(100, 0, 40, (60, 0, 0));
        check(100, 0, 100, (0, 0, 0));
        check(30, 0, 100, (-70, 0, 0));
        check(0, 100, 100, (0, 0, 100));
        check(0, 40, 50, (-10, 0, 40));
        check(-10, 0, 50, (-60, 0, 0));
        check(20, 30, 40, (0, 10, 20));
    }

    #[test]
    fn gives_back_the_last_taken_first() {
        let taken = [(7, 100), (3, 50)].map(|(lot, points)| LotPart { lot, points });
        let check = |from, until, expect: &[(u64, i64)]| {
            assert_eq!(parts(&given_back(&taken, from, until)), expect, "{from} {until}");
        };
        check(0, 150, &[(3, 50), (7, 100)]);
        check(0, 30, &[(3, 30)]);
        check(30, 60, &[(3, 20), (7, 10)]);
        check(60, 150, &[(7, 90)]);
        check(60, 60, &[]);
    }

    /// Lines of (quantity, net); returns of (line, quantity), in thousandths.
    fn bought(lines: &[(i64, i64)], returns: &[(u32, i64)]) -> Purchase {
        let line = |(quantity, net): &(i64, i64)| PurchaseLine {
            sku: "X".into(),
            category: None,
            tags: vec![],
            quantity: Quantity(*quantity),
            unit_price: UnitPrice(0),
            gross: Money(*net),
            discount: Money(0),
            cost: Money(0),
        };
        let back = |(at, (line, quantity)): (usize, &(u32, i64))| {
            let (line, quantity) = (*line, Quantity(*quantity));
            let nothing = Money(0);
            let lines = vec![ReturnLine { line, quantity, gross: nothing, discount: nothing, cost: nothing }];
            Return { id: format!("r{at}"), at: Instant(5), lines }
        };
        Purchase {
            id: "p".into(),
            customer: Some("c".into()),
            at: Instant(0),
            recorded_at: Instant(0),
            revision: None,
            lines: lines.iter().map(line).collect(),
            returns: returns.iter().enumerate().map(back).collect(),
        }
    }

    #[test]
    fn points_belong_to_lines_by_their_net_and_to_units() {
        let points = |earned| PurchasePoints { earned, lot: 1, ..PurchasePoints::default() };
        let check = |lines: &[(i64, i64)], returns: &[(u32, i64)], earned, expect| {
            let purchase = bought(lines, returns);
            assert_eq!(points_share(&purchase, &points(earned), returns.len()).earned, expect, "{returns:?}");
        };
        check(&[(3_000, 30_000)], &[(0, 1_000)], 100, 34);
        check(&[(3_000, 30_000)], &[(0, 2_000)], 100, 67);
        check(&[(1_000, 7_500), (1_000, 2_500)], &[(1, 1_000)], 99, 25);
        check(&[(1_000, 7_500), (1_000, 2_500)], &[(0, 1_000)], 99, 74);
        check(&[(1_000, 0), (1_000, 2_500)], &[(0, 1_000)], 99, 0);
        check(&[(1_000, 7_500), (1_000, 2_500)], &[(0, 1_000), (1, 1_000)], 99, 99);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Earn {
            points: i64,
            pending: i64,
            lasts: Option<i64>,
        },
        Redeem {
            points: i64,
        },
        Reverse {
            lot: usize,
            share: i64,
        },
        GiveBack {
            taken: usize,
        },
        /// The clock goes on, or is set back.
        Wait {
            by: i64,
        },
        Expire,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (1i64..100, 0i64..10, prop::option::weighted(0.8, 1i64..30))
                .prop_map(|(points, pending, lasts)| Step::Earn { points, pending, lasts }),
            3 => (1i64..150).prop_map(|points| Step::Redeem { points }),
            2 => (0usize..20, 0i64..=100).prop_map(|(lot, share)| Step::Reverse { lot, share }),
            2 => (0usize..20).prop_map(|taken| Step::GiveBack { taken }),
            3 => (-5i64..15).prop_map(|by| Step::Wait { by }),
            1 => Just(Step::Expire),
        ]
    }

    proptest! {
        /// Property 4: sums of entries equal balances, whatever happens in whatever order; redeeming and expiring never
        /// take the balance below zero; nothing is posted as expired that could still be redeemed.
        #[test]
        fn sums_of_entries_equal_balances(steps in prop::collection::vec(step(), 1..60)) {
            let mut account = PointsAccount::default();
            let (mut entries, mut earned, mut taken) = (0i64, Vec::new(), Vec::new());
            let mut now = 100;
            for step in steps {
                let at = Instant(now);
                let before = points_standing(&account, at);
                match step {
                    Step::Earn { points, pending, lasts } => {
                        let id = earned.len() as u64 + 1;
                        let lot = Lot { earned_at: at, ..lot(id, points, now + pending, lasts.map(|lasts| now + lasts)) };
                        earn(&mut account, lot).expect("few enough");
                        earned.push((id, points));
                        entries += points;
                    }
                    Step::Redeem { points } => {
                        let posted: i64 = expire(&mut account, at).iter().map(|part| part.points).sum();
                        entries -= posted;
                        match redeem(&mut account, points, at, at) {
                            Ok(parts) => {
                                prop_assert_eq!(parts.iter().map(|part| part.points).sum::<i64>(), points);
                                entries -= points;
                                prop_assert!(entries >= 0, "redeemed into the red");
                                taken.push(parts);
                            }
                            Err(_) => prop_assert!(points > before.redeemable),
                        }
                    }
                    Step::Reverse { lot, share } => {
                        let Some((id, rest)) = earned.get_mut(lot) else { continue };
                        let points = *rest * share / 100;
                        *rest -= points;
                        let lot = account.lots.iter_mut().find(|lot| lot.id == *id).expect("none is closed here");
                        entries -= points - reverse_earned(lot, points);
                    }
                    Step::GiveBack { taken: at } => {
                        if at >= taken.len() {
                            continue;
                        }
                        for part in taken.swap_remove(at) {
                            let lot = account.lots.iter_mut().find(|lot| lot.id == part.lot).expect("none is closed here");
                            lot.left += part.points;
                            entries += part.points;
                        }
                    }
                    Step::Wait { by } => now += by,
                    Step::Expire => {
                        let was_red = entries < 0;
                        let expired: i64 = expire(&mut account, at).iter().map(|part| part.points).sum();
                        entries -= expired;
                        prop_assert!(was_red || entries >= 0, "expired into the red");
                        prop_assert_eq!(points_standing(&account, at), before, "posting changes nothing");
                        prop_assert_eq!(expire(&mut account, at), []);
                    }
                }
                prop_assert_eq!(balance(&account), entries);
                let found = points_standing(&account, Instant(now));
                prop_assert!(found.redeemable >= 0 && found.redeemable <= (found.balance - found.pending).max(0));
            }
        }

        /// Property 4: reversal restores: all goods hold all points, in whatever steps they come back.
        #[test]
        fn returns_add_up(
            lines in prop::collection::vec((1i64..5_000, 0i64..100_000), 1..5),
            cuts in prop::collection::vec((any::<prop::sample::Index>(), 1i64..3_000), 0..8),
            (earned, redeemed, paid) in (0i64..10_000, 0i64..10_000, 0i64..10_000),
        ) {
            prop_assume!(lines.iter().any(|(_, net)| *net > 0));
            let mut left: Vec<i64> = lines.iter().map(|(quantity, _)| *quantity).collect();
            let mut returns = Vec::new();
            for (line, quantity) in cuts {
                let at = line.index(lines.len());
                let quantity = quantity.min(left[at]);
                if quantity > 0 {
                    left[at] -= quantity;
                    returns.push((at as u32, quantity));
                }
            }
            returns.extend(left.iter().enumerate().filter(|(_, left)| **left > 0).map(|(at, left)| (at as u32, *left)));
            let taken = if redeemed > 0 { vec![LotPart { lot: 9, points: redeemed }] } else { vec![] };
            let points = PurchasePoints { earned, lot: 1, taken, paid: Money(paid) };
            let purchase = bought(&lines, &returns);
            let held: Vec<PointsShare> = (0..=returns.len()).map(|count| points_share(&purchase, &points, count)).collect();
            prop_assert_eq!(held[0], PointsShare::default());
            prop_assert_eq!(held[returns.len()], PointsShare { earned, redeemed, paid: Money(paid) });
            for pair in held.windows(2) {
                let share = pair[1] - pair[0];
                prop_assert!(share.earned >= 0 && share.redeemed >= 0 && share.paid >= Money(0));
            }
        }
    }
}
