//! The customer base against a plain list of what was put in.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::{card, interaction, purchase, unit_back};
use crate::metric::{History, LineFilter, Lists, Timelines};
use crate::model::{Interaction, Purchase, Return};
use crate::store::{
    Batch, Cursor, Failure, FilterHash, Flaw, Key, Listing, Order, PutError, Read, Store, Table, UnmatchedReturn,
    WriteError, verify,
};
use crate::time::Instant;

fn shoes() -> LineFilter {
    let only = Lists { category: vec!["shoes".into()], ..Lists::default() };
    LineFilter { only, except: Lists::default() }
}

fn everything() -> Listing {
    Listing { limit: 1_000, ..Listing::default() }
}

#[derive(Debug, Clone)]
enum Step {
    Card(u8),
    Buy { customer: Option<u8>, at: i64 },
    Import(Vec<(Option<u8>, i64)>),
    Return { purchase: usize, line: u32, at: i64 },
    Meet { id: u8, customer: u8, at: i64, rating: Option<u8> },
    Forget { id: u8 },
    AddFilter,
    Build,
    Erase(u8),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let customer = || 0u8..4;
    prop_oneof![
        1 => customer().prop_map(Step::Card),
        8 => (prop::option::weighted(0.9, customer()), 0i64..50).prop_map(|(customer, at)| Step::Buy { customer, at }),
        1 => prop::collection::vec((prop::option::weighted(0.9, customer()), 0i64..50), 0..60).prop_map(Step::Import),
        4 => (0usize..40, 0u32..2, 50i64..99).prop_map(|(purchase, line, at)| Step::Return { purchase, line, at }),
        3 => (0u8..6, customer(), 0i64..50, prop::option::of(1u8..=5))
            .prop_map(|(id, customer, at, rating)| Step::Meet { id, customer, at, rating }),
        1 => (0u8..6).prop_map(|id| Step::Forget { id }),
        1 => Just(Step::AddFilter),
        1 => Just(Step::Build),
        1 => customer().prop_map(Step::Erase),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Debug, Default)]
struct Model {
    cards: BTreeMap<String, ()>,
    purchases: Vec<Purchase>,
    interactions: BTreeMap<String, Interaction>,
    erased: usize,
}

fn name(customer: u8) -> String {
    format!("c{customer}")
}

fn apply(store: &Store, model: &mut Model, step: &Step) {
    match step.clone() {
        Step::Card(customer) => {
            let id = name(customer);
            model.cards.insert(id.clone(), ());
            store.write_blocking(move |batch| batch.put_customer(&card(&id))).expect("a card");
        }
        Step::Buy { customer, at } => {
            let id = format!("p{}", model.purchases.len());
            let bought = purchase(&id, customer.map(name).as_deref(), at);
            model.purchases.push(bought.clone());
            store.write_blocking(move |batch| batch.put_purchase(bought.clone())).expect("a purchase");
        }
        Step::Import(rows) => {
            let first = model.purchases.len();
            let named = rows.into_iter().enumerate().map(|(at, (customer, when))| {
                purchase(&format!("p{}", first + at), customer.map(name).as_deref(), when)
            });
            let mut bought: Vec<_> = named.collect();
            model.purchases.extend(bought.iter().cloned());
            // One that is known and one that is there twice are left out.
            let known = model.purchases.first().cloned().filter(|_| first > 0);
            let twice = bought.last().cloned();
            let expect: Vec<_> = known.iter().chain(&twice).map(|bought| bought.id.clone()).collect();
            bought.splice(0..0, known);
            bought.extend(twice);
            let left_out = store.write_blocking(move |batch| batch.put_purchases(bought.clone()));
            assert_eq!(left_out, Ok(expect));
        }
        Step::Return { purchase, line, at } => {
            let id = format!("r{line}");
            let goods = unit_back(&id, line, at);
            let name = format!("p{purchase}");
            let expect: Result<(), PutError> = match model.purchases.get_mut(purchase) {
                None => Err(PutError::NoPurchase(name.clone())),
                Some(known) if known.returns.iter().any(|known| known.id == id) => Err(PutError::Exists(id)),
                Some(known) => {
                    known.returns.push(goods.clone());
                    Ok(())
                }
            };
            let done = store.write_blocking(move |batch| batch.add_return(&name, goods.clone()).map(|_| ()));
            assert_eq!(done, expect.map_err(WriteError::Refused));
        }
        Step::Meet { id, customer, at, rating } => {
            let met = interaction(&format!("i{id}"), &name(customer), at, rating);
            model.interactions.insert(met.id.clone(), met.clone());
            store.write_blocking(move |batch| batch.put_interaction(met.clone(), Instant(60))).expect("an interaction");
        }
        Step::Forget { id } => {
            let id = format!("i{id}");
            let known = model.interactions.remove(&id);
            let removed = store.write_blocking(move |batch| batch.remove_interaction(&id, Instant(61)));
            assert_eq!(removed, Ok(known));
        }
        Step::AddFilter => {
            store.write_blocking(|batch| batch.add_filter(&shoes())).expect("a filter");
        }
        Step::Build => {
            let shoes = FilterHash::of(&shoes()).expect("a hash");
            store.write_blocking(move |batch| batch.build_accounts(shoes, 2)).expect("accounts");
        }
        Step::Erase(customer) => {
            let (id, anonymous) = (name(customer), format!("erased-{}", model.erased));
            model.erased += 1;
            let card = model.cards.remove(&id).is_some();
            let theirs = model.purchases.iter_mut().filter(|bought| bought.customer.as_deref() == Some(&id));
            theirs.for_each(|bought| bought.customer = Some(anonymous.clone()));
            for met in model.interactions.values_mut().filter(|met| met.customer == id) {
                met.customer = anonymous.clone();
                met.note = None;
            }
            let erased = store.write_blocking(move |batch| batch.erase_customer(&id, &anonymous)).expect("nobody");
            assert_eq!(erased.card, card);
        }
        Step::Reopen => {}
    }
}

/// Lists hold what was put in, in order of time; the account of each customer tells what the lists tell.
fn compare(store: &Store, model: &Model) -> Result<(), TestCaseError> {
    let snapshot = store.snapshot();
    let counts = snapshot.counts().expect("counts");
    prop_assert_eq!(counts.customers, model.cards.len() as u64);
    prop_assert_eq!(counts.purchases, model.purchases.len() as u64);
    prop_assert_eq!(counts.interactions, model.interactions.len() as u64);
    let mut by_time = model.purchases.clone();
    by_time.sort_by_key(|bought| bought.at);
    prop_assert_eq!(&snapshot.purchases(&everything()).expect("purchases").items, &by_time);
    let customers = by_time.iter().filter_map(|bought| bought.customer.clone());
    let customers = customers.chain(model.interactions.values().map(|met| met.customer.clone()));
    for customer in customers.collect::<std::collections::BTreeSet<_>>() {
        let theirs: Vec<_> = by_time.iter().filter(|bought| bought.customer.as_ref() == Some(&customer)).collect();
        let found = snapshot.purchases_of(&customer, &everything()).expect("purchases").items;
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), theirs);
        let met = snapshot.interactions_of(&customer, &everything()).expect("interactions").items;
        prop_assert_eq!(met.len(), model.interactions.values().filter(|met| met.customer == customer).count());
        for met in met {
            prop_assert_eq!(Some(&met), model.interactions.get(&met.id));
        }
        accounts_tell_the_history(&*snapshot, &customer)?;
    }
    prop_assert_eq!(flaws(store), []);
    Ok(())
}

fn flaws(store: &Store) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    verify(&*store.snapshot(), &mut |flaw| flaws.push(flaw)).expect("a read");
    flaws
}

fn accounts_tell_the_history(rows: &impl Read, customer: &str) -> Result<(), TestCaseError> {
    let shoes = shoes();
    let hash = FilterHash::of(&shoes).expect("a hash");
    let complete = rows.filter(hash).expect("a read").is_some_and(|kept| kept.complete);
    let filters = [hash];
    let mut kept = rows.timelines(customer, &filters);
    for at in (0..=100).step_by(3).map(Instant) {
        if !kept.exact(at).expect("a read") {
            continue;
        }
        let mut slow: History = rows.history(customer, std::slice::from_ref(&shoes), at).expect("a history");
        for filter in [None, Some(0)].into_iter().filter(|filter| filter.is_none() || complete) {
            let Ok(mark) = slow.mark(filter, at);
            prop_assert_eq!(kept.mark(filter, at).expect("a mark"), mark, "{} {:?} {:?}", customer, filter, at);
            if at == Instant(99) {
                let Ok(first) = slow.first_purchase(filter);
                prop_assert_eq!(kept.first_purchase(filter).expect("an instant"), first);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_base_is_what_was_put_in(steps in prop::collection::vec(step(), 1..80)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.redb");
        let mut store = Store::open(&path, 1 << 20).expect("a store");
        let mut model = Model::default();
        for step in &steps {
            if matches!(step, Step::Reopen) {
                drop(store);
                store = Store::open(&path, 1 << 20).expect("the store again");
                compare(&store, &model)?;
            }
            apply(&store, &mut model, step);
        }
        compare(&store, &model)?;
    }
}

#[test]
fn a_purchase_is_put_once() {
    let store = Store::in_memory().expect("a store");
    let put = |at| store.write_blocking(move |batch| batch.put_purchase(purchase("p", Some("c"), at)));
    assert_eq!(put(1), Ok(1));
    assert_eq!(put(2), Err(WriteError::Refused(PutError::Exists("p".to_owned()))));
    let account = store.snapshot().account(FilterHash::ALL, "c").expect("a read").expect("an account");
    assert_eq!(account.tail.len(), 1);
}

#[test]
fn the_past_is_exact_until_a_return_corrects_it() {
    let store = Store::in_memory().expect("a store");
    let put = |batch: &mut Batch<'_>| batch.put_purchase(purchase("p", Some("c"), 10));
    store.write_blocking(put).expect("a purchase");
    let gross = |at: i64| {
        let snapshot = store.snapshot();
        let mut kept = snapshot.timelines("c", &[]);
        let exact = kept.exact(Instant(at)).expect("a read");
        let mut slow = snapshot.history("c", &[], Instant(at)).expect("a history");
        let Ok(slow) = slow.mark(None, Instant(at));
        (exact.then(|| kept.mark(None, Instant(at)).expect("a mark").totals.gross), slow.totals.gross)
    };
    assert_eq!([gross(10), gross(11), gross(21)], [(Some(0), 0), (Some(14_000), 14_000), (Some(14_000), 14_000)]);
    let back = |goods: Return| store.write_blocking(move |batch| batch.add_return("p", goods.clone()));
    back(unit_back("r", 0, 20)).expect("a return");
    assert_eq!([gross(11), gross(20), gross(21)], [(None, 14_000), (None, 14_000), (Some(4_000), 4_000)]);
}

#[test]
fn an_anonymous_customer_is_nobody_else() {
    let store = Store::in_memory().expect("a store");
    let put = |id: &'static str, customer: &'static str| {
        let put = move |batch: &mut Batch<'_>| batch.put_purchase(purchase(id, Some(customer), 1));
        store.write_blocking(put).expect("a purchase");
    };
    put("p1", "a");
    put("p2", "b");
    let erase = |anonymous: &'static str| store.write_blocking(move |batch| batch.erase_customer("a", anonymous));
    for taken in ["a", "b"] {
        assert_eq!(erase(taken), Err(WriteError::Refused(PutError::Exists(taken.to_owned()))));
    }
    assert_eq!(erase("erased-1").expect("nobody").purchases, ["p1"]);
}

#[test]
fn pages_follow_each_other_in_both_orders() {
    let store = Store::in_memory().expect("a store");
    store
        .write_blocking(|batch| -> Result<(), PutError> {
            for at in 0..7 {
                batch.put_purchase(purchase(&format!("p{at}"), Some("c"), at))?;
                batch.put_purchase(purchase(&format!("q{at}"), Some("c "), at))?;
            }
            Ok(())
        })
        .expect("purchases");
    let check = |limit: usize, order: Order, expect: &[&str]| {
        let (mut after, mut pages) = (None, Vec::new());
        loop {
            let listing = Listing { after, limit, order };
            let page = store.snapshot().purchases_of("c", &listing).expect("a page");
            pages.push(page.items.into_iter().map(|bought| bought.id).collect::<Vec<_>>().join(" "));
            let Some(next) = page.next else { break };
            after = Cursor::parse(&next.to_string());
            assert!(after.is_some());
        }
        assert_eq!(pages, expect);
    };
    check(3, Order::Ascending, &["p0 p1 p2", "p3 p4 p5", "p6"]);
    check(3, Order::Descending, &["p6 p5 p4", "p3 p2 p1", "p0"]);
    check(7, Order::Ascending, &["p0 p1 p2 p3 p4 p5 p6"]);
    assert_eq!(Cursor::parse("no cursor!"), None);
}

#[test]
fn flaws_are_found() {
    type Spoil = fn(&mut Batch<'_>) -> Result<(), Failure>;
    let check = |spoil: Spoil, expect: &[&str]| {
        let store = Store::in_memory().expect("a store");
        let put = |batch: &mut Batch<'_>| -> Result<(), PutError> {
            for at in 0..40 {
                batch.put_purchase(purchase(&format!("p{at}"), Some("c"), at))?;
            }
            batch.put_interaction(interaction("i", "c", 7, None), Instant(8))
        };
        store.write_blocking(put).expect("a base");
        assert_eq!(flaws(&store), []);
        store.write_blocking(spoil).expect("a write");
        let found: Vec<_> =
            flaws(&store).iter().map(|flaw| format!("{} {}: {}", flaw.table.name(), flaw.row, flaw.what)).collect();
        assert_eq!(found, expect);
    };
    check(
        |batch| batch.put_bytes(Table::Purchases, Key::new().instant(Instant(1)).number(2), &[9]),
        &["purchases_in_time 1970-01-01T00:00:00.000001Z 2: the store holds a damaged purchase: version 9 is unknown"],
    );
    check(
        |batch| batch.remove(Table::PurchaseIds, Key::of("p0")).map(drop),
        &["purchase_ids p0: it is not in the index"],
    );
    check(
        |batch| batch.put_bytes(Table::CustomerInteractions, Key::of("x").instant(Instant(0)).number(1), b"i\0"),
        &["customer_interactions : 1 rows point at nothing"],
    );
    check(
        |batch| {
            let account = batch.customer_row_mut("c")?.account_mut(FilterHash::ALL);
            account.tail.pop();
            account.first_purchase = None;
            account.spilled.totals.gross += 1;
            Ok(())
        },
        &[
            "customer_accounts c: its sums are not those of its older events",
            "customer_accounts c: its first purchase is another one",
            "customer_accounts c: its events are not what purchases and interactions add",
        ],
    );
}

#[test]
fn a_copy_holds_what_the_snapshot_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.redb");
    let store = Store::in_memory().expect("a store");
    let put = |id: &'static str| {
        let put = move |batch: &mut Batch<'_>| batch.put_purchase(purchase(id, Some("c"), 1));
        store.write_blocking(put).expect("a purchase");
    };
    put("p1");
    let snapshot = store.snapshot();
    put("p2");
    snapshot.copy_to(&path).expect("a copy");
    let taken = snapshot.copy_to(&path).expect_err("a file is there").to_string();
    assert_eq!(taken, format!("`{}` is there already", path.display()));
    let copy = Store::open(&path, 1 << 20).expect("the copy");
    assert_eq!(copy.snapshot().purchases(&everything()), snapshot.purchases(&everything()));
    assert_eq!((copy.snapshot().purchase("p2"), flaws(&copy)), (Ok(None), vec![]));
    // The copy counts on from where the store was.
    assert_eq!(copy.write_blocking(|batch| batch.next_sequence()), Ok(2));
}

#[test]
fn stretches_of_time_are_half_open() {
    let store = Store::in_memory().expect("a store");
    let put = |batch: &mut Batch<'_>| -> Result<(), PutError> {
        for at in [-5, 0, 5, 10] {
            batch.put_purchase(purchase(&format!("p{at}"), None, at))?;
            batch.put_interaction(interaction(&format!("i{at}"), "c", at, None), Instant(0))?;
        }
        Ok(())
    };
    store.write_blocking(put).expect("a base");
    let check = |from: i64, until: i64, most: usize, expect: &[i64]| {
        let (snapshot, from, until) = (store.snapshot(), Instant(from), Instant(until));
        let mut seen = Vec::new();
        let visit = |_: u64, bought: Purchase| {
            seen.push(bought.at.0);
            if seen.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        snapshot.each_purchase(from, until, visit).expect("purchases");
        assert_eq!(seen, expect);
        let met = snapshot.interactions_between(from, until, most).expect("interactions");
        assert_eq!(met.iter().map(|met| met.at.0).collect::<Vec<_>>(), expect);
    };
    check(-5, 10, 9, &[-5, 0, 5]);
    check(-4, 11, 9, &[0, 5, 10]);
    check(Instant::MIN.0, Instant::MAX.0, 2, &[-5, 0]);
    check(6, 6, 9, &[]);
}

#[test]
fn goods_back_without_a_purchase_are_kept_and_lose_their_name() {
    let store = Store::in_memory().expect("a store");
    let goods = |id: &str, customer: &str| UnmatchedReturn {
        id: id.to_owned(),
        customer: Some(customer.to_owned()),
        at: Instant(1),
        lines: vec![],
        reason: "no purchase of it".to_owned(),
    };
    for kept in [goods("r1", "a"), goods("r2", "b")] {
        store.write_blocking(move |batch| batch.put_unmatched_return(&kept)).expect("a return");
    }
    store.write_blocking(|batch| batch.erase_customer("a", "erased-1")).expect("nobody");
    let found = store.snapshot().unmatched_returns(&everything()).expect("returns").items;
    assert_eq!(found, [goods("r1", "erased-1"), goods("r2", "b")]);
    assert_eq!(store.snapshot().unmatched_return("r2"), Ok(Some(goods("r2", "b"))));
}
