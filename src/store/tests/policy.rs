//! Uses, budgets, activations, answers.

use crate::id::Revision;
use crate::money::Money;
use crate::store::{
    Activation, Failure, KeptCutoffs, KeptRevision, Listing, Read, SpendError, Spent, Store, WriteError,
};
use crate::time::Instant;

#[test]
fn uses_and_budgets_are_counted_and_given_back() {
    let store = Store::in_memory().expect("a store");
    let spend = |uses: i64, amount: i64| {
        let job = move |batch: &mut crate::store::Batch<'_>| batch.spend("d", Instant(5), uses, Money(amount));
        store.write_blocking(job)
    };
    let too_much = Err(WriteError::Refused(SpendError::OutOfRange("d".to_owned())));
    assert_eq!(spend(2, 500), Ok(()));
    assert_eq!(spend(-1, -200), Ok(()));
    assert_eq!(spend(-2, 0), too_much);
    assert_eq!(spend(0, -301), too_much);
    assert_eq!(spend(0, i64::MAX), too_much);
    assert_eq!(store.snapshot().spent("d", Instant(5)), Ok(Spent { uses: 1, amount: Money(300) }));
    assert_eq!(store.snapshot().spent("d", Instant(6)), Ok(Spent::default()));
    let periods = store.snapshot().spent_by_period("d", &Listing { limit: 9, ..Listing::default() });
    assert_eq!(periods.expect("periods").items, [(Instant(5), Spent { uses: 1, amount: Money(300) })]);

    let take = |change: i64| store.write_blocking(move |batch| batch.use_by_customer("d", "c", Instant(5), change));
    assert_eq!(take(1), Ok(1));
    assert_eq!(take(-2), Err(WriteError::Refused(SpendError::OutOfRange("d".to_owned()))));
    assert_eq!(store.snapshot().customer_uses("d", "c", Instant(5)), Ok(1));
    assert_eq!(store.snapshot().customer_uses("c", "d", Instant(5)), Ok(0));
}

#[test]
fn the_last_activation_is_in_force() {
    let store = Store::in_memory().expect("a store");
    let activate = |at: i64, revision: u8| {
        let activation = Activation {
            at: Instant(at),
            sequence: 0,
            revision: Revision([revision; 16]),
            by: "anna".to_owned(),
            note: String::new(),
            recorded_at: Instant(0),
        };
        store.write_blocking(move |batch| batch.put_activation(activation.clone())).expect("an activation")
    };
    activate(10, 1);
    activate(20, 2);
    activate(20, 3);
    let ahead = activate(30, 4);
    let check = |at: i64, active: Option<u8>, next: Option<u8>| {
        let revision = |found: Option<Activation>| found.map(|activation| activation.revision.0[0]);
        let snapshot = store.snapshot();
        assert_eq!(revision(snapshot.active_at(Instant(at)).expect("a read")), active, "at {at}");
        assert_eq!(revision(snapshot.next_activation(Instant(at)).expect("a read")), next, "after {at}");
    };
    check(9, None, Some(1));
    check(10, Some(1), Some(2));
    check(25, Some(3), Some(4));
    check(30, Some(4), None);
    let called_off = store.write_blocking(move |batch| batch.remove_activation(ahead.at, ahead.sequence));
    assert_eq!(called_off, Ok(true));
    check(30, Some(3), None);
}

#[test]
fn revisions_and_cutoffs_stay() {
    let store = Store::in_memory().expect("a store");
    let kept = |note: &str| KeptRevision {
        revision: Revision([1; 16]),
        sources: vec![("policies/shop.yaml".to_owned(), "currency: EUR".to_owned())],
        stored_at: Instant(1),
        by: "anna".to_owned(),
        note: note.to_owned(),
    };
    let (first, second) = (kept("first"), kept("second"));
    assert_eq!(store.write_blocking(move |batch| batch.put_revision(&first)), Ok(true));
    assert_eq!(store.write_blocking(move |batch| batch.put_revision(&second)), Ok(false));
    assert_eq!(store.snapshot().revision(Revision([1; 16])), Ok(Some(kept("first"))));

    for snapshot in [1, 2] {
        let kept = KeptCutoffs { snapshot, taken_at: Instant(snapshot as i64), body: vec![snapshot as u8] };
        store.write_blocking(move |batch| batch.put_cutoffs(7, &kept)).expect("cut-offs");
    }
    let body = |found: Result<Option<KeptCutoffs>, Failure>| found.expect("a read").map(|kept| kept.body);
    assert_eq!(body(store.snapshot().cutoffs(7)), Some(vec![2]));
    assert_eq!(body(store.snapshot().cutoffs_in(1, 7)), Some(vec![1]));
    assert_eq!(body(store.snapshot().cutoffs_in(1, 8)), None);
}

#[test]
fn names_do_not_meet_the_stores_own() {
    let store = Store::in_memory().expect("a store");
    store.write_blocking(|batch| batch.put_named("format", &[9])).expect("bytes");
    store.write_blocking(|batch| batch.put_named("sequence", &[])).expect("bytes");
    assert_eq!(store.snapshot().named("format"), Ok(Some(vec![9])));
    assert_eq!(store.snapshot().named("quotes"), Ok(None));
    assert_eq!(store.write_blocking(|batch| batch.next_sequence()), Ok(1));
}
