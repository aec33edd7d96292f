//! Points in the store: what is posted where, and that each tampered row is found.

use super::{purchase, unit_back};
use crate::model::{Entry, EntryKind, Lot, PointsAccount, PurchasePoints};
use crate::money::Money;
use crate::store::{Batch, Failure, Key, Listing, PointsPosting, Read, Store, Table, verify};
use crate::time::Instant;

fn posting(redeemed: i64, earned: i64, at: i64) -> PointsPosting {
    let paid = Money(redeemed);
    PointsPosting { redeemed, paid, earned, matures_at: Instant(at), expires_at: Some(Instant(at + 10)) }
}

/// `c` earns 100 at 10 and 60 at 12, and pays with 120 at 15; a hat bought then comes back at 16.
fn shop() -> Store {
    let store = Store::in_memory().expect("a store");
    for (id, at, redeemed, earned) in [("p1", 10, 0, 100), ("p2", 12, 0, 60), ("p3", 15, 120, 7)] {
        let written = store.write_blocking(move |batch| {
            let bought = purchase(id, Some("c"), at);
            batch.put_purchase(bought.clone()).expect("a purchase");
            batch.post_points(&bought, &posting(redeemed, earned, at), Instant(at))
        });
        written.expect("points");
    }
    store.write_blocking(|batch| batch.add_return("p3", unit_back("r", 1, 16)).map(drop)).expect("a return");
    store
}

fn entries(store: &Store) -> Vec<(EntryKind, i64, i64)> {
    let listing = Listing { limit: 99, ..Listing::default() };
    let found = store.snapshot().entries_of("c", &listing).expect("a read").items;
    found.iter().map(|entry| (entry.kind, entry.points, entry.balance)).collect()
}

fn flaws(store: &Store) -> Vec<String> {
    let mut flaws = Vec::new();
    verify(&*store.snapshot(), &mut |flaw| flaws.push(format!("{:?} {}: {}", flaw.table, flaw.row, flaw.what)))
        .expect("a read");
    flaws
}

#[test]
fn what_is_posted_adds_up() {
    use EntryKind::{Earn, Expire, Redeem, Reverse};
    let store = shop();
    // The hat is 18 of the 126 that were paid: 17 of 120 points, and 1 of the 7.
    let mut expect = vec![
        (Earn, 100, 100),
        (Earn, 60, 160),
        (Redeem, -100, 60),
        (Redeem, -20, 40),
        (Earn, 7, 47),
        (Reverse, 17, 64),
        (Reverse, -1, 63),
    ];
    assert_eq!(entries(&store), expect);
    assert_eq!(flaws(&store), [""; 0]);
    let account = store.snapshot().points_account("c").expect("a read").expect("an account");
    assert_eq!(account.lots.iter().map(|lot| lot.left).collect::<Vec<_>>(), [57, 6], "what is closed is kept apart");
    // Whatever the clock does, what expires is posted once.
    for now in [22, 15, 21, 22] {
        store.write_blocking(move |batch| batch.expire_points(Instant(now), 99)).expect("a write");
    }
    expect.push((Expire, -57, 6));
    assert_eq!(entries(&store), expect);
    assert_eq!(store.snapshot().next_points_expiry(), Ok(Some(Instant(25))));
    assert_eq!(flaws(&store), [""; 0]);
}

#[test]
fn the_same_purchase_is_posted_once() {
    let store = shop();
    let again = store
        .write_blocking(|batch| batch.post_points(&purchase("p1", Some("c"), 10), &posting(0, 100, 10), Instant(10)));
    let said = again.expect_err("a refusal").to_string();
    assert_eq!(said, "the store holds a damaged points of a purchase: the points of `p1` are posted already");
    assert_eq!(flaws(&store), [""; 0]);
}

#[test]
fn a_refused_posting_leaves_nothing() {
    let store = shop();
    let refused = store.write_blocking(|batch: &mut Batch<'_>| {
        let bought = purchase("p4", Some("c"), 16);
        batch.put_purchase(bought.clone()).expect("a purchase");
        batch.post_points(&bought, &posting(64, 0, 16), Instant(16))
    });
    let said = refused.expect_err("a refusal").to_string();
    assert_eq!(said, "63 points can be redeemed, 64 were asked for");
    assert_eq!(entries(&store).len(), 7);
    assert_eq!(flaws(&store), [""; 0]);
}

#[test]
fn tampered_rows_are_found() {
    type Tamper = fn(&mut Batch<'_>) -> Result<(), Failure>;
    fn first(batch: &Batch<'_>, change: impl Fn(&mut Entry)) -> Result<(Key, Entry), Failure> {
        let listing = Listing { limit: 1, ..Listing::default() };
        let mut entry = batch.entries_of("c", &listing)?.items.remove(0);
        let key = Key::of("c").number(entry.sequence);
        change(&mut entry);
        Ok((key, entry))
    }
    fn account(batch: &mut Batch<'_>, change: impl Fn(&mut PointsAccount)) -> Result<(), Failure> {
        change(&mut batch.customer_row_mut("c")?.points);
        Ok(())
    }
    fn kept(batch: &mut Batch<'_>, change: impl Fn(&mut PurchasePoints)) -> Result<(), Failure> {
        batch.known_purchase_mut("p3")?.points.iter_mut().for_each(change);
        Ok(())
    }
    let check = |what: &str, tamper: Tamper, expect: &str| {
        let store = shop();
        store.write_blocking(tamper).expect("a write");
        let found = flaws(&store);
        assert!(found.iter().any(|flaw| flaw.contains(expect)), "{what}: {found:?}");
    };
    check("a balance", |batch| account(batch, |a| a.lots[0].left += 1), "has 58 left, its entries say 57");
    check("a lot gone", |batch| account(batch, |a| a.lots.truncate(1)), "is missing");
    check("an expiry put off", |batch| account(batch, |a| a.lots[0].expires_at = None), "is not what its entry earned");
    check(
        "a lot from nowhere",
        |batch| {
            let lot =
                Lot { id: 9, earned_at: Instant(1), matures_at: Instant(1), expires_at: None, left: 1, expired: 0 };
            account(batch, |account| account.lots.push(lot))
        },
        "lot 9 is in no entry",
    );
    check(
        "an entry changed",
        |batch| {
            let (key, entry) = first(batch, |entry| entry.points += 5)?;
            batch.put(Table::Entries, key, &entry)
        },
        "says 100, the sum is 105",
    );
    check(
        "an entry gone",
        |batch| {
            let (key, _) = first(batch, |_| {})?;
            batch.remove(Table::Entries, key).map(drop)
        },
        "took the balance below zero",
    );
    check(
        "a purchase of somebody else",
        |batch| {
            let (key, entry) = first(batch, |entry| entry.purchase = Some("p9".to_owned()))?;
            batch.put(Table::Entries, key, &entry)
        },
        "`p9` is no purchase of the customer",
    );
    check("what was earned", |batch| kept(batch, |points| points.earned = 8), "`p3` earned 8");
    check("what was redeemed", |batch| kept(batch, |points| points.taken[0].points = 99), "`p3` redeemed 119");
    check(
        "a return",
        |batch| {
            let listing = Listing { limit: 9, ..Listing::default() };
            let entries = batch.entries_of("c", &listing)?.items;
            let mut back = entries.into_iter().find(|entry| entry.return_id.is_some()).expect("a return");
            back.return_id = Some("s".to_owned());
            batch.put(Table::Entries, Key::of("c").number(back.sequence), &back)
        },
        "return `r` of `p3` gives back 0 and takes back 1, its share is 17 and 1",
    );
    check(
        "an expiry not noted",
        |batch| batch.remove(Table::PointsExpiring, Key::new().instant(Instant(22)).text("c")).map(drop),
        "is not noted to expire",
    );
    check(
        "a purchase in no entry",
        |batch| {
            batch.put_purchase(purchase("p8", Some("c"), 30)).expect("a purchase");
            batch.known_purchase_mut("p8")?.points = Some(PurchasePoints::default());
            Ok(())
        },
        "1 purchases did something to points that is in no entry",
    );
    check("bytes", |batch| batch.put_bytes(Table::Entries, Key::of("c").number(1), &[9]), "version 9 is unknown");
}
