//! A server under load is killed again and again: what it acknowledged is there, and what is there is whole.
//!
//! `TREUE_KILLS` says how often; a few times where it is not set.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use treue::app::{DecisionRecord, verify};
use treue::store::{Listing, Read, Store, decode};
use treue::time::Instant;

use crate::process::{Client, Serving};

const POLICY: &str = "\
currency: EUR
timezone: UTC
metrics: { orders: { count: purchases }, spend: { sum: net } }
discounts:
  regulars: { ladder: { by: orders, steps: { 3: 2%, 10: 5% } } }
  gift: { amount: 1, budget: 1000000, uses: { per_customer: 5 } }
points:
  earn: { per: 1.00, points: 1, expires: 2 days }
  redeem: { value: 0.01, at_least: 1, max_share: 100% }
";
/// The place of `gift` among the discounts.
const GIFT: u16 = 1;
const TILLS: u64 = 4;

/// What was asked, and the first answer to it.
#[derive(Debug, Clone)]
struct Acknowledged {
    path: String,
    asked: String,
    answer: String,
}

/// Asks until the connection breaks, and keeps what was acknowledged. `tick` is told after each answer.
fn load(till: u64, round: u64, client: &mut Client, tick: &impl Fn(), kept: &Mutex<Vec<Acknowledged>>) {
    for number in 0.. {
        let id = format!("p-{round}-{till}-{number}");
        let customer = format!("c-{}", (till * 7 + number) % 10);
        let redeem = if number % 4 == 1 { 20 } else { 0 };
        let bought = format!(
            "{{\"id\":\"{id}\",\"customer\":\"{customer}\",\"redeem_points\":{redeem},\
             \"lines\":[{{\"sku\":\"X\",\"quantity\":3,\"unit_price\":\"9.99\"}}]}}"
        );
        let mut calls = vec![("/v1/purchases".to_owned(), bought)];
        if number % 3 == 0 {
            let back = format!("{{\"id\":\"r-{id}\",\"lines\":[{{\"line\":0,\"quantity\":2}}]}}");
            calls.push((format!("/v1/purchases/{id}/returns"), back));
        }
        for (path, asked) in calls {
            let Ok((status, answer)) = client.call("POST", &path, &asked) else { return };
            if status == 409 && redeem > 0 {
                // There are not so many points yet.
                break;
            }
            assert_eq!(status, 201, "{answer}");
            kept.lock().expect("no panic").push(Acknowledged { path, asked, answer });
            tick();
        }
    }
}

/// Opens the file that the killed server left, checks all of it, and returns how much each purchase is discounted.
fn look_into(file: &Path) -> BTreeMap<String, i64> {
    let store = Store::open(file, 16 << 20).expect("a store that opens");
    let rows = store.snapshot();
    let mut flaws = Vec::new();
    verify(&rows, &mut |flaw| flaws.push(flaw)).expect("a readable store");
    assert_eq!(flaws, []);
    let mut granted = BTreeMap::new();
    for customer in (0..10).map(|number| format!("c-{number}")) {
        let mut uses = 0;
        let listing = Listing { limit: 100_000, ..Listing::default() };
        for purchase in rows.purchases_of(&customer, &listing).expect("a readable store").items {
            let record =
                rows.decision(&purchase.id).expect("a readable store").expect("no purchase without its decision");
            let record: DecisionRecord = decode(&record).expect("a readable decision");
            uses += u64::from(record.decision.applied.iter().any(|applied| applied.discount == GIFT));
            granted.insert(purchase.id, purchase.lines.iter().map(|line| line.discount.0).sum());
        }
        let counted = rows.customer_uses("gift", &customer, Instant::MIN).expect("a readable store");
        assert_eq!(counted, uses, "uses are counted with their purchases");
    }
    granted
}

/// Everything that was acknowledged reads back, and asking for it again gives the same answer.
fn ask_again(client: &mut Client, acknowledged: &[Acknowledged]) {
    for known in acknowledged {
        let (status, answer) = client.call("POST", &known.path, &known.asked).expect("an answer");
        assert_eq!((status, &answer), (201, &known.answer), "{} {}", known.path, known.asked);
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let (status, purchase) = match known.path.strip_prefix("/v1/purchases/") {
            None => client.call("GET", &format!("/v1/purchases/{}", answer["id"].as_str().expect("an id")), ""),
            Some(path) => client.call("GET", &format!("/v1/purchases/{}", path.trim_end_matches("/returns")), ""),
        }
        .expect("an answer");
        assert_eq!(status, 200);
        let purchase: Value = serde_json::from_str(&purchase).expect("JSON");
        if known.path.ends_with("/returns") {
            let returns = purchase["returns"].as_array().expect("returns");
            assert!(returns.contains(&answer), "{answer} is in {purchase}");
            continue;
        }
        assert_eq!(purchase["totals"]["net"], answer["totals"]["net"]);
        let path = format!("/v1/decisions/{}", answer["id"].as_str().expect("an id"));
        let (status, decision) = client.call("GET", &path, "").expect("an answer");
        assert_eq!(status, 200);
        let decision: Value = serde_json::from_str(&decision).expect("JSON");
        assert_eq!((&decision["totals"], &decision["applied"]), (&answer["totals"], &answer["applied"]));
    }
}

#[test]
fn what_is_acknowledged_survives_a_power_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), POLICY).expect("a file");
    let file = folder.path().join("treue.redb");
    let mut chance = ChaCha8Rng::seed_from_u64(2026);
    let kills = std::env::var("TREUE_KILLS").map_or(10, |kills| kills.parse().expect("a number"));
    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    for round in 0..kills {
        let answers = chance.random_range(1..60);
        // Somewhere between two answers: others are under way meanwhile.
        let later = Duration::from_micros(chance.random_range(0..3_000));
        let serving = Serving::start(folder.path());
        let address = serving.address;
        let mut client = Client::connect(address).expect("a connection");
        // What came through the last cut, and a few of the older ones.
        let recent = acknowledged.len().saturating_sub(80);
        ask_again(&mut client, &acknowledged[recent..]);

        let kept = Mutex::new(Vec::new());
        let serving = Mutex::new(serving);
        let seen = AtomicUsize::new(0);
        let tick = || {
            if seen.fetch_add(1, Ordering::SeqCst) + 1 == answers {
                let until = std::time::Instant::now() + later;
                while std::time::Instant::now() < until {
                    std::hint::spin_loop();
                }
                serving.lock().expect("no panic").kill();
            }
        };
        std::thread::scope(|scope| {
            for till in 0..TILLS {
                let (kept, tick) = (&kept, &tick);
                scope.spawn(move || {
                    // The others may have been answered so often before this one came.
                    let Ok(mut client) = Client::connect(address) else { return };
                    load(till, round, &mut client, tick, kept);
                });
            }
        });
        let kept = kept.into_inner().expect("no panic");
        assert!(kept.len() >= answers, "{} of {answers}", kept.len());
        acknowledged.extend(kept);
        // Every other time the next server finds the file as the killed one left it.
        if round % 2 == 0 {
            look_into(&file);
        }
    }
    let mut serving = Serving::start(folder.path());
    ask_again(&mut Client::connect(serving.address).expect("a connection"), &acknowledged);
    serving.kill();
    let granted = look_into(&file);
    for known in acknowledged.iter().filter(|known| known.path == "/v1/purchases") {
        let answer: Value = serde_json::from_str(&known.answer).expect("JSON");
        let discount = answer["totals"]["discount"].as_str().expect("money").replace('.', "");
        let id = answer["id"].as_str().expect("an id");
        assert_eq!(granted.get(id), Some(&discount.parse().expect("cents")), "{id}");
    }
}

/// A file that was not closed would be read from beginning to end when it is opened, were it not for the state of its
/// pages in each commit.
#[test]
fn what_a_crash_left_opens_without_a_repair() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), POLICY).expect("a file");
    let mut serving = Serving::start(folder.path());
    let mut client = Client::connect(serving.address).expect("a connection");
    let bought = "{\"id\":\"p\",\"lines\":[{\"sku\":\"X\",\"quantity\":1,\"unit_price\":1}]}";
    assert_eq!(client.call("POST", "/v1/purchases", bought).expect("an answer").0, 201);
    serving.kill();
    let repaired = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&repaired);
    let mut builder = redb::Database::builder();
    builder.set_repair_callback(move |_| seen.store(true, Ordering::SeqCst));
    drop(builder.open(folder.path().join("treue.redb")).expect("a database"));
    assert!(!repaired.load(Ordering::SeqCst));
}
