//! Uses and budgets: spent when a purchase is committed, given back by returns, never overspent.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::app::TestApp;

fn policy(discount: &str) -> String {
    format!("currency: EUR\ntimezone: UTC\ndiscounts: {{ gift: {{ {discount} }} }}\n")
}

fn basket(customer: &str, price: &str) -> Value {
    json!({ "customer": customer, "lines": [{ "sku": "X", "quantity": 1, "unit_price": price }] })
}

fn with_id(id: &str, mut basket: Value) -> Value {
    basket["id"] = id.into();
    basket
}

async fn discount_of_a_quote(app: &TestApp, customer: &str) -> Value {
    app.post("/v1/quotes", &basket(customer, "100")).await.json(200)["totals"]["discount"].clone()
}

#[tokio::test]
async fn uses_are_spent_by_purchases_and_never_by_quotes() {
    let app = TestApp::new(&policy("amount: 10, uses: { per_customer: 1 per year }"));
    for _ in 0..3 {
        assert_eq!(discount_of_a_quote(&app, "c-1").await, "10.00");
    }
    assert_eq!(app.buy("p-1", Some("c-1"), "100").await["totals"]["discount"], "10.00");
    let quote = app.post("/v1/quotes", &basket("c-1", "100")).await.json(200);
    assert_eq!(
        quote["rejected"],
        json!([{ "name": "gift", "because": ["the customer has used it as often as allowed"] }])
    );
    assert_eq!(app.buy("p-2", Some("c-1"), "100").await["totals"]["discount"], "0.00");
    assert_eq!(app.buy("p-3", Some("c-2"), "100").await["totals"]["discount"], "10.00", "another customer");
    let uses = &app.get("/v1/customers/c-1/standing").await.json(200)["uses"];
    assert_eq!(*uses, json!([{ "discount": "gift", "left_to_customer": 0, "left_in_all": null }]));

    app.post("/v1/purchases/p-1/returns", &json!({ "id": "r-1" })).await.json(201);
    assert_eq!(discount_of_a_quote(&app, "c-1").await, "10.00", "a full return gives the use back");
    app.buy("p-4", Some("c-1"), "100").await;
    app.set_clock("2027-01-01T00:00:00Z");
    assert_eq!(discount_of_a_quote(&app, "c-1").await, "10.00", "another year");
    app.assert_sound();
}

#[tokio::test]
async fn guests_cannot_be_counted() {
    let app = TestApp::new(&policy("amount: 10, uses: { per_customer: 1 }"));
    assert_eq!(app.buy("p-1", None, "100").await["totals"]["discount"], "0.00");
}

#[tokio::test]
async fn a_budget_cuts_the_last_grant_or_refuses_it() {
    let check = async |partial: &str, grants: &[&str]| {
        let app = TestApp::new(&policy(&format!("amount: 10, budget: 25 per month{partial}")));
        for (at, grant) in grants.iter().enumerate() {
            assert_eq!(
                app.buy(&format!("p-{at}"), Some("c-1"), "100").await["totals"]["discount"],
                *grant,
                "{partial} {at}"
            );
        }
        app.assert_sound();
    };
    check("", &["10.00", "10.00", "5.00", "0.00"]).await;
    check(", partial: false", &["10.00", "10.00", "0.00", "0.00"]).await;
}

#[tokio::test]
async fn returns_give_their_share_of_a_budget_back() {
    let app = TestApp::new(&policy("rate: 10%, budget: 25 per month"));
    let left = async || app.get("/v1/customers/c-1/standing").await.json(200)["budgets"][0]["left"].clone();
    let lines = json!([{ "sku": "X", "quantity": 2, "unit_price": 100 }]);
    app.post("/v1/purchases", &json!({ "id": "p-1", "customer": "c-1", "lines": lines })).await.json(201);
    assert_eq!(left().await, "5.00");
    let one = json!({ "id": "r-1", "lines": [{ "line": 0, "quantity": 1 }] });
    app.post("/v1/purchases/p-1/returns", &one).await.json(201);
    assert_eq!(left().await, "15.00");
    app.post("/v1/purchases/p-1/returns", &one).await.json(201);
    assert_eq!(left().await, "15.00", "the same return again is no other");
    app.post("/v1/purchases/p-1/returns", &json!({ "id": "r-2" })).await.json(201);
    assert_eq!(left().await, "25.00");
    app.assert_sound();
}

#[tokio::test]
async fn a_quote_that_promised_what_is_gone_brings_a_fresh_one() {
    let check = async |discount: &str, says: &str, fresh: &str| {
        let app = TestApp::new(&policy(discount));
        let quoted = app.post("/v1/quotes", &basket("c-1", "100")).await.json(200);
        app.buy("first", Some("c-1"), "100").await;
        let answer = app.post("/v1/purchases", &json!({ "id": "second", "quote": quoted["quote"] })).await;
        let problem = answer.problem(409, "spent");
        assert_eq!(problem["detail"], format!("no longer available: {says}"));
        assert_eq!(problem["quote"]["totals"]["discount"], fresh);
        app.get("/v1/purchases/second").await.problem(404, "not-found");
        let fresh = json!({ "id": "second", "quote": problem["quote"]["quote"] });
        app.post("/v1/purchases", &fresh).await.json(201);
        app.assert_sound();
    };
    check("amount: 10, uses: { per_customer: 1 }", "uses per customer of gift", "0.00").await;
    check("amount: 10, uses: { total: 1 per day }", "uses of gift", "0.00").await;
    check("amount: 10, budget: 14", "budget of gift", "4.00").await;
    check("amount: 10, budget: 10", "budget of gift", "0.00").await;
}

/// What 64 tills get that commit at once.
async fn at_once(discount: &str, customer: impl Fn(usize) -> String) -> Vec<String> {
    let app = Arc::new(TestApp::new(&policy(discount)));
    let calls: Vec<_> = (0..64)
        .map(|at| {
            let (app, body) = (Arc::clone(&app), with_id(&format!("p-{at}"), basket(&customer(at), "100")));
            tokio::spawn(async move { app.post("/v1/purchases", &body).await.json(201) })
        })
        .collect();
    let answers = join_all(calls).await.into_iter().map(|answer| answer.expect("an answer"));
    let mut granted: Vec<String> =
        answers.map(|answer| answer["totals"]["discount"].as_str().expect("money").to_owned()).collect();
    granted.sort_unstable();
    granted.retain(|granted| granted != "0.00");
    app.assert_sound();
    granted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_overspent_however_many_commit_at_once() {
    let each = |at: usize| format!("c-{at}");
    let mut expected = vec!["10.00"; 9];
    assert_eq!(at_once("amount: 10, budget: 90, partial: false", each).await, expected);
    assert_eq!(at_once("amount: 10, budget: 99, partial: false", each).await, expected);
    assert_eq!(at_once("amount: 10, uses: { total: 9 }", each).await, expected);
    assert_eq!(
        at_once("amount: 10, uses: { per_customer: 1 per month }", |at| format!("c-{}", at % 9)).await,
        expected
    );
    expected.push("5.00");
    assert_eq!(at_once("amount: 10, budget: 95 per year", each).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_overspent_at_the_terms_of_quotes_either() {
    let app = Arc::new(TestApp::new(&policy("amount: 10, budget: 95")));
    let mut quotes = Vec::new();
    for at in 0..64 {
        quotes.push(app.post("/v1/quotes", &basket(&format!("c-{at}"), "100")).await.json(200)["quote"].clone());
    }
    let calls: Vec<_> = quotes
        .into_iter()
        .enumerate()
        .map(|(at, quote)| {
            let app = Arc::clone(&app);
            tokio::spawn(
                async move { app.post("/v1/purchases", &json!({ "id": format!("p-{at}"), "quote": quote })).await },
            )
        })
        .collect();
    let answers: Vec<_> = join_all(calls).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    let committed = answers.iter().filter(|answer| answer.status == 201);
    assert_eq!(committed.clone().count(), 9, "ten would be 100");
    for answer in committed {
        assert_eq!(answer.json(201)["totals"]["discount"], "10.00", "what was promised is granted whole");
    }
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.problem(409, "spent");
    }
    assert_eq!(app.buy("last", Some("c-1"), "100").await["totals"]["discount"], "5.00");
    app.assert_sound();
}
