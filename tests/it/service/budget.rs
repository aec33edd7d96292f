//! What is granted, used and left, and what happens beyond it.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::shop::{BUDGET, Shop, instant, policy, some};

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
async fn goods_that_come_back_lower_the_budget_at_once() {
    let shop = Shop::new(&policy("block"));
    shop.bought("c-1", 2_000, 1_500);
    let path = "/v1/customers/c-1/interactions";
    shop.ask("POST", path, Some(&json!({ "kind": "visit" })), 201).await;
    // At this very instant, so that the customer's account is not exact as of now.
    shop.ask("POST", "/v1/purchases/p-c-1/returns", Some(&json!({})), 201).await;
    let budget = shop.get("/v1/customers/c-1/service-budget").await;
    assert_eq!(
        some(&budget, &["class", "granted", "used", "left", "profit", "loses_money"]),
        json!({ "class": "basic", "granted": null, "used": "60.00", "left": null, "profit": "-60.00", "loses_money": true })
    );
    let before = shop.get("/v1/customers/c-1/service-budget?at=2026-03-01T10:59:59Z").await;
    assert_eq!(
        some(&before, &["class", "granted", "used", "planned", "left"]),
        json!({ "class": "gold", "granted": "180.00", "used": "0.00", "planned": "60.00", "left": "120.00" })
    );
}

/// One step of a random history: which contact, what is done to it, what it costs, how many days from now it lies, and
/// by how many days the clock steps before.
type Step = (u8, u8, i64, i64, i64);

/// Contacts as the contract has them, by id: day and cost.
#[derive(Default)]
struct Model(BTreeMap<String, (i64, i64)>);

impl Model {
    /// What is used and what is planned on a day, in cents. The window is 365 days; none of these days is in a leap year.
    fn sums(&self, today: i64) -> (i64, i64) {
        let sum =
            |counts: &dyn Fn(i64) -> bool| self.0.values().filter(|(day, _)| counts(*day)).map(|(_, cost)| cost).sum();
        (sum(&|day| today - 365 < day && day <= today), sum(&|day| day > today))
    }
}

/// The budget of the customer, in cents: 12% of 100 is 12, but at least 50.
const GRANTED: i64 = 5_000;

async fn same_as_the_model(steps: Vec<Step>) {
    let shop = Shop::new(&policy("block"));
    shop.bought("c-1", 1_200, 100);
    let start = instant("2025-06-01T11:00:00Z");
    let day = |days: i64| start.plus_micros(days * 86_400_000_000);
    // The purchase of 2026-02-01 stays in every window: the clock stays within a year after it, and before.
    let (mut model, mut today) = (Model::default(), 300);
    for (slot, action, cost, ahead, clock) in steps {
        today = (today + clock).clamp(260, 500);
        shop.app.clock().set(day(today));
        let id = format!("i-{slot}");
        let path = format!("/v1/customers/c-1/interactions/{id}");
        let before = model.sums(today);
        let known = model.0.get(&id).copied();
        if action == 0 {
            let (status, _) = shop.send("DELETE", &path, &[], None).await;
            if model.0.remove(&id).is_some() {
                assert_eq!(status.as_u16(), 204);
            }
        } else {
            let at = day(today + ahead).to_string();
            let body = json!({ "kind": "call", "at": at, "cost": format!("{}.{:02}", cost / 100, cost % 100) });
            let (status, text) = shop.send("PUT", &path, &[], Some(&body)).await;
            model.0.insert(id.clone(), (today + ahead, cost));
            let after = model.sums(today);
            let beyond = after.0 + after.1 > GRANTED && after.0 + after.1 > before.0 + before.1;
            if beyond {
                match known {
                    Some(known) => model.0.insert(id, known),
                    None => model.0.remove(&id),
                };
            }
            let expect = if beyond {
                409
            } else if known.is_some() {
                200
            } else {
                201
            };
            assert_eq!(status.as_u16(), expect, "{text}");
        }
        let budget = shop.get("/v1/customers/c-1/service-budget").await;
        let (used, planned) = model.sums(today);
        let text = |cents: i64| {
            let sign = if cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
        };
        assert_eq!(
            some(&budget, &BUDGET),
            json!({ "granted": "50.00", "used": text(used), "planned": text(planned), "left": text(GRANTED - used - planned) })
        );
    }
    shop.assert_sound();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is planned, moved, done and cancelled, and however the clock steps: what is said is what the contract says.
    #[test]
    fn used_and_planned_are_what_the_contract_says(
        steps in prop::collection::vec((0u8..6, 0u8..4, 0i64..2_500, -420i64..60, -20i64..40), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(same_as_the_model(steps));
    }
}
