//! Interactions are written once, moved, done, cancelled, and checked.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::shop::{BUDGET, Shop, instant, policy, some};

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
