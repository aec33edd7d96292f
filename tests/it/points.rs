//! Points from being earned to being gone, through the server without a socket and on a clock that stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::task::block_in_place;
use tower::ServiceExt;
use treue::app::{App, Clock, Export, ExportFormat, ExportTable, PurchaseError, Purchasing, Settings, verify};
use treue::model::{Basket, Entry, EntryKind, Line};
use treue::money::{Quantity, UnitPrice};
use treue::store::{Listing, Read, Store};
use treue::time::Instant;

const POLICY: &str = "currency: EUR
timezone: Europe/Berlin
points:
  earn: { per: 1.00, points: 1, pending: 14 days, expires: 2 months }
  redeem: { value: 0.01, at_least: 100, max_share: 50% }
";

/// A server over a store in memory.
struct Shop {
    app: Arc<App>,
    _folder: tempfile::TempDir,
}

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(text).expect("an instant")
}

impl Shop {
    fn new(policy: &str, now: &str) -> Self {
        Self::over(Store::in_memory().expect("a store"), policy, now)
    }

    fn over(store: Store, policy: &str, now: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { policies: folder.path().join("policies"), scripts: folder.path().join("scripts") };
        std::fs::create_dir(&settings.policies).expect("a folder");
        std::fs::write(settings.policies.join("shop.yaml"), policy).expect("a file");
        let app = block_in_place(|| App::open(store, Clock::fixed(at(now)), settings)).expect("an app");
        Self { app: Arc::new(app), _folder: folder }
    }

    fn set(&self, now: &str) {
        self.app.clock().set(at(now));
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let answer = treue::http::router(Arc::clone(&self.app)).oneshot(request.body(body).expect("a request")).await;
        let answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, Some(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Buys one thing.
    async fn buy(&self, id: &str, price: &str, redeem: i64) -> Value {
        let (status, body) = self.post("/v1/purchases", purchase(id, price, redeem)).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    async fn take_back(&self, purchase: &str, body: Value) -> Value {
        let (status, body) = self.post(&format!("/v1/purchases/{purchase}/returns"), body).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    /// Balance, redeemable, pending; the same in the ledger and in standing.
    async fn points(&self) -> (i64, i64, i64) {
        let ledger = self.get("/v1/customers/c/points").await;
        let standing = self.get("/v1/customers/c/standing").await;
        for name in ["balance", "redeemable", "pending", "next_expiry"] {
            assert_eq!(ledger[name], standing["points"][name], "{name}");
        }
        let number = |name: &str| ledger[name].as_i64().expect("a number");
        (number("balance"), number("redeemable"), number("pending"))
    }

    /// What the ledger says, the newest first: kind, points, balance, at.
    async fn entries(&self) -> Vec<(String, i64, i64, String)> {
        let ledger = self.get("/v1/customers/c/points?limit=1000").await;
        let text = |entry: &Value, name: &str| entry[name].as_str().expect("a text").to_owned();
        let number = |entry: &Value, name: &str| entry[name].as_i64().expect("a number");
        let read = |e: &Value| (text(e, "kind"), number(e, "points"), number(e, "balance"), text(e, "at"));
        ledger["items"].as_array().expect("entries").iter().map(read).collect()
    }

    fn expire(&self) {
        block_in_place(|| self.app.expire_points()).expect("a store that can be written");
    }

    fn assert_whole(&self) {
        let mut flaws = Vec::new();
        verify(&self.app.store().snapshot(), &mut |flaw| flaws.push(flaw)).expect("a store that can be read");
        assert_eq!(flaws, []);
    }
}

fn purchase(id: &str, price: &str, redeem: i64) -> Value {
    let lines = json!([{ "sku": "X", "quantity": 1, "unit_price": price }]);
    json!({ "id": id, "customer": "c", "lines": lines, "redeem_points": redeem })
}

fn quote(price: &str, redeem: i64) -> Value {
    let mut body = purchase("", price, redeem);
    body.as_object_mut().expect("an object").remove("id");
    body
}

fn row(kind: &str, points: i64, balance: i64, at: &str) -> (String, i64, i64, String) {
    (kind.to_owned(), points, balance, at.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn earned_pending_redeemed_expired_returned() {
    // Summer time begins on March 29: fourteen days later the clock on the wall shows the same time.
    let shop = Shop::new(POLICY, "2026-03-20T12:00:00+01:00");
    assert_eq!(shop.buy("p1", "300", 0).await["points"], json!({ "earned": 300, "redeemed": 0 }));
    assert_eq!(shop.points().await, (300, 0, 300));

    shop.set("2026-04-03T11:59:59+02:00");
    let (_, early) = shop.post("/v1/quotes", quote("5", 200)).await;
    let because = ["the customer can redeem 0 points", "at least 100 points pay at once"];
    assert_eq!(early["points"], json!({ "earned": 5, "redeemed": 0, "because": because }));

    shop.set("2026-04-03T12:00:00+02:00");
    assert_eq!(shop.points().await, (300, 300, 0));
    let (_, fits) = shop.post("/v1/quotes", quote("5", 200)).await;
    assert_eq!(fits["points"], json!({ "earned": 3, "redeemed": 200 }));
    assert_eq!((&fits["totals"]["points_paid"], &fits["totals"]["to_pay"]), (&json!("2.00"), &json!("3.00")));

    // More than a share of the basket: a purchase says no and what could be had, and that can be had.
    let (status, problem) = shop.post("/v1/purchases", purchase("p2", "5", 300)).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:treue:problem:points")));
    let because = "points pay at most 50% of a purchase, here 250";
    assert_eq!(problem["detail"], format!("not all of these points can pay: {because}"));
    let fresh = &problem["quote"];
    assert_eq!(fresh["points"], json!({ "earned": 2, "redeemed": 250, "because": [because] }));
    let at_terms = json!({ "id": "p2", "quote": fresh["quote"] });
    let (status, bought) = shop.post("/v1/purchases", at_terms.clone()).await;
    assert_eq!((status, &bought["totals"]["to_pay"]), (201, &json!("2.50")));
    assert_eq!(shop.post("/v1/purchases", at_terms).await, (201, bought), "the same id twice is once");
    assert_eq!(shop.points().await, (52, 50, 2));
    shop.assert_whole();

    // What expires is gone at once, whether that was written down or not, and written down once.
    shop.set("2026-05-20T11:59:59+02:00");
    assert_eq!(shop.points().await, (52, 52, 0));
    shop.set("2026-05-20T12:00:00+02:00");
    assert_eq!(shop.points().await, (2, 2, 0));
    let mut ledger = vec![
        row("earn", 2, 52, "2026-04-03T10:00:00Z"),
        row("redeem", -250, 50, "2026-04-03T10:00:00Z"),
        row("earn", 300, 300, "2026-03-20T11:00:00Z"),
    ];
    assert_eq!(shop.entries().await, ledger);
    shop.set("2026-05-21T08:00:00+02:00");
    ledger.insert(0, row("expire", -50, 2, "2026-05-20T10:00:00Z"));
    for now in ["2026-05-21T08:00:00+02:00", "2026-05-01T08:00:00+02:00", "2026-05-21T09:00:00+02:00"] {
        shop.set(now);
        shop.expire();
        assert_eq!(shop.entries().await, ledger, "{now}");
    }
    shop.assert_whole();

    // What had paid comes back to the points it came from, and those are over.
    let back = shop.take_back("p2", json!({ "id": "r2" })).await;
    assert_eq!(
        (&back["totals"]["net"], &back["points_paid"], &back["refund"]),
        (&json!("5.00"), &json!("2.50"), &json!("2.50"))
    );
    assert_eq!(back["points"], json!({ "given_back": 250, "taken_back": 2 }));
    let now = "2026-05-21T07:00:00Z";
    let added = [row("expire", -250, 0, now), row("reverse", -2, 250, now), row("reverse", 250, 252, now)];
    ledger.splice(0..0, added);
    assert_eq!(shop.entries().await, ledger);
    assert_eq!(shop.get("/v1/purchases/p2").await["returns"][0], back, "and is read back the same");
    assert_eq!(shop.get("/v1/customers/c/purchases").await["items"][0]["returns"][0], back);

    // Points that expired unused are not owed when their goods come back.
    shop.take_back("p1", json!({ "id": "r1" })).await;
    assert_eq!(shop.entries().await[0], row("reverse", 0, 0, now));
    assert_eq!(shop.points().await, (0, 0, 0));
    shop.assert_whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_return_restores_and_a_part_takes_its_share() {
    let shop = Shop::new(POLICY, "2026-01-01T12:00:00+01:00");
    shop.buy("p1", "150", 0).await;
    shop.set("2026-01-10T12:00:00+01:00");
    shop.buy("p2", "200", 0).await;
    shop.set("2026-02-01T12:00:00+01:00");
    let before = shop.app.store().snapshot().points_account("c").expect("a read");
    let lines = json!([
        { "sku": "A", "quantity": 3, "unit_price": "3.00" },
        { "sku": "B", "quantity": 1, "unit_price": "1.00" },
    ]);
    let body = json!({ "id": "p3", "customer": "c", "lines": lines, "redeem_points": 300 });
    let (status, bought) = shop.post("/v1/purchases", body).await;
    assert_eq!((status, &bought["points"]), (201, &json!({ "earned": 7, "redeemed": 300 })));
    assert_eq!(shop.points().await, (57, 50, 7));

    // A third of the first line: of its 270 points that paid and its 6 that were earned.
    let back = shop.take_back("p3", json!({ "id": "r1", "lines": [{ "line": 0, "quantity": 1 }] })).await;
    assert_eq!(back["points"], json!({ "given_back": 90, "taken_back": 2 }));
    assert_eq!((&back["points_paid"], &back["refund"]), (&json!("0.90"), &json!("2.10")));
    assert_eq!(shop.points().await, (145, 140, 5));
    shop.assert_whole();
    let again = shop.take_back("p3", json!({ "id": "r1", "lines": [{ "line": 0, "quantity": 1 }] })).await;
    assert_eq!(again, back, "the same id twice is once");
    shop.take_back("p3", json!({ "id": "r2", "lines": [{ "line": 1 }] })).await;
    shop.take_back("p3", json!({ "id": "r3" })).await;
    assert_eq!(shop.app.store().snapshot().points_account("c").expect("a read"), before);
    shop.assert_whole();

    // What was spent already is missing when it is taken back, until it is given back or earned anew.
    shop.buy("p4", "4", 200).await;
    assert_eq!(shop.points().await, (152, 150, 2));
    shop.take_back("p1", json!({ "id": "r4" })).await;
    assert_eq!(shop.points().await, (2, 0, 2));
    shop.take_back("p2", json!({ "id": "r5" })).await;
    assert_eq!(shop.points().await, (-198, 0, 2));
    shop.buy("p5", "100", 0).await;
    assert_eq!(shop.points().await, (-98, 0, 102));
    shop.assert_whole();
    let (status, problem) = shop.post("/v1/purchases", purchase("p6", "100", 100)).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:treue:problem:points")));
    shop.take_back("p4", json!({ "id": "r6" })).await;
    assert_eq!(shop.points().await, (100, 0, 100));
    shop.assert_whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_promises_points_to_the_first_who_takes_them() {
    let shop = Shop::new(POLICY, "2026-01-01T12:00:00+01:00");
    shop.buy("p1", "300", 0).await;
    shop.set("2026-02-01T12:00:00+01:00");
    let (_, first) = shop.post("/v1/quotes", quote("5", 250)).await;
    let (_, second) = shop.post("/v1/quotes", quote("5", 250)).await;
    let commit = |id: &str, quote: &Value| json!({ "id": id, "quote": quote["quote"] });
    assert_eq!(shop.post("/v1/purchases", commit("p2", &first)).await.0, 201);
    let (status, problem) = shop.post("/v1/purchases", commit("p3", &second)).await;
    assert_eq!((status, &problem["detail"]), (409, &json!("no longer available: the balance of points")));
    let because = ["the customer can redeem 50 points", "at least 100 points pay at once"];
    assert_eq!(problem["quote"]["points"], json!({ "earned": 5, "redeemed": 0, "because": because }));
    assert_eq!(shop.post("/v1/purchases", commit("p3", &problem["quote"])).await.0, 201);

    // Points that expire between quote and purchase pay for nothing, also where the clock is set back in between.
    shop.buy("p4", "300", 0).await;
    shop.set("2026-04-01T11:59:00+02:00");
    let (_, late) = shop.post("/v1/quotes", quote("5", 250)).await;
    assert_eq!(late["points"]["redeemed"], 250);
    shop.set("2026-04-01T12:01:00+02:00");
    assert_eq!(shop.post("/v1/purchases", commit("p5", &late)).await.0, 409);
    shop.expire();
    shop.set("2026-04-01T11:59:00+02:00");
    assert_eq!(shop.post("/v1/purchases", commit("p5", &late)).await.0, 409);
    shop.assert_whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_have_no_points_and_not_every_policy_takes_them() {
    let check = async |policy: &str, body: Value, because: &str| {
        let shop = Shop::new(policy, "2026-01-01T12:00:00+01:00");
        let (status, quoted) = shop.post("/v1/quotes", body.clone()).await;
        assert_eq!((status, &quoted["points"]["because"]), (200, &json!([because])));
        let mut body = body;
        body["id"] = "p".into();
        let (status, problem) = shop.post("/v1/purchases", body.clone()).await;
        assert_eq!((status, &problem["detail"]), (409, &format!("not all of these points can pay: {because}").into()));
        body["redeem_points"] = 0.into();
        let (status, bought) = shop.post("/v1/purchases", body).await;
        assert_eq!((status, &bought["points"]), (201, &json!({ "earned": 0, "redeemed": 0 })));
        assert_eq!(shop.app.store().snapshot().entries(&everything()).expect("a read").items, []);
        shop.assert_whole();
    };
    let mut guest = quote("5", 100);
    guest["customer"] = Value::Null;
    check(POLICY, guest, "a guest has no points").await;
    check("currency: EUR\ntimezone: UTC\n", quote("5", 100), "points cannot pay under this policy").await;
}

fn everything() -> Listing {
    Listing { limit: usize::MAX, ..Listing::default() }
}

fn wanted(id: &str, customer: &str, price: i64, redeem_points: i64, at: Option<Instant>) -> Purchasing {
    let line = Line {
        sku: "X".into(),
        quantity: Quantity::units(1),
        unit_price: UnitPrice(price * 10_000),
        unit_cost: None,
        category: None,
        tags: vec![],
    };
    let basket = Basket { lines: vec![line], codes: vec![], redeem_points };
    Purchasing { id: id.to_owned(), request: [0; 16], customer: Some(customer.to_owned()), at, basket, terms: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tills_never_overspend_one_balance() {
    let shop = Shop::new(POLICY, "2026-01-01T12:00:00+01:00");
    shop.app.purchase(wanted("p", "c", 1_050, 0, None)).await.expect("a purchase");
    shop.set("2026-02-01T12:00:00+01:00");
    let tills: Vec<_> = (0..64)
        .map(|till| {
            let app = Arc::clone(&shop.app);
            tokio::spawn(async move {
                let mut paid = BTreeSet::new();
                for sale in 0..8 {
                    // Two tills send each sale, and each sends it twice.
                    let id = format!("p{}-{sale}", till / 2);
                    for _ in 0..2 {
                        match app.purchase(wanted(&id, "c", 2, 100, None)).await {
                            Ok(done) => assert_eq!(done.record.decision.totals.points_redeemed, 100),
                            Err(PurchaseError::Points { .. }) => continue,
                            Err(error) => panic!("{error}"),
                        }
                        paid.insert(id.clone());
                    }
                }
                paid
            })
        })
        .collect();
    let mut paid = BTreeSet::new();
    for till in tills {
        paid.extend(till.await.expect("a till"));
    }
    assert_eq!(paid.len(), 10, "1050 points pay ten times 100");
    assert_eq!(shop.points().await, (60, 50, 10));
    shop.assert_whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_forgotten_leaves_anonymous_sums() {
    let shop = Shop::new(POLICY, "2026-01-01T12:00:00+01:00");
    shop.buy("p1", "300", 0).await;
    shop.set("2026-02-01T12:00:00+01:00");
    shop.buy("p2", "6", 300).await;
    let before = shop.entries().await.len();
    assert_eq!(shop.call("DELETE", "/v1/customers/c", None).await.0, 204);
    assert_eq!(shop.call("GET", "/v1/customers/c/points", None).await.0, 404);
    shop.assert_whole();
    // The ledger goes on under the name that says nothing: the goods of the forgotten can still come back.
    shop.take_back("p2", json!({ "id": "r1" })).await;
    shop.take_back("p1", json!({ "id": "r2" })).await;
    shop.assert_whole();
    let entries = shop.app.store().snapshot().entries(&everything()).expect("a read").items;
    assert_eq!(entries.len(), before + 3);
    assert!(entries.iter().all(|(customer, _)| customer.starts_with("erased-")));
    // Whoever comes under the same id later is somebody else.
    shop.buy("p3", "10", 0).await;
    assert_eq!(shop.points().await, (10, 0, 10));
    shop.assert_whole();
    let mut table = Vec::new();
    let wanted = Export { table: ExportTable::Points, format: ExportFormat::Csv, gzip: false };
    assert_eq!(shop.app.export(wanted, &mut table).expect("an export"), before as u64 + 4);
    let table = String::from_utf8(table).expect("text");
    assert!(table.starts_with("entry,customer,kind,at,points,balance,lot,purchase,return,"), "{table}");
    assert_eq!(table.lines().count(), before + 5);
}

/// What a ledger says but for the places in it.
fn told(store: &Store) -> Vec<(String, EntryKind, i64, i64, Option<String>, Instant)> {
    let entries = store.snapshot().entries(&everything()).expect("a read").items;
    let tell = |(customer, e): (String, Entry)| (customer, e.kind, e.points, e.balance, e.purchase, e.at);
    entries.into_iter().map(tell).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_from_before_the_ledger_gets_one() {
    let shop = Shop::new(POLICY, "2026-01-01T12:00:00+01:00");
    for (id, customer, price) in [("p1", "c", 300), ("p2", "d", 50), ("p3", "c", 7)] {
        shop.app.purchase(wanted(id, customer, price, 0, None)).await.expect("a purchase");
    }
    shop.take_back("p2", json!({ "id": "r" })).await;
    let old = Store::in_memory().expect("a store");
    let rows = shop.app.store().snapshot();
    let revisions = rows.revisions(&everything()).expect("a read").items;
    let purchases = rows.purchases(&everything()).expect("a read").items;
    let decisions: Vec<_> = purchases.iter().map(|p| rows.decision(&p.id).expect("a read").expect("one")).collect();
    let written = block_in_place(|| {
        old.write_blocking(move |batch| {
            for kept in &revisions {
                batch.put_revision(kept).expect("a write");
            }
            for (purchase, decision) in purchases.iter().zip(&decisions) {
                batch.put_purchase(purchase.clone())?;
                batch.put_decision(&purchase.id, decision.clone()).expect("a write");
            }
            Ok::<_, treue::store::PutError>(())
        })
    });
    written.expect("an old store");
    assert_eq!(told(&old), []);
    let opened = Shop::over(old, POLICY, "2026-01-01T12:00:00+01:00");
    assert_eq!(told(opened.app.store()), told(shop.app.store()));
    opened.assert_whole();
    opened.buy("p4", "20", 0).await;
    opened.assert_whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_in_whatever_order_all_sums_agree() {
    for seed in 0..6 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let shop = Shop::new(POLICY, "2026-01-01T12:00:00+01:00");
        let mut now = at("2026-01-01T12:00:00+01:00");
        let mut bought: Vec<String> = Vec::new();
        for step in 0..250 {
            let customer = if chance.random_bool(0.8) { "c" } else { "d" };
            match chance.random_range(0..100) {
                0..45 => {
                    let id = format!("p{step}");
                    let (price, redeem) = (chance.random_range(1..400), chance.random_range(0..4) * 150);
                    let earlier =
                        chance.random_bool(0.2).then(|| now.plus_micros(-chance.random_range(0..90) * 86_400_000_000));
                    match shop.app.purchase(wanted(&id, customer, price, redeem, earlier)).await {
                        Ok(_) => bought.push(id),
                        Err(PurchaseError::Points { .. }) => {}
                        Err(error) => panic!("seed {seed}, step {step}: {error}"),
                    }
                }
                45..65 if !bought.is_empty() => {
                    let id = &bought[chance.random_range(0..bought.len())];
                    let quantity = if chance.random_bool(0.5) { json!(0.3) } else { Value::Null };
                    let lines = json!([{ "line": 0, "quantity": quantity }]);
                    let body = json!({ "id": format!("r{step}"), "lines": lines });
                    let (status, body) = shop.post(&format!("/v1/purchases/{id}/returns"), body).await;
                    assert!([201, 409, 422].contains(&status), "seed {seed}, step {step}: {body}");
                }
                65..95 => {
                    // Mostly on, at times back.
                    now = now.plus_micros(chance.random_range(-5..15) * 86_400_000_000);
                    shop.app.clock().set(now);
                }
                95..98 => shop.expire(),
                _ => {
                    let status = shop.call("DELETE", &format!("/v1/customers/{customer}"), None).await.0;
                    assert!([204, 404].contains(&status));
                }
            }
            if step % 50 == 49 {
                shop.assert_whole();
            }
        }
        let entries = shop.app.store().snapshot().entries(&everything()).expect("a read").items;
        for kind in [EntryKind::Earn, EntryKind::Redeem, EntryKind::Expire, EntryKind::Reverse] {
            assert!(entries.iter().any(|(_, entry)| entry.kind == kind), "seed {seed} came to each kind of entry");
        }
    }
}
