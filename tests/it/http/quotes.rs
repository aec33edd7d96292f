//! Quotes are honoured until they expire, whatever policy is in force by then.

use serde_json::{Value, json};

use super::app::TestApp;

fn policy(rate: &str) -> String {
    format!("currency: EUR\ntimezone: UTC\ndiscounts: {{ all: {{ rate: {rate} }} }}\n")
}

async fn quote(app: &TestApp) -> Value {
    let asked = json!({ "customer": "c-1", "lines": [{ "sku": "X", "quantity": 1, "unit_price": 100 }] });
    app.post("/v1/quotes", &asked).await.json(200)
}

#[tokio::test]
async fn a_quote_outlives_the_policy_that_made_it() {
    let app = TestApp::new(&policy("10%"));
    let old = app.revision();
    let quoted = quote(&app).await;
    assert!(app.rewrite(&policy("3%")));
    app.pass_minutes(14);
    let bought = app.post("/v1/purchases", &json!({ "id": "p-1", "quote": quoted["quote"] })).await.json(201);
    assert_eq!((&bought["totals"]["discount"], &bought["revision"]), (&json!("10.00"), &json!(old)));
    assert_eq!(bought["at"], quoted["at"], "it is decided as of the quote");
    let decision = app.get("/v1/decisions/p-1").await.json(200);
    assert_eq!((&decision["revision"], &decision["applied"]), (&json!(old), &quoted["applied"]));
    assert_eq!(quote(&app).await["totals"]["discount"], "3.00");
    app.assert_sound();
}

#[tokio::test]
async fn an_expired_quote_brings_a_fresh_one() {
    let app = TestApp::new(&policy("10%"));
    let quoted = quote(&app).await;
    let in_time = json!({ "id": "in-time", "quote": quoted["quote"] });
    let first = app.post("/v1/purchases", &in_time).await;
    first.json(201);
    app.rewrite(&policy("3%"));
    app.pass_minutes(15);
    let problem = app
        .post("/v1/purchases", &json!({ "id": "late", "quote": quoted["quote"] }))
        .await
        .problem(409, "quote-expired");
    assert_eq!(problem["detail"], "the quote expired at 2026-03-01T11:15:00Z");
    let fresh = &problem["quote"];
    assert_eq!((&fresh["totals"]["discount"], &fresh["customer"]), (&json!("3.00"), &json!("c-1")));
    app.get("/v1/purchases/late").await.problem(404, "not-found");
    let bought = app.post("/v1/purchases", &json!({ "id": "late", "quote": fresh["quote"] })).await.json(201);
    assert_eq!(bought["totals"]["to_pay"], "97.00");
    let again = app.post("/v1/purchases", &in_time).await;
    assert_eq!((again.status, &again.body), (201, &first.body), "what was committed in time stays so");
}

#[tokio::test]
async fn nobody_else_makes_quotes() {
    let app = TestApp::new(&policy("10%"));
    let token = quote(&app).await["quote"].as_str().expect("a token").to_owned();
    let stranger = quote(&TestApp::new(&policy("10%"))).await["quote"].as_str().expect("a token").to_owned();
    let mut changed = token.clone().into_bytes();
    for at in [1, token.len() / 2, token.len() - 2] {
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    }
    let changed = String::from_utf8(changed).expect("text");
    for forged in [&changed, &stranger, &token[..token.len() - 1], "", "AAAA", "not a quote"] {
        assert_eq!(app.post("/v1/purchases", &json!({ "id": "p-1", "quote": forged })).await.pointers(), ["/quote"]);
    }
    let both = json!({ "id": "p-1", "quote": token, "customer": "c-2", "lines": [], "codes": ["A"] });
    assert_eq!(app.post("/v1/purchases", &both).await.pointers(), ["/customer", "/lines", "/codes"]);
    assert_eq!(app.post("/v1/purchases", &json!({ "id": "p-1" })).await.pointers(), ["/lines"]);
}

#[tokio::test]
async fn one_quote_may_be_bought_under_two_ids_but_one_id_once() {
    let app = TestApp::new(&policy("10%"));
    let (one, other) = (quote(&app).await, quote(&app).await);
    let body = json!({ "id": "p-1", "quote": one["quote"] });
    app.post("/v1/purchases", &body).await.json(201);
    app.post("/v1/purchases", &json!({ "id": "p-2", "quote": one["quote"] })).await.json(201);
    app.pass_minutes(1);
    let later = quote(&app).await;
    assert_ne!(other["quote"], later["quote"]);
    app.post("/v1/purchases", &json!({ "id": "p-1", "quote": later["quote"] })).await.problem(409, "exists");
}

#[tokio::test]
async fn what_is_quoted_for_later_is_not_bought_now() {
    let app = TestApp::new(
        "currency: EUR\ntimezone: UTC\ndiscounts:\n  xmas: { rate: 50%, valid: { from: 2026-12-24, until: 2026-12-27 } }\n",
    );
    let lines = json!([{ "sku": "X", "quantity": 1, "unit_price": 100 }]);
    let later = app.post("/v1/quotes", &json!({ "at": "2026-12-24T12:00:00Z", "lines": lines })).await.json(200);
    assert_eq!(later["totals"]["discount"], "50.00", "a look ahead");
    let problem =
        app.post("/v1/purchases", &json!({ "id": "p", "quote": later["quote"] })).await.problem(422, "invalid");
    assert_eq!(problem["detail"], "/at: a purchase cannot lie ahead: it is 2026-03-01T11:00:00Z now");
    app.get("/v1/purchases/p").await.problem(404, "not-found");
    app.assert_sound();
}
