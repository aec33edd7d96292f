//! Accounts and chunks against the same events in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::prelude::*;

use crate::metric::{Event, History, Mark, Timelines, Totals};
use crate::store::{
    Account, AccountError, Batch, Chunk, FilterHash, Key, MOST_EVENTS, Read, Rows, Store, StoreTimelines, Table,
    WriteError, decode,
};
use crate::time::Instant;

const FILTER: FilterHash = FilterHash(7);
const LAST: i64 = 40;

fn event((at, sequence, purchases, interactions, gross): (i64, u64, i64, i64, i64)) -> Event {
    Event { at: Instant(at), sequence, adds: Totals { purchases, interactions, gross, ..Totals::default() } }
}

fn events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    let one = (0..LAST, 0u64..5, 0i64..=1, 0i64..=1, -9i64..100).prop_map(event);
    prop::collection::vec(one, 1..most)
}

fn in_order(events: &[Event]) -> Vec<Event> {
    let placed: BTreeMap<_, _> = events.iter().map(|event| ((event.at, event.sequence), *event)).collect();
    placed.into_values().collect()
}

/// Asks both everything that can be asked about an instant, and about some stretches.
fn agree(rows: &impl Read, customer: &str, expect: &[Event]) -> Result<(), TestCaseError> {
    let mut memory = History::new([], vec![expect.to_vec()]);
    let filters = [FILTER];
    let mut kept = rows.timelines(customer, &filters);
    let Ok(first) = memory.first_purchase(Some(0));
    prop_assert_eq!(kept.first_purchase(Some(0)).expect("a first purchase"), first);
    for at in -1..=LAST + 1 {
        let at = Instant(at);
        let Ok(mark) = memory.mark(Some(0), at);
        prop_assert_eq!(kept.mark(Some(0), at).expect("a mark"), mark, "before {:?}", at);
        for length in [0, 1, 7, LAST] {
            let until = Instant(at.0 + length);
            let Ok(events) = memory.events(Some(0), at, until);
            prop_assert_eq!(kept.events(Some(0), at, until).expect("events"), events, "{:?} to {:?}", at, until);
        }
    }
    prop_assert_eq!(kept.mark(None, Instant(LAST)).expect("a mark"), Mark::default());
    Ok(())
}

/// Chunks are whole: in order, within bounds, each with the sums of those before it.
fn sound(rows: &impl Read, customer: &str, expect: &[Event]) -> Result<(), TestCaseError> {
    let account: Account = rows.account(FILTER, customer).expect("a read").expect("an account");
    let prefix = Key::new().number(FILTER.0).text(customer);
    let (mut mark, mut all) = (Mark::default(), Vec::new());
    for row in rows.starting(Table::Chunks, &prefix).expect("chunks") {
        let (key, value) = row.expect("a row");
        let chunk: Chunk = decode(value.value()).expect("a chunk");
        prop_assert!((1..=MOST_EVENTS).contains(&chunk.events.len()));
        let first = chunk.events[0];
        let here = prefix.clone().instant(first.at).number(first.sequence);
        prop_assert_eq!(key.value(), here.as_bytes());
        prop_assert_eq!(chunk.before, mark);
        mark = chunk.events.iter().fold(mark, |mark, event| mark.take(event));
        all.extend(chunk.events);
    }
    prop_assert_eq!((account.older, account.spilled), (all.len() as u64, mark));
    prop_assert!((1..=MOST_EVENTS).contains(&account.tail.len()));
    all.extend(account.tail);
    prop_assert_eq!(all, expect);
    Ok(())
}

fn put_all(batch: &mut Batch<'_>, customer: &str, events: &[Event]) -> Result<(), AccountError> {
    events.iter().try_for_each(|event| batch.put_event(FILTER, customer, *event, None))
}

thread_local! {
    static STORE: Store = Store::in_memory().expect("a store");
}

/// A customer of its own for each case.
fn fresh(store: &Store) -> String {
    format!("c-{}", store.write_blocking(|batch| batch.next_sequence()).expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn events_in_any_order_are_the_history(events in events(220), later in events(20)) {
        STORE.with(|store| {
            let customer = fresh(store);
            // A neighbour on either side that must not be mistaken for this one.
            let neighbours = [format!("{customer} "), customer[..customer.len() - 1].to_owned()];
            let work = (customer.clone(), neighbours, events.clone());
            store.write_blocking(move |batch| -> Result<(), AccountError> {
                let (customer, neighbours, events) = &work;
                for neighbour in neighbours {
                    put_all(batch, neighbour, &events[..events.len() / 2])?;
                }
                put_all(batch, customer, events)
            }).expect("a write");
            let expect = in_order(&events);
            agree(&*store.snapshot(), &customer, &expect)?;
            sound(&*store.snapshot(), &customer, &expect)?;

            // From scratch it is the same, and goes on the same.
            let work = (customer.clone(), expect, later.clone());
            store.write_blocking(move |batch| -> Result<(), AccountError> {
                let (customer, events, later) = &work;
                batch.rebuild_account(FILTER, customer, events.clone(), None)?;
                batch.put_events(FILTER, customer, later, None)
            }).expect("a write");
            let expect = in_order(&[events, later].concat());
            agree(&*store.snapshot(), &customer, &expect)?;
            sound(&*store.snapshot(), &customer, &expect)
        })?;
    }
}

#[test]
fn the_newest_event_changes_a_bounded_number_of_rows() {
    let store = Store::in_memory().expect("a store");
    let events: Vec<Event> = (0..1_000).map(|at| event((at, at as u64, 1, 0, 10))).collect();
    store.write_blocking(move |batch| put_all(batch, "c", &events)).expect("a write");
    let snapshot = store.snapshot();
    let chunks = snapshot.len(Table::Chunks).expect("a length");
    assert!((1_000 / MOST_EVENTS as u64..=1_000 / (MOST_EVENTS as u64 / 2)).contains(&chunks), "{chunks} chunks");
    let account = snapshot.account(FILTER, "c").expect("a read").expect("an account");
    assert_eq!(account.older + account.tail.len() as u64, 1_000);
}

#[test]
fn sums_that_do_not_fit_are_refused_and_nothing_is_kept() {
    let check = |puts: &[(i64, i64)], refused: bool| {
        let store = Store::in_memory().expect("a store");
        let events: Vec<Event> = puts.iter().map(|(at, gross)| event((*at, 0, 1, 0, *gross))).collect();
        let outcome = store.write_blocking(move |batch| put_all(batch, "c", &events));
        assert_eq!(outcome == Err(WriteError::Refused(AccountError::OutOfRange)), refused, "{puts:?}: {outcome:?}");
        assert_eq!(store.snapshot().account(FILTER, "c").expect("a read").is_none(), refused);
    };
    check(&[(1, i64::MAX)], false);
    check(&[(1, i64::MAX), (2, 1)], true);
    check(&[(2, i64::MAX), (1, 1)], true);
    check(&[(1, i64::MAX), (1, 5), (2, 1)], false);
    // An early event that fits where it is, and breaks a sum far behind it.
    let mut long: Vec<(i64, i64)> = (10..100).map(|at| (at, 1)).collect();
    long.extend([(100, i64::MAX - 90), (5, 1)]);
    check(&long, true);
}

#[test]
fn accounts_are_visited_in_stretches() {
    let store = Store::in_memory().expect("a store");
    store
        .write_blocking(|batch| -> Result<(), AccountError> {
            for customer in 0..25 {
                put_all(batch, &format!("c{customer:02}"), &[event((1, customer, 1, 0, 10))])?;
                batch.put_event(FilterHash(8), "other", event((1, customer, 1, 0, 10)), None)?;
            }
            Ok(())
        })
        .expect("a write");
    let snapshot = store.snapshot();
    let check = |size: usize, expect: &[&str]| {
        let splits = snapshot.split_customers(size).expect("splits");
        assert_eq!(splits, expect);
        let mut seen = Vec::new();
        let from = std::iter::once(None).chain(splits.iter().map(|split| Some(split.as_str())));
        let until = splits.iter().map(|split| Some(split.as_str())).chain([None]);
        for (from, until) in from.zip(until) {
            snapshot
                .each_customer(from, until, |customer, row| {
                    if row.account(FILTER).is_none() {
                        return std::ops::ControlFlow::Continue(());
                    }
                    let filters = [FILTER];
                    let timelines = StoreTimelines::new(&*snapshot, &customer, &filters);
                    let mut timelines = timelines.with_row(Cow::Owned(row));
                    assert_eq!(timelines.mark(Some(0), Instant(2)).expect("a mark").totals.gross, 10);
                    seen.push(customer.clone());
                    std::ops::ControlFlow::Continue(())
                })
                .expect("a scan");
        }
        assert_eq!(seen, (0..25).map(|customer| format!("c{customer:02}")).collect::<Vec<_>>());
    };
    check(10, &["c09", "c19"]);
    check(25, &["c24"]);
    check(26, &["other"]);
    check(27, &[]);
    let all = snapshot.between(Table::Accounts, Bound::Unbounded, Bound::Unbounded).expect("accounts").count();
    assert_eq!(all, 26);
}
