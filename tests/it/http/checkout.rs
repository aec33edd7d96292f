//! Quotes and purchases: the contract's example, guests, and the same request twice.

use serde_json::{Value, json};

use super::app::{EXAMPLE, NOON, TestApp};

/// `c-17` after twelve purchases, in class B beside a customer who bought far more.
async fn example() -> TestApp {
    let app = TestApp::new(EXAMPLE);
    app.set_clock("2026-01-10T12:00:00Z");
    app.buy("big", Some("c-1"), "5000").await;
    for number in 1..=12 {
        app.pass_minutes(60 * 24);
        app.buy(&format!("p-{number}"), Some("c-17"), "50.00").await;
    }
    app.set_clock(NOON);
    app.post("/v1/segments/refresh", &json!({})).await.json(200);
    app
}

fn basket() -> Value {
    json!({
        "customer": "c-17",
        "at": "2026-03-01T11:00:00Z",
        "lines": [{ "sku": "SH-1", "quantity": 2, "unit_price": "49.90", "unit_cost": "21.00",
                    "category": "shoes", "tags": ["new"] }],
        "codes": [], "redeem_points": 0
    })
}

/// What the contract shows, besides the quote and its end.
fn decided(revision: &str) -> Value {
    json!({
        "revision": revision, "customer": "c-17", "at": "2026-03-01T11:00:00Z", "currency": "EUR",
        "lines": [{ "sku": "SH-1", "quantity": 2, "gross": "99.80", "discount": "4.99", "net": "94.81",
                    "discounts": [{ "name": "regulars", "amount": "4.99" }] }],
        "totals": { "gross": "99.80", "discount": "4.99", "net": "94.81", "points_paid": "0.00", "to_pay": "94.81" },
        "applied": [{ "name": "regulars", "rate": "5%", "amount": "4.99", "because": ["orders is 12, step 10"] }],
        "rejected": [{ "name": "a_customers", "because": ["value is B, wanted A"] }],
        "segments": { "value": "B", "tier": "silver" },
        "points": { "earned": 94, "redeemed": 0 },
        "next_steps": [{ "discount": "regulars", "rate": "8%", "metric": "orders", "missing": "13" }]
    })
}

/// An answer without the named members, which are there.
fn without(mut answer: Value, names: &[&str]) -> Value {
    for name in names {
        assert!(answer.as_object_mut().expect("an object").remove(*name).is_some(), "{name} is answered");
    }
    answer
}

#[tokio::test]
async fn the_contracts_example_comes_out() {
    let app = example().await;
    let quote = app.post("/v1/quotes", &basket()).await.json(200);
    assert_eq!(quote["expires_at"], "2026-03-01T11:15:00Z");
    assert!(quote["snapshot"].as_u64().is_some_and(|snapshot| snapshot > 0), "{quote}");
    assert_eq!(without(quote.clone(), &["quote", "expires_at", "snapshot"]), decided(&app.revision()));

    let mut bought = basket();
    bought["id"] = "order-1".into();
    let on_the_spot = app.post("/v1/purchases", &bought).await.json(201);
    let mut expected = decided(&app.revision());
    expected["id"] = "order-1".into();
    assert_eq!(without(on_the_spot, &["snapshot"]), expected);

    let at_its_terms = app.post("/v1/purchases", &json!({ "id": "order-2", "quote": quote["quote"] })).await.json(201);
    expected["id"] = "order-2".into();
    assert_eq!(without(at_its_terms, &["snapshot"]), expected);
    app.assert_sound();
}

#[tokio::test]
async fn a_quote_writes_nothing() {
    let app = TestApp::new(EXAMPLE);
    let before = app.get("/readyz").await.json(200);
    let mut asked = basket();
    asked["customer"] = "nobody".into();
    app.post("/v1/quotes", &asked).await.json(200);
    assert_eq!(app.get("/readyz").await.json(200), before);
    app.get("/v1/customers/nobody").await.problem(404, "not-found");
}

#[tokio::test]
async fn guests_get_what_everybody_gets() {
    let app = TestApp::new(
        "currency: EUR\ntimezone: UTC\nmetrics: { orders: { count: purchases } }\ndiscounts:\n  all: { rate: 10% }\n  regulars: { ladder: { by: orders, steps: { 1: 5% } } }\n",
    );
    let asked = json!({ "lines": [{ "sku": "X", "quantity": 1, "unit_price": 20 }] });
    let quote = app.post("/v1/quotes", &asked).await.json(200);
    assert_eq!((&quote["customer"], &quote["at"]), (&Value::Null, &json!(NOON)));
    assert_eq!(quote["totals"]["discount"], "2.00");
    assert_eq!(
        quote["applied"],
        json!([{ "name": "all", "rate": "10%", "amount": "2.00", "because": ["applies to everyone"] }])
    );
    assert_eq!(quote["rejected"][0]["because"], json!(["orders is 0, first step 1"]));
    assert_eq!(app.buy("guest", None, "20").await["customer"], Value::Null);
    assert_eq!(app.get("/v1/purchases/guest").await.json(200)["customer"], Value::Null);
}

#[tokio::test]
async fn money_comes_as_string_or_number_and_is_read_exactly() {
    let app = TestApp::new("currency: EUR\ntimezone: UTC\ndiscounts: { all: { rate: 10% } }\n");
    let check = async |price: &str, quantity: &str, gross: &str| {
        let body = format!("{{\"lines\":[{{\"sku\":\"X\",\"quantity\":{quantity},\"unit_price\":{price}}}]}}");
        let quote = app.call(axum::http::Method::POST, "/v1/quotes", body).await.json(200);
        assert_eq!(quote["totals"]["gross"], gross, "{price} times {quantity}");
    };
    check("19.90", "1", "19.90").await;
    check("\"19.90\"", "1", "19.90").await;
    check("1e2", "1", "100.00").await;
    check("0.1", "3", "0.30").await;
    check("0.0049", "1", "0.00").await;
    check("0.0050", "1", "0.01").await;
    check("90071992547409.93", "0.1", "9007199254740.99").await;
    check("\"2.50\"", "\"0.5\"", "1.25").await;
    check("3.33", "1.001", "3.33").await;
    check("0", "1", "0.00").await;
}

#[tokio::test]
async fn a_purchase_reads_back_with_its_decision() {
    let app = example().await;
    let mut bought = basket();
    bought["id"] = "order-1".into();
    bought["codes"] = json!(["SPRING"]);
    app.post("/v1/purchases", &bought).await.json(201);
    let kept = app.get("/v1/purchases/order-1").await.json(200);
    assert_eq!(
        kept,
        json!({
            "id": "order-1", "customer": "c-17", "at": NOON, "recorded_at": NOON, "revision": app.revision(),
            "currency": "EUR",
            "lines": [{ "sku": "SH-1", "quantity": 2, "returned": 0, "unit_price": "49.90", "category": "shoes",
                        "tags": ["new"], "gross": "99.80", "discount": "4.99", "net": "94.81", "cost": "42.00" }],
            "totals": { "gross": "99.80", "discount": "4.99", "net": "94.81" },
            "returns": []
        })
    );
    let decision = app.get("/v1/decisions/order-1").await.json(200);
    assert_eq!((&decision["purchase"], &decision["codes"]), (&json!("order-1"), &json!(["SPRING"])));
    assert!(decision["trace"].is_object());
    let mut expected = decided(&app.revision());
    expected["purchase"] = "order-1".into();
    expected["codes"] = json!(["SPRING"]);
    assert_eq!(without(decision, &["trace", "snapshot"]), expected);
    app.get("/v1/purchases/none").await.problem(404, "not-found");
    app.get("/v1/decisions/none").await.problem(404, "not-found");
}

#[tokio::test]
async fn the_same_request_again_is_answered_as_the_first_time() {
    let app = example().await;
    let mut bought = basket();
    bought["id"] = "order-1".into();
    let first = app.post("/v1/purchases", &bought).await;
    first.json(201);
    let same = async |body: &Value, why: &str| {
        let again = app.post("/v1/purchases", body).await;
        assert_eq!((again.status, &again.body), (201, &first.body), "{why}");
    };
    same(&bought, "at once").await;
    let mut spelled = bought.clone();
    spelled["lines"][0]["unit_price"] = json!(49.9);
    spelled["lines"][0]["quantity"] = json!("2.000");
    spelled["at"] = "2026-03-01T12:00:00+01:00".into();
    same(&spelled, "spelled in another way").await;
    app.post("/v1/purchases/order-1/returns", &json!({ "id": "r-1" })).await.json(201);
    same(&bought, "after it came back").await;
    app.rewrite(&EXAMPLE.replace("10: 5%", "10: 7%"));
    same(&bought, "under another policy").await;
    app.pass_minutes(60 * 24 * 500);
    same(&bought, "much later").await;

    for (pointer, other) in [
        ("/customer", json!("c-18")),
        ("/at", json!("2026-03-01T11:00:01Z")),
        ("/lines/0/quantity", json!(3)),
        ("/lines/0/unit_cost", json!("21.01")),
        ("/lines/0/tags/0", json!("old")),
        ("/codes", json!(["SPRING"])),
    ] {
        let mut changed = bought.clone();
        *changed.pointer_mut(pointer).expect("a value") = other;
        app.post("/v1/purchases", &changed).await.problem(409, "exists");
    }
    assert_eq!(app.get("/readyz").await.json(200)["purchases"], 14);
    app.assert_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_purchase_many_times_at_once_is_one() {
    let app = std::sync::Arc::new(TestApp::new(EXAMPLE));
    let body = json!({ "id": "once", "customer": "c-1", "lines": [{ "sku": "X", "quantity": 1, "unit_price": 5 }] });
    let calls = (0..32).map(|_| {
        let (app, body) = (std::sync::Arc::clone(&app), body.clone());
        tokio::spawn(async move { app.post("/v1/purchases", &body).await })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(calls).await.into_iter().map(|a| a.expect("an answer")).collect();
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert_eq!(
        app.get("/v1/customers/c-1/standing").await.json(200)["metrics"]["orders"],
        "0",
        "as of the same instant"
    );
    app.pass_minutes(1);
    assert_eq!(app.get("/v1/customers/c-1/standing").await.json(200)["metrics"]["orders"], "1");
}

#[tokio::test]
async fn a_purchase_cannot_lie_ahead() {
    let app = TestApp::new(EXAMPLE);
    let mut bought = basket();
    bought["id"] = "order-1".into();
    bought["at"] = "2026-03-02T11:00:00Z".into();
    assert_eq!(app.post("/v1/purchases", &bought).await.pointers(), ["/at"]);
}
