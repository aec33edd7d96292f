//! A clock that steps back and forth, as one does that is set by hand or by a wrong server: the ledger keeps its order,
//! nothing expires, starts or is counted twice, and a retry is answered as the first time.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::task::block_in_place;
use treue::app::verify;
use treue::model::EntryKind;
use treue::store::{Listing, Read};

use crate::http::app::{TestApp, instant};

const POLICY: &str = "\
currency: EUR
timezone: Europe/Berlin
discounts:
  gift: { amount: 10, budget: 25 per month, uses: { per_customer: 2 per month } }
points:
  earn: { per: 1.00, points: 1, pending: 2 days, expires: 1 month }
  redeem: { value: 0.01, at_least: 1, max_share: 100% }
";

fn assert_whole(app: &TestApp) {
    let mut flaws = Vec::new();
    verify(&app.app.store().snapshot(), &mut |flaw| flaws.push(flaw)).expect("a store that can be read");
    assert_eq!(flaws, []);
}

fn expire(app: &TestApp) {
    block_in_place(|| app.app.expire_points()).expect("a store that can be written");
}

fn basket(id: &str, price: &str, redeem: i64) -> Value {
    let lines = json!([{ "sku": "X", "quantity": 1, "unit_price": price }]);
    json!({ "id": id, "customer": "c", "lines": lines, "redeem_points": redeem })
}

async fn buy(app: &TestApp, id: &str, price: &str) -> Value {
    app.post("/v1/purchases", &basket(id, price, 0)).await.json(201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_expire_once() {
    let app = TestApp::new(POLICY);
    app.set_clock("2026-03-01T11:00:00Z");
    buy(&app, "p", "110").await;
    let ledger = async || app.get("/v1/customers/c/points").await.json(200);
    for (now, entries, balance) in [
        ("2026-03-31T23:00:00Z", 1, 100),
        ("2026-04-01T11:00:00Z", 2, 0),
        ("2026-03-20T11:00:00Z", 2, 0),
        ("2026-02-01T11:00:00Z", 2, 0),
        ("2027-01-01T11:00:00Z", 2, 0),
        ("2026-04-01T11:00:00Z", 2, 0),
    ] {
        app.set_clock(now);
        expire(&app);
        expire(&app);
        let ledger = ledger().await;
        assert_eq!(
            (ledger["items"].as_array().map(Vec::len), &ledger["balance"]),
            (Some(entries), &json!(balance)),
            "{now}"
        );
    }
    // What is over pays for nothing, wherever the clock is.
    app.set_clock("2026-03-20T11:00:00Z");
    app.post("/v1/purchases", &basket("q", "50", 5)).await.problem(409, "points");
    assert_whole(&app);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_and_uses_belong_to_the_month_of_their_purchase() {
    let app = TestApp::new(POLICY);
    let discount = async |id: &str, now: &str| {
        app.set_clock(now);
        buy(&app, id, "100").await["totals"]["discount"].clone()
    };
    let (march, february, april) =
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00+01:00", "2026-04-01T00:30:00+02:00");
    for (id, now, expect) in [
        ("a", march, "10.00"),
        ("b", february, "10.00"),
        ("c", march, "10.00"),
        ("d", march, "0.00"),
        ("e", february, "10.00"),
        ("f", april, "10.00"),
        ("g", february, "0.00"),
        ("h", march, "0.00"),
    ] {
        assert_eq!(discount(id, now).await, expect, "{id}");
    }
    // A return gives back to the month of its purchase, also where the clock is before it.
    app.set_clock(february);
    let back = app.post("/v1/purchases/a/returns", &json!({ "id": "r" })).await.json(201);
    assert_eq!(back["at"], "2026-02-28T23:30:00Z", "never before the purchase");
    assert_eq!(discount("i", february).await, "0.00");
    assert_eq!(discount("j", march).await, "10.00");
    assert_eq!(discount("k", march).await, "0.00");
    assert_whole(&app);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_comes_into_force_once() {
    let app = TestApp::new(POLICY);
    let first = app.revision();
    let files = json!({ "shop.yaml": POLICY.replace("amount: 10", "amount: 3") });
    let stored = app.post("/v1/policies/revisions", &json!({ "files": files })).await;
    let second = stored.json(201)["revision"].as_str().expect("a revision").to_owned();
    let planned = json!({ "revision": second, "at": "2026-03-01T12:00:00Z" });
    app.post("/v1/policies/activate", &planned).await.json(200);
    let count = async || app.get("/v1/policies/activations").await.json(200)["items"].as_array().map(Vec::len);
    let (before, trail) = (count().await, app.get("/v1/audit").await.json(200));
    for (now, expect) in [
        ("2026-03-01T11:59:59Z", &first),
        ("2026-03-01T12:00:00Z", &second),
        ("2026-03-01T11:30:00Z", &second),
        ("2026-03-01T12:00:00Z", &second),
        ("2026-03-02T12:00:00Z", &second),
        ("2026-02-01T12:00:00Z", &second),
    ] {
        app.set_clock(now);
        app.activate_due();
        app.activate_due();
        assert_eq!(&app.revision(), expect, "{now}");
    }
    assert_eq!(count().await, before);
    assert_eq!(app.get("/v1/audit").await.json(200), trail);
    // Going back by hand holds, though what was planned lies between the two.
    app.post("/v1/policies/activate", &json!({ "revision": first })).await.json(200);
    for now in ["2026-02-01T12:00:01Z", "2026-02-28T12:00:00Z"] {
        app.set_clock(now);
        app.activate_due();
        assert_eq!(app.revision(), first, "{now}");
    }
    assert_whole(&app);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_is_answered_as_the_first_time_whenever_it_comes() {
    let app = TestApp::new(POLICY);
    buy(&app, "first", "110").await;
    app.set_clock("2026-03-10T11:00:00Z");
    let mut quote = basket("", "60", 10);
    quote.as_object_mut().expect("an object").remove("id");
    let quote = app.post("/v1/quotes", &quote).await.json(200)["quote"].clone();
    let mut dated = basket("dated", "70", 0);
    dated["at"] = "2026-03-10T11:00:30Z".into();
    let asked = [
        ("/v1/purchases", json!({ "id": "quoted", "quote": quote })),
        ("/v1/purchases", basket("plain", "50", 20)),
        ("/v1/purchases", dated),
        ("/v1/purchases/first/returns", json!({ "id": "r-1" })),
        ("/v1/purchases/plain/returns", json!({ "id": "r-2", "at": "2026-03-10T11:00:00Z" })),
        (
            "/v1/customers/c/interactions",
            json!({ "id": "i", "kind": "call", "cost": "3.00", "at": "2026-03-12T11:00:00Z" }),
        ),
    ];
    let mut answers = Vec::new();
    for (path, body) in &asked {
        answers.push(app.post(path, body).await.json(201));
    }
    for now in ["2026-03-10T10:58:00Z", "2026-01-01T11:00:00Z", "2026-06-01T11:00:00Z", "2027-06-01T11:00:00Z"] {
        app.set_clock(now);
        expire(&app);
        for ((path, body), first) in asked.iter().zip(&answers) {
            assert_eq!(&app.post(path, body).await.json(201), first, "{now}: {path} {body}");
        }
        assert_whole(&app);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_keep_their_order_on_any_clock() {
    for seed in 0..4 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let app = TestApp::new(POLICY);
        let mut now = instant("2026-03-01T11:00:00Z");
        let mut bought = Vec::new();
        let mut seen: Vec<Value> = Vec::new();
        for step in 0..150 {
            // An hour to forty days, back nearly as often as forth.
            let hours = chance.random_range(1..960);
            now = now.plus_micros(if chance.random_bool(0.45) { -hours } else { hours } * 3_600_000_000);
            app.app.clock().set(now);
            match chance.random_range(0..10) {
                0..6 => {
                    let id = format!("p-{step}");
                    let asked = basket(&id, &chance.random_range(1..200).to_string(), chance.random_range(0..3) * 30);
                    if app.post("/v1/purchases", &asked).await.status == 201 {
                        bought.push(id);
                    }
                }
                6..8 if !bought.is_empty() => {
                    let id = bought.swap_remove(chance.random_range(0..bought.len()));
                    let path = format!("/v1/purchases/{id}/returns");
                    app.post(&path, &json!({ "id": format!("r-{step}") })).await.json(201);
                }
                _ => expire(&app),
            }
            // What was written stays as it is and where it is; new entries come behind.
            let ledger = app.get("/v1/customers/c/points?limit=1000").await;
            if ledger.status == 404 {
                continue;
            }
            let mut items = ledger.json(200)["items"].as_array().expect("entries").clone();
            items.reverse();
            assert_eq!(items[..seen.len()], seen, "seed {seed}, step {step}");
            seen = items;
        }
        assert_whole(&app);
        let everything = Listing { limit: usize::MAX, ..Listing::default() };
        let entries = app.app.store().snapshot().entries(&everything).expect("a read").items;
        // What expires is there: no entry takes more of a lot than it holds.
        let (mut left, mut expired) = (BTreeMap::new(), 0);
        for (_, entry) in &entries {
            let left: &mut i64 = left.entry(entry.lot).or_default();
            *left += entry.points;
            if entry.kind == EntryKind::Expire {
                expired += 1;
                assert!(entry.points < 0 && *left >= 0, "seed {seed}: {entry:?}");
            }
        }
        assert!(expired > 5, "seed {seed}: {expired}");
    }
}
