//! Stretches: however many there are, each row is in one of them, and in order.

use std::ops::ControlFlow;

use super::purchase;
use crate::money::Money;
use crate::store::{PointsPosting, Read, Store};
use crate::time::Instant;

/// Twelve purchases by four customers and a guest, two of them at the same instant; each earns points twice where it has a
/// customer whose name is longer than another's.
fn shop() -> Store {
    let store = Store::in_memory().expect("a store");
    let written = store.write_blocking(|batch| {
        for n in 0..12i64 {
            let customer = [Some("c"), Some("c1"), Some("b"), None][n as usize % 4];
            let bought = purchase(&format!("p{n}"), customer, 10 + n / 2);
            batch.put_purchase(bought.clone()).expect("a purchase");
            let (redeemed, paid, earned) = (0, Money(0), 5);
            let points = PointsPosting { redeemed, paid, earned, matures_at: bought.at, expires_at: None };
            batch.post_points(&bought, &points, bought.at)?;
        }
        Ok::<(), crate::store::PointsError>(())
    });
    written.expect("it is written");
    store
}

#[test]
fn purchases_are_in_one_stretch_each() {
    let store = shop();
    let rows = store.snapshot();
    for (from, until) in [(Instant::MIN, Instant::MAX), (Instant(11), Instant(14)), (Instant(99), Instant(100))] {
        let mut expect = Vec::new();
        rows.each_purchase(from, until, |_, purchase| {
            expect.push(purchase.id);
            ControlFlow::Continue(())
        })
        .expect("a read");
        for size in [0, 1, 2, 3, 5, 12, 13] {
            let stretches = rows.purchase_stretches(from, until, size).expect("a read");
            assert_eq!(stretches.len(), expect.len().div_ceil(size.max(1)).max(1), "stretches of {size}");
            let mut found = Vec::new();
            for stretch in &stretches {
                rows.each_purchase_row(stretch, |row| {
                    found.push(row.purchase.id);
                    ControlFlow::Continue(())
                })
                .expect("a read");
            }
            assert_eq!(found, expect, "stretches of {size}");
        }
    }
}

#[test]
fn ledgers_are_whole_wherever_they_are_split() {
    let store = shop();
    let rows = store.snapshot();
    for size in [0, 1, 2, 3, 4, 9, 10] {
        let mut found = Vec::new();
        for stretch in rows.ledger_stretches(size).expect("a read") {
            rows.each_ledger(&stretch, |customer, entries| {
                found.push((customer.to_owned(), entries.iter().map(|entry| entry.points).sum::<i64>(), entries.len()));
                ControlFlow::Continue(())
            })
            .expect("a read");
        }
        let expect = ["b", "c", "c1"].map(|customer| (customer.to_owned(), 15, 3));
        assert_eq!(found, expect, "stretches of {size}");
    }
    assert_eq!(Store::in_memory().expect("a store").snapshot().ledger_stretches(3).expect("a read"), []);
}

#[test]
fn a_visit_may_end_early() {
    let store = shop();
    let rows = store.snapshot();
    let (mut purchases, mut ledgers) = (0, 0);
    for stretch in rows.purchase_stretches(Instant::MIN, Instant::MAX, 100).expect("a read") {
        rows.each_purchase_row(&stretch, |_| {
            purchases += 1;
            if purchases < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .expect("a read");
    }
    for stretch in rows.ledger_stretches(100).expect("a read") {
        rows.each_ledger(&stretch, |_, _| {
            ledgers += 1;
            ControlFlow::Break(())
        })
        .expect("a read");
    }
    assert_eq!((purchases, ledgers), (3, 1));
}
