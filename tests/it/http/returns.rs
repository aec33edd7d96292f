//! Returns never re-decide what was bought: a discount belongs to its units.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, TestApp, request};

const TENTH: &str = "currency: EUR\ntimezone: UTC\nmetrics: { orders: { count: purchases }, spend: { sum: net } }\ndiscounts: { all: { rate: 10% } }\n";

async fn bought(app: &TestApp, id: &str, lines: Value) {
    app.post("/v1/purchases", &json!({ "id": id, "customer": "c-1", "lines": lines })).await.json(201);
}

async fn back(app: &TestApp, purchase: &str, id: &str, lines: Value) -> Answer {
    app.post(&format!("/v1/purchases/{purchase}/returns"), &json!({ "id": id, "lines": lines })).await
}

#[tokio::test]
async fn three_at_a_hundred_less_a_tenth_two_returned_refunds_180() {
    let app = TestApp::new(TENTH);
    bought(&app, "p-1", json!([{ "sku": "X", "quantity": 3, "unit_price": 100 }])).await;
    app.rewrite(&TENTH.replace("10%", "50%"));
    app.pass_minutes(5);
    let answer = back(&app, "p-1", "r-1", json!([{ "line": 0, "quantity": 2 }])).await.json(201);
    assert_eq!(
        answer,
        json!({
            "id": "r-1", "purchase": "p-1", "at": "2026-03-01T11:05:00Z", "currency": "EUR",
            "lines": [{ "line": 0, "sku": "X", "quantity": 2, "gross": "200.00", "discount": "20.00", "net": "180.00",
                        "refund": "180.00" }],
            "totals": { "gross": "200.00", "discount": "20.00", "net": "180.00" },
            "points_paid": "0.00", "refund": "180.00", "points": { "given_back": 0, "taken_back": 0 }
        })
    );
    let kept = app.get("/v1/purchases/p-1").await.json(200);
    assert_eq!((&kept["lines"][0]["returned"], &kept["totals"]["net"]), (&json!(2), &json!("270.00")));
    assert_eq!(kept["returns"], json!([answer]));
    app.pass_minutes(1);
    let metrics = app.get("/v1/customers/c-1/standing").await.json(200)["metrics"].clone();
    assert_eq!(metrics, json!({ "orders": "1", "spend": "90" }), "a partial return leaves the count");
    back(&app, "p-1", "r-2", json!([{ "line": 0 }])).await.json(201);
    app.pass_minutes(1);
    let metrics = app.get("/v1/customers/c-1/standing").await.json(200)["metrics"].clone();
    assert_eq!(metrics, json!({ "orders": "0", "spend": "0" }), "a full one counts for nothing");
    app.assert_sound();
}

fn cents(money: &Value) -> i64 {
    money.as_str().expect("money").replace('.', "").parse().expect("cents")
}

#[tokio::test]
async fn unit_by_unit_refunds_the_same_as_at_once() {
    let check = async |price: &str, units: u32, rate: &str| {
        let app = TestApp::new(&TENTH.replace("10%", rate));
        for id in ["at-once", "by-unit", "in-two"] {
            bought(&app, id, json!([{ "sku": "X", "quantity": units, "unit_price": price }])).await;
        }
        let whole = back(&app, "at-once", "r", json!([{ "line": 0 }])).await.json(201);
        let mut sum = 0;
        for unit in 0..units {
            let one =
                back(&app, "by-unit", &format!("r-{unit}"), json!([{ "line": 0, "quantity": 1 }])).await.json(201);
            sum += cents(&one["refund"]);
        }
        assert_eq!(sum, cents(&whole["refund"]), "{units} at {price} less {rate}");
        let first = back(&app, "in-two", "r-1", json!([{ "line": 0, "quantity": units - 1 }])).await.json(201);
        let second = back(&app, "in-two", "r-2", json!([{ "line": 0, "quantity": 1 }])).await.json(201);
        assert_eq!(cents(&first["refund"]) + cents(&second["refund"]), sum);
        assert_eq!(cents(&app.get("/v1/purchases/by-unit").await.json(200)["totals"]["net"]), sum);
        app.assert_sound();
    };
    check("33.33", 3, "10%").await;
    check("0.01", 7, "50%").await;
    check("19.99", 11, "12.5%").await;
    check("0.0033", 9, "33%").await;
}

#[tokio::test]
async fn what_comes_back_is_what_was_bought() {
    let app = TestApp::new(TENTH);
    let lines = json!([
        { "sku": "A", "quantity": 2, "unit_price": 10 }, { "sku": "B", "quantity": "1.5", "unit_price": 4 },
        { "sku": "A", "quantity": 1, "unit_price": 8 }
    ]);
    bought(&app, "p-1", lines).await;
    for (lines, pointer) in [
        (json!([{ "line": 0, "quantity": 3 }]), "/lines"),
        (json!([{ "line": 3 }]), "/lines"),
        (json!([{ "line": 1, "quantity": "1.501" }]), "/lines"),
        (json!([{ "sku": "B" }, { "sku": "A" }]), "/lines/1"),
        (json!([{ "sku": "C" }]), "/lines/0"),
        (json!([{ "line": 0, "sku": "B" }]), "/lines/0"),
        (json!([{ "line": 0, "quantity": 1 }, { "line": 0, "quantity": 1 }]), "/lines/1"),
        (json!([{ "quantity": 1 }]), "/lines/0"),
        (json!([{ "line": 0, "quantity": 0 }]), "/lines/0/quantity"),
        (json!([{ "line": 0, "quantity": -1 }]), "/lines/0/quantity"),
        (json!([]), "/lines"),
    ] {
        assert_eq!(back(&app, "p-1", "r", lines.clone()).await.pointers(), [pointer], "{lines}");
    }
    back(&app, "p-2", "r", json!([{ "line": 0 }])).await.problem(404, "not-found");
    assert_eq!(back(&app, "p-1", "r-1", json!([{ "sku": "B", "quantity": 0.5 }])).await.json(201)["refund"], "1.80");
    let rest = app.post("/v1/purchases/p-1/returns", &json!({ "id": "r-2" })).await.json(201);
    assert_eq!(rest["refund"], "28.80", "20 + 8 + 4, less a tenth");
    app.post("/v1/purchases/p-1/returns", &json!({ "id": "r-3" })).await.problem(409, "nothing-left");
    for (at, pointer) in [("2026-03-01T10:59:59Z", "/at"), ("2026-03-02T00:00:00Z", "/at")] {
        bought(&app, at, json!([{ "sku": "A", "quantity": 1, "unit_price": 8 }])).await;
        let body = json!({ "id": "r", "at": at });
        assert_eq!(app.post(&format!("/v1/purchases/{at}/returns"), &body).await.pointers(), [pointer]);
    }
    app.assert_sound();
}

#[tokio::test]
async fn the_same_return_again_is_answered_as_the_first_time() {
    let app = TestApp::new(TENTH);
    bought(&app, "p-1", json!([{ "sku": "X", "quantity": 9, "unit_price": 100 }])).await;
    let one = json!([{ "line": 0, "quantity": 1 }]);
    let first = back(&app, "p-1", "r-1", one.clone()).await;
    first.json(201);
    app.pass_minutes(5);
    let again = back(&app, "p-1", "r-1", one.clone()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    back(&app, "p-1", "r-1", json!([{ "line": 0, "quantity": 2 }])).await.problem(409, "exists");

    let keyed = async |key: &str, body: Value| {
        let asked = request(Method::POST, "/v1/purchases/p-1/returns").header("idempotency-key", key);
        app.send(asked.body(Body::from(body.to_string())).expect("a request")).await
    };
    let first = keyed("k-1", json!({ "lines": one })).await;
    assert_eq!(first.json(201)["id"], "k-1");
    app.pass_minutes(5);
    let again = keyed("k-1", json!({ "lines": one })).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    keyed("k-1", json!({})).await.problem(409, "exists");
    let kept = app.get("/v1/purchases/p-1").await.json(200);
    assert_eq!((&kept["lines"][0]["returned"], kept["returns"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    app.assert_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_comes_back_than_was_bought_however_many_ask_at_once() {
    let app = std::sync::Arc::new(TestApp::new(TENTH));
    bought(&app, "p-1", json!([{ "sku": "X", "quantity": 10, "unit_price": 100 }])).await;
    let calls = (0..32).map(|at| {
        let app = std::sync::Arc::clone(&app);
        tokio::spawn(async move { back(&app, "p-1", &format!("r-{at}"), json!([{ "line": 0, "quantity": 1 }])).await })
    });
    let answers = futures_util::future::join_all(calls.collect::<Vec<_>>()).await;
    let done = answers.into_iter().map(|answer| answer.expect("an answer")).filter(|answer| answer.status == 201);
    assert_eq!(done.count(), 10);
    app.assert_sound();
}
