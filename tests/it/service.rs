//! Service budgets: interactions over HTTP, what they take, the agenda, and the report by class.

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{App, Clock, Settings};
use treue::model::{Customer, Interaction, Purchase, PurchaseLine};
use treue::money::{Money, Quantity, UnitPrice};
use treue::store::{PutError, Store, verify};
use treue::time::Instant;

const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  spend: { sum: net }
  margin_12m: { sum: margin, within: 12 months }
  profit_12m: { sum: profit, within: 12 months }
  satisfaction: { average: rating, within: 12 months }
segments:
  tier: { by: spend, classes: { gold: 1000, silver: 100, basic: 0 } }
service:
  costs: { call: 4.50, visit: 60, email: 0.05 }
  budgets:
    by: tier
    window: 12 months
    classes:
      gold: { share: 12%, of: margin_12m, at_least: 50, at_most: 600 }
      silver: { share: 6%, of: margin_12m, at_most: 40 }
  satisfaction: { by: satisfaction, floor: 4.0, raise: 50% }
  enforce: ENFORCE
";

/// The founding case: two classes by what customers bring before service.
const FOUNDING: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  margin_12m: { sum: margin, within: 12 months }
  satisfaction: { average: rating, within: 12 months }
segments:
  value: { rank_by: margin_12m, classes: { A: 80%, B: 100% }, refresh: day }
service:
  costs: { retention: 150 }
  budgets:
    by: value
    window: 12 months
    classes:
      A: { share: 7.5%, of: margin_12m }
      B: { share: 100%, of: margin_12m, at_most: 125 }
  satisfaction: { by: satisfaction, floor: 4.0, raise: 50% }
";

struct Shop {
    app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

/// Runs what blocks beside the threads that drive requests.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("it ends"))
}

fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

impl Shop {
    /// A shop at 2026-03-01T11:00:00Z.
    fn new(policy: &str) -> Self {
        Self::with_script(policy, "none.rhai", "")
    }

    fn with_script(policy: &str, script: &str, text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (policies, scripts) = (folder.path().join("policies"), folder.path().join("scripts"));
        fs::create_dir_all(&policies).expect("a folder");
        fs::create_dir_all(&scripts).expect("a folder");
        fs::write(policies.join("shop.yaml"), policy).expect("a file");
        fs::write(scripts.join(script), text).expect("a file");
        let clock = Clock::fixed(instant("2026-03-01T11:00:00Z"));
        let store = Store::in_memory().expect("a store");
        let app = Arc::new(aside(|| App::open(store, clock, Settings { policies, scripts }).expect("an app")));
        Self { router: treue::http::router(Arc::clone(&app)), app, _folder: folder }
    }

    /// What one purchase of this net and margin, in euros, leaves; it was made on 2026-02-01.
    fn bought(&self, customer: &str, net: i64, margin: i64) {
        let at = instant("2026-02-01T11:00:00Z");
        let purchase = Purchase {
            id: format!("p-{customer}"),
            customer: Some(customer.to_owned()),
            at,
            recorded_at: at,
            revision: None,
            lines: vec![PurchaseLine {
                sku: "X".into(),
                category: None,
                tags: Vec::new(),
                quantity: Quantity::ONE,
                unit_price: UnitPrice(net * 10_000),
                gross: Money(net * 100),
                discount: Money::ZERO,
                cost: Money((net - margin) * 100),
            }],
            returns: Vec::new(),
        };
        self.write(move |batch| batch.put_purchase(purchase.clone()).map(drop));
    }

    fn write(&self, job: impl FnMut(&mut treue::store::Batch<'_>) -> Result<(), PutError> + Send + 'static) {
        aside(|| self.app.store().write_blocking(job).expect("it is written"));
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>, expect: u16) -> Value {
        let (status, text) = self.send(method, path, &[], body).await;
        assert_eq!(status.as_u16(), expect, "{method} {path}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") }
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None, 200).await
    }

    fn assert_sound(&self) {
        let mut flaws = Vec::new();
        verify(&*self.app.store().snapshot(), &mut |flaw| flaws.push(format!("{flaw:?}"))).expect("it is read");
        assert_eq!(flaws, Vec::<String>::new());
    }
}

fn policy(enforce: &str) -> String {
    POLICY.replace("ENFORCE", enforce)
}

/// The members of an object that are named.
fn some(value: &Value, names: &[&str]) -> Value {
    Value::Object(names.iter().map(|name| ((*name).to_owned(), value[name].clone())).collect())
}

const BUDGET: [&str; 4] = ["granted", "used", "planned", "left"];

#[tokio::test]
async fn an_interaction_is_written_once_and_taken_from_the_budget() {
    let shop = Shop::new(&policy("warn"));
    shop.bought("c-1", 2_000, 1_500);
    let path = "/v1/customers/c-1/interactions";
    let call = json!({ "id": "i-1", "kind": "call", "rating": 3, "note": "asked for Anna" });
    let first = shop.ask("POST", path, Some(&call), 201).await;
    assert_eq!(
        some(&first, &["id", "customer", "kind", "at", "planned", "cost", "rating", "note", "warning"]),
        json!({ "id": "i-1", "customer": "c-1", "kind": "call", "at": "2026-03-01T11:00:00Z", "planned": false,
            "cost": "4.50", "rating": 3, "note": "asked for Anna", "warning": null })
    );
    // 12% of 1500 is 180; a rating of 3 lies below the floor, so half as much again.
    let budget = json!({ "granted": "270.00", "used": "4.50", "planned": "0.00", "left": "265.50" });
    assert_eq!(some(&first["service_budget"], &BUDGET), budget);
    assert_eq!(some(&shop.get("/v1/customers/c-1/service-budget").await, &BUDGET), budget);
    // A visit in May is planned, and promised money is not promised twice.
    let visit = json!({ "id": "i-2", "kind": "visit", "at": "2026-05-04T10:00:00+02:00" });
    let planned = shop.ask("POST", path, Some(&visit), 201).await;
    assert_eq!(planned["planned"], json!(true));
    let with_visit = json!({ "granted": "270.00", "used": "4.50", "planned": "60.00", "left": "205.50" });
    assert_eq!(some(&planned["service_budget"], &BUDGET), with_visit);
    // The same again is answered as the first time, whatever happened since.
    assert_eq!(shop.ask("POST", path, Some(&call), 201).await, first);
    let other = json!({ "id": "i-1", "kind": "call", "rating": 4 });
    let problem = shop.ask("POST", path, Some(&other), 409).await;
    assert_eq!(problem["type"], json!("urn:treue:problem:exists"));
    let listed = shop.get(path).await;
    let ids: Vec<&Value> = listed["items"].as_array().expect("items").iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, [&json!("i-2"), &json!("i-1")], "the latest first");
    let page = shop.get(&format!("{path}?limit=1")).await;
    let next = page["next"].as_str().expect("a cursor");
    assert_eq!(shop.get(&format!("{path}?limit=1&cursor={next}")).await["items"][0]["id"], json!("i-1"));
    // When the day has come the visit is used, and nothing else changes.
    shop.app.clock().set(instant("2026-05-04T08:00:00Z"));
    let used = json!({ "granted": "270.00", "used": "64.50", "planned": "0.00", "left": "205.50" });
    assert_eq!(some(&shop.get("/v1/customers/c-1/service-budget").await, &BUDGET), used);
    let before = shop.get("/v1/customers/c-1/service-budget?at=2026-05-04T07:59:59Z").await;
    assert_eq!(some(&before, &BUDGET), with_visit);
    shop.assert_sound();
}

#[tokio::test]
async fn a_planned_interaction_is_moved_done_or_cancelled() {
    let shop = Shop::new(&policy("warn"));
    shop.bought("c-1", 2_000, 1_500);
    let path = "/v1/customers/c-1/interactions/v-1";
    let plan = json!({ "kind": "visit", "at": "2026-04-01T09:00:00Z", "cost": "45.00" });
    assert_eq!(shop.ask("PUT", path, Some(&plan), 201).await["planned"], json!(true));
    let moved = shop.ask("PUT", path, Some(&json!({ "kind": "visit", "at": "2026-04-02T09:00:00Z" })), 200).await;
    assert_eq!(some(&moved, &["at", "cost"]), json!({ "at": "2026-04-02T09:00:00Z", "cost": "45.00" }));
    let done = json!({ "kind": "visit", "at": "2026-03-01T10:30:00Z", "rating": 5, "note": "went early" });
    let done = shop.ask("PUT", path, Some(&done), 200).await;
    assert_eq!((&done["planned"], &done["cost"]), (&json!(false), &json!("45.00")));
    let budget = shop.get("/v1/customers/c-1/service-budget").await;
    assert_eq!(some(&budget, &["used", "planned"]), json!({ "used": "45.00", "planned": "0.00" }));
    assert_eq!(shop.get(path).await["note"], json!("went early"));
    shop.bought("c-2", 10, 5);
    shop.ask("PUT", "/v1/customers/c-2/interactions/v-1", Some(&plan), 409).await;
    shop.ask("DELETE", "/v1/customers/c-2/interactions/v-1", None, 404).await;
    shop.ask("GET", "/v1/customers/c-2/interactions/v-1", None, 404).await;
    shop.ask("DELETE", path, None, 204).await;
    shop.ask("DELETE", path, None, 204).await;
    shop.ask("GET", path, None, 404).await;
    shop.ask("DELETE", "/v1/customers/c-1/interactions/v-2", None, 404).await;
    let budget = shop.get("/v1/customers/c-1/service-budget").await;
    assert_eq!(some(&budget, &["used", "planned"]), json!({ "used": "0.00", "planned": "0.00" }));
    shop.assert_sound();
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let shop = Shop::new(&policy("warn"));
    shop.bought("c-1", 2_000, 1_500);
    let path = "/v1/customers/c-1/interactions";
    let check = async |body: Value, pointer: &str, detail: &str| {
        let problem = shop.ask("POST", path, Some(&body), 422).await;
        assert_eq!(problem["errors"], json!([{ "pointer": pointer, "detail": detail }]), "{body}");
    };
    check(
        json!({ "kind": "vist" }),
        "/kind",
        "the policy has no standard cost for `vist`, so state one; did you mean `visit`?",
    )
    .await;
    check(json!({ "kind": "carpet" }), "/kind", "the policy has no standard cost for `carpet`, so state one").await;
    check(json!({ "kind": "call", "rating": 6 }), "/rating", "must be from 1 to 5").await;
    check(json!({ "kind": "call", "rating": 0 }), "/rating", "must be from 1 to 5").await;
    check(json!({ "kind": "call", "cost": "-1" }), "/cost", "is out of range").await;
    check(json!({ "kind": "call", "cost": "1.005" }), "/cost", "more than 2 decimals").await;
    check(json!({ "kind": "" }), "/kind", "is empty").await;
    // A kind that the policy does not know is fine, with a cost.
    shop.ask("POST", path, Some(&json!({ "kind": "carpet", "cost": 7 })), 201).await;
    shop.ask("POST", "/v1/customers/nobody/interactions", Some(&json!({ "kind": "call" })), 404).await;
    shop.ask("GET", "/v1/customers/nobody/interactions", None, 404).await;
    shop.ask("GET", "/v1/customers/nobody/service-budget", None, 404).await;
}

#[tokio::test]
async fn a_key_serves_as_the_id() {
    let shop = Shop::new(&policy("warn"));
    shop.bought("c-1", 2_000, 1_500);
    let path = "/v1/customers/c-1/interactions";
    let body = json!({ "kind": "email" });
    let key = [("idempotency-key", "k-1")];
    let first = shop.send("POST", path, &key, Some(&body)).await;
    assert_eq!(first.0, StatusCode::CREATED);
    shop.app.clock().set(instant("2026-03-01T11:05:00Z"));
    assert_eq!(shop.send("POST", path, &key, Some(&body)).await, first, "at the first request's instant");
    // Without either, each request is another contact.
    shop.ask("POST", path, Some(&body), 201).await;
    shop.ask("POST", path, Some(&body), 201).await;
    assert_eq!(shop.get(path).await["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn beyond_a_budget_warns_or_is_blocked() {
    let check = async |enforce: &str, expect: u16| {
        let shop = Shop::new(&policy(enforce));
        // 12% of 100 is 12, but at least 50.
        shop.bought("c-1", 1_200, 100);
        let path = "/v1/customers/c-1/interactions";
        shop.ask("POST", path, Some(&json!({ "kind": "call", "cost": "48.00" })), 201).await;
        let answer = shop.ask("POST", path, Some(&json!({ "id": "over", "kind": "call" })), expect).await;
        let budget = shop.get("/v1/customers/c-1/service-budget").await;
        // Something that costs nothing, or no more than before, is never held up.
        shop.ask("POST", path, Some(&json!({ "kind": "chat", "cost": 0 })), 201).await;
        shop.assert_sound();
        (answer, some(&budget, &BUDGET))
    };
    let (answer, budget) = check("warn", 201).await;
    assert_eq!(
        answer["warning"],
        json!("beyond the service budget: 50.00 are granted, 52.50 are used and 0.00 planned, which is 2.50 too much")
    );
    assert_eq!(budget, json!({ "granted": "50.00", "used": "52.50", "planned": "0.00", "left": "-2.50" }));
    let (answer, budget) = check("block", 409).await;
    assert_eq!(answer["type"], json!("urn:treue:problem:service-budget"));
    assert_eq!(
        answer["detail"],
        json!(
            "the service budget of `c-1` is 50.00: 48.00 are used and 0.00 planned, so 2.00 are left, and this takes \
             4.50 more"
        )
    );
    assert_eq!(budget, json!({ "granted": "50.00", "used": "48.00", "planned": "0.00", "left": "2.00" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blocking_budget_is_never_overspent_by_many_at_once() {
    let shop = Arc::new(Shop::new(&policy("block")));
    shop.bought("c-1", 1_200, 100);
    // 50.00 hold 11 calls at 4.50, in whatever mixture of done and planned.
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move {
                let at = if n % 2 == 0 { "2026-03-01T11:00:00Z" } else { "2026-06-01T11:00:00Z" };
                let body = json!({ "id": format!("i-{}", n / 2), "kind": "call", "at": at });
                shop.send("POST", "/v1/customers/c-1/interactions", &[], Some(&body)).await.0.as_u16()
            })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        match task.await.expect("it ends") {
            201 => written += 1,
            other => assert_eq!(other, 409),
        }
    }
    assert_eq!(written, 11);
    let budget = shop.get("/v1/customers/c-1/service-budget").await;
    assert_eq!((&budget["granted"], &budget["left"]), (&json!("50.00"), &json!("0.50")));
    shop.assert_sound();
}

#[tokio::test]
async fn a_budget_says_why() {
    let shop = Shop::new(&policy("warn"));
    shop.bought("c-1", 1_200, 100);
    shop.bought("c-2", 50, 10);
    shop.ask("POST", "/v1/customers/c-1/interactions", Some(&json!({ "kind": "visit", "rating": 3 })), 201).await;
    shop.ask("POST", "/v1/customers/c-1/interactions", Some(&json!({ "kind": "visit" })), 201).await;
    let budget = shop.get("/v1/customers/c-1/service-budget").await;
    assert_eq!(
        budget,
        json!({
            "customer": "c-1", "at": "2026-03-01T11:00:00Z", "revision": budget["revision"], "currency": "EUR",
            "segment": "tier", "class": "gold", "window": "1 year", "from": "2025-03-01T11:00:00Z",
            "granted": "75.00", "used": "120.00", "planned": "0.00", "left": "-45.00",
            "net": "1200.00", "margin": "100.00", "profit": "-20.00", "loses_money": true, "satisfaction": "3",
            "grant": { "share": "12%", "of": "margin_12m", "value": "100", "amount": "12.00", "at_least": "50.00",
                "at_most": "600.00", "raise": "25.00" },
            "enforce": "warn",
            "because": [
                "tier is gold: 12% of margin_12m, which is 100.00, is 12.00",
                "it is at least 50.00",
                "satisfaction is 3, below 4: raised by 50%, which is 25.00",
                "margin 100.00 less service cost 120.00 is -20.00: serving loses money",
            ],
        })
    );
    let none = shop.get("/v1/customers/c-2/service-budget").await;
    assert_eq!(some(&none, &BUDGET), json!({ "granted": null, "used": "0.00", "planned": "0.00", "left": null }));
    assert_eq!(none["because"][0], json!("tier is basic, a class without a budget"));
}

#[tokio::test]
async fn the_agenda_has_what_is_planned_and_birthdays() {
    let shop = Shop::new(&policy("warn"));
    for (id, name, birthday) in [
        ("c-1", "Anna", "1990-03-02"),
        ("c-2", "Ben", "1992-02-29"),
        ("c-3", "Cem", "2026-03-02"),
        ("c-4", "Dora", "1980-12-31"),
    ] {
        let path = format!("/v1/customers/{id}");
        shop.ask("PUT", &path, Some(&json!({ "name": name, "birthday": birthday })), 201).await;
    }
    let call = json!({ "id": "i-1", "kind": "call", "at": "2026-03-02T09:00:00Z" });
    shop.ask("POST", "/v1/customers/c-4/interactions", Some(&call), 201).await;
    let lines = |agenda: &Value| -> Vec<String> {
        let items = agenda["items"].as_array().expect("items");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let line = |item: &Value| ["what", "on", "at", "name", "age"].map(|name| text(&item[name])).join(" ");
        items.iter().map(line).collect()
    };
    // In Berlin the day begins at 23:00 UTC. Who is born that very day has no birthday yet.
    let both =
        ["birthday 2026-03-02 2026-03-01T23:00:00Z Anna 36", "interaction 2026-03-02 2026-03-02T09:00:00Z Dora null"];
    let agenda = shop.get("/v1/agenda").await;
    assert_eq!(lines(&agenda), both);
    assert_eq!(agenda["items"][1]["interaction"]["planned"], json!(true));
    // Page by page.
    let page = shop.get("/v1/agenda?limit=1").await;
    assert_eq!(lines(&page), both[..1]);
    let page = shop.get(&format!("/v1/agenda?limit=1&cursor={}", page["next"].as_str().expect("a cursor"))).await;
    assert_eq!((lines(&page), &page["next"]), (vec![both[1].to_owned()], &Value::Null));
    // 29 February is kept on the 28th, unless the year has one.
    let check = async |from: &str, until: &str, expect: &[&str]| {
        assert_eq!(lines(&shop.get(&format!("/v1/agenda?from={from}&until={until}")).await), expect, "{from} {until}");
    };
    check("2026-02-28", "2026-03-01", &["birthday 2026-02-28 2026-02-27T23:00:00Z Ben 34"]).await;
    check("2028-02-28", "2028-03-01", &["birthday 2028-02-29 2028-02-28T23:00:00Z Ben 36"]).await;
    check("2026-12-31", "2027-01-01", &["birthday 2026-12-31 2026-12-30T23:00:00Z Dora 46"]).await;
    check("2026-03-02", "2026-03-02", &[]).await;
    check(
        "2027-03-01",
        "2027-03-03",
        &["birthday 2027-03-02 2027-03-01T23:00:00Z Anna 37", "birthday 2027-03-02 2027-03-01T23:00:00Z Cem 1"],
    )
    .await;
    shop.ask("GET", "/v1/agenda?from=2026-03-02&until=2026-03-01", None, 422).await;
    shop.ask("GET", "/v1/agenda?from=2026-03-02&until=2029-03-01", None, 422).await;
    shop.ask("GET", "/v1/agenda?from=soon", None, 422).await;
}

/// Four A customers bring 2,000 each and sixteen B customers 125 each: 80% and 20% of 10,000. Keeping each of them costs
/// 150 a year.
fn founding_case() -> Shop {
    let shop = Shop::new(FOUNDING);
    for n in 0..20 {
        let customer = format!("c-{n:02}");
        let margin = if n < 4 { 2_000 } else { 125 };
        shop.bought(&customer, 2 * margin, margin);
        // Half of B is kept for 100, half for 200; neither half is happier than the other.
        let cost = match n {
            0..4 => 150,
            4..12 => 100,
            _ => 200,
        };
        let rating = if n < 4 { 5 } else { 4 };
        let met = Interaction {
            id: format!("i-{n:02}"),
            customer,
            kind: "retention".to_owned(),
            at: instant("2026-02-10T11:00:00Z"),
            cost: Money(cost * 100),
            rating: Some(rating),
            note: None,
        };
        shop.write(move |batch| batch.put_interaction(met.clone(), met.at));
    }
    aside(|| shop.app.after_bulk().expect("cut-offs"));
    shop
}

#[tokio::test]
async fn the_founding_case() {
    let shop = founding_case();
    let report = shop.get("/v1/reports/budgets").await;
    assert_eq!(
        some(&report, &["as_of", "segment", "window", "from", "satisfaction_floor", "enforce", "currency"]),
        json!({ "as_of": "2026-03-01T11:00:00Z", "segment": "value", "window": "1 year", "from": "2025-03-01T11:00:00Z",
            "satisfaction_floor": "4", "enforce": "warn", "currency": "EUR" })
    );
    assert_eq!(
        report["classes"],
        json!([
            { "class": "A", "customers": 4, "granted": "600.00", "used": "600.00", "planned": "0.00", "left": "0.00",
              "net": "16000.00", "margin": "8000.00", "profit": "7400.00", "satisfaction": "5", "below_floor": 0,
              "losing_money": 0, "overspent": 0, "share_of_margin": "80%", "share_of_profit": "105.71%",
              "share_of_service_cost": "20%", "margin_per_cost": "13.3333", "profit_per_cost": "12.3333",
              "used_per_customer": "150.00", "break_even_per_customer": "2000.00",
              "within_customers": 4, "within_satisfaction": "5", "beyond_customers": 0, "beyond_satisfaction": null,
              "says": "A earns 7400.00: a margin of 13.3333 per EUR of service, which costs 150.00 per customer and may \
                       cost 2000.00, rated 5" },
            { "class": "B", "customers": 16, "granted": "2000.00", "used": "2400.00", "planned": "0.00", "left": "-400.00",
              "net": "4000.00", "margin": "2000.00", "profit": "-400.00", "satisfaction": "4", "below_floor": 0,
              "losing_money": 8, "overspent": 8, "share_of_margin": "20%", "share_of_profit": "-5.71%",
              "share_of_service_cost": "80%", "margin_per_cost": "0.8333", "profit_per_cost": "-0.1667",
              "used_per_customer": "150.00", "break_even_per_customer": "125.00",
              "within_customers": 8, "within_satisfaction": "4", "beyond_customers": 8, "beyond_satisfaction": "4",
              "says": "B loses 400.00: service costs 150.00 per customer, rated 4; a budget of at most 125.00 per \
                       customer ends the loss; the 8 customers served within it rate 4, the 8 beyond it 4" },
        ])
    );
    let total = some(&report["total"], &["class", "customers", "used", "margin", "profit", "losing_money"]);
    assert_eq!(
        total,
        json!({ "class": null, "customers": 20, "used": "3000.00", "margin": "10000.00", "profit": "7000.00",
            "losing_money": 8 })
    );
    // As of a day before anybody was served, nothing was used and all of it was still planned.
    let earlier = shop.get("/v1/reports/budgets?as_of=2026-02-05").await;
    assert_eq!(
        some(&earlier["total"], &["used", "planned", "profit"]),
        json!({ "used": "0.00", "planned": "3000.00", "profit": "10000.00" })
    );
    shop.ask("GET", "/v1/reports/budgets?as_of=yesterday", None, 422).await;
}

#[tokio::test]
async fn the_report_is_a_table_too() {
    let shop = founding_case();
    let (status, text) = shop.send("GET", "/v1/reports/budgets", &[("accept", "text/csv")], None).await;
    assert_eq!(status, StatusCode::OK);
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].starts_with("class,customers,granted,used,planned,left,net,margin,profit,satisfaction,"), "{text}");
    assert!(rows[1].starts_with("A,4,600.00,600.00,0.00,0.00,16000.00,8000.00,7400.00,5,"), "{text}");
    assert!(rows[2].starts_with("B,16,2000.00,2400.00,0.00,-400.00,4000.00,2000.00,-400.00,4,"), "{text}");
    assert!(rows[3].starts_with("total,20,2600.00,3000.00,0.00,-400.00,20000.00,10000.00,7000.00,4.2,"), "{text}");
    assert_eq!(rows.len(), 4);
}

#[tokio::test]
async fn who_has_a_card_only_is_in_the_last_class() {
    let shop = founding_case();
    let card = Customer { id: "idle".to_owned(), ..Customer::default() };
    shop.write(move |batch| Ok(batch.put_customer(&card)?));
    let report = shop.get("/v1/reports/budgets").await;
    let b =
        some(&report["classes"][1], &["class", "customers", "granted", "break_even_per_customer", "within_customers"]);
    assert_eq!(
        b,
        json!({ "class": "B", "customers": 17, "granted": "2000.00", "break_even_per_customer": "117.64",
            "within_customers": 9 })
    );
}

#[tokio::test]
async fn without_budgets_there_is_the_whole_history() {
    let policy = policy("warn");
    let (before, _) = policy.split_once("service:").expect("a section");
    let shop = Shop::new(before);
    shop.bought("c-1", 2_000, 100);
    let body = json!({ "kind": "call", "cost": "100.01" });
    let written = shop.ask("POST", "/v1/customers/c-1/interactions", Some(&body), 201).await;
    assert_eq!(
        some(&written["service_budget"], &["granted", "used", "left", "window", "loses_money", "because"]),
        json!({ "granted": null, "used": "100.01", "left": null, "window": null, "loses_money": true, "because": [
            "the policy has no service budgets",
            "margin 100.00 less service cost 100.01 is -0.01: serving loses money",
        ] })
    );
    let report = shop.get("/v1/reports/budgets").await;
    assert_eq!((&report["classes"], &report["total"]["losing_money"]), (&json!([]), &json!(1)));
}

#[tokio::test]
async fn a_class_may_be_settled_by_a_script_that_reads_the_card() {
    let policy = policy("warn").replace(
        "tier: { by: spend, classes: { gold: 1000, silver: 100, basic: 0 } }",
        "tier: { script: tiers.classify, classes: [gold, silver] }",
    );
    let shop = Shop::with_script(
        &policy,
        "tiers.rhai",
        "fn classify(customer) { if customer.attributes.role == \"friend\" { \"gold\" } else { \"silver\" } }",
    );
    for (id, role) in [("c-1", "friend"), ("c-2", "friend"), ("c-3", "stranger")] {
        let path = format!("/v1/customers/{id}");
        shop.ask("PUT", &path, Some(&json!({ "attributes": { "role": role } })), 201).await;
    }
    shop.bought("c-1", 2_000, 100);
    shop.bought("c-3", 2_000, 100);
    let check = async |id: &str, class: &str, granted: &str| {
        let budget = shop.get(&format!("/v1/customers/{id}/service-budget")).await;
        assert_eq!(some(&budget, &["class", "granted"]), json!({ "class": class, "granted": granted }), "{id}");
    };
    check("c-1", "gold", "50.00").await;
    check("c-2", "gold", "50.00").await;
    check("c-3", "silver", "6.00").await;
    let report = shop.get("/v1/reports/budgets").await;
    let counts: Vec<Value> = report["classes"]
        .as_array()
        .expect("classes")
        .iter()
        .map(|row| some(row, &["class", "customers", "granted"]))
        .collect();
    assert_eq!(
        counts,
        [
            json!({ "class": "gold", "customers": 2, "granted": "100.00" }),
            json!({ "class": "silver", "customers": 1, "granted": "6.00" }),
        ]
    );
}

#[tokio::test]
async fn whoever_is_erased_leaves_no_note_behind() {
    let shop = Shop::new(&policy("warn"));
    shop.bought("c-1", 2_000, 1_500);
    let body = json!({ "id": "i-1", "kind": "call", "rating": 2, "note": "very private" });
    shop.ask("POST", "/v1/customers/c-1/interactions", Some(&body), 201).await;
    shop.ask("DELETE", "/v1/customers/c-1", None, 204).await;
    shop.ask("GET", "/v1/customers/c-1/interactions/i-1", None, 404).await;
    let (_, exported) = shop.send("GET", "/v1/exports/interactions", &[], None).await;
    assert!(exported.contains("\"i-1\"") && !exported.contains("private"), "{exported}");
    // Nor does the answer that is kept for a retry.
    let rows = shop.app.store().snapshot();
    let kept = treue::store::Read::answered(&*rows, "interaction:i-1").expect("it is read").expect("it is kept");
    assert!(!String::from_utf8_lossy(&kept.body).contains("private"));
    let total = shop.get("/v1/reports/budgets").await["total"]["used"].clone();
    assert_eq!(total, json!("4.50"), "sums stay");
    shop.assert_sound();
}
