//! The customer base: cards, histories, standing, erasure, and lists a page at a time.

use serde_json::{Value, json};

use super::app::{EXAMPLE, NOON, TestApp};

fn card() -> Value {
    json!({
        "name": "Ada Ley", "email": "ada@example.org", "phone": "+49 30 1", "address": "Am Tor 1", "birthday": "1990-02-28",
        "attributes": { "role": "staff", "size": 42.5, "vip": true }, "consent": { "newsletter": false }
    })
}

#[tokio::test]
async fn a_card_is_written_read_and_changed() {
    let app = TestApp::new(EXAMPLE);
    let mut written = app.put("/v1/customers/c-1", &card()).await.json(201);
    let mut expected = card();
    expected["id"] = "c-1".into();
    expected["attributes"]["size"] = "42.5".into();
    expected["created_at"] = NOON.into();
    expected["updated_at"] = NOON.into();
    assert_eq!(written, expected);
    assert_eq!(app.get("/v1/customers/c-1").await.json(200), expected);
    app.pass_minutes(1);
    written = app.put("/v1/customers/c-1", &card()).await.json(200);
    assert_eq!((&written["created_at"], &written["updated_at"]), (&json!(NOON), &json!("2026-03-01T11:01:00Z")));

    let change =
        json!({ "name": null, "phone": "1", "attributes": { "role": null, "kind": "x" }, "consent": { "post": true } });
    let changed = app.patch("/v1/customers/c-1", &change).await.json(200);
    assert_eq!(
        (&changed["name"], &changed["phone"], &changed["email"]),
        (&Value::Null, &json!("1"), &json!("ada@example.org"))
    );
    assert_eq!(changed["attributes"], json!({ "size": "42.5", "vip": true, "kind": "x" }));
    assert_eq!(changed["consent"], json!({ "newsletter": false, "post": true }));
    assert_eq!(app.get("/v1/customers/c-1").await.json(200), changed);
    app.patch("/v1/customers/c-2", &json!({})).await.problem(404, "not-found");
    app.get("/v1/customers/c-2").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_wrong_card_names_every_mistake() {
    let app = TestApp::new(EXAMPLE);
    let wrong = json!({
        "id": "c-2", "name": "x".repeat(1001), "birthday": "1990-02-30",
        "attributes": { "a/b": [1], "n": 0.1234567, "ok": 1 }
    });
    assert_eq!(
        app.put("/v1/customers/c-1", &wrong).await.pointers(),
        ["/id", "/name", "/birthday", "/attributes/a~1b", "/attributes/n"]
    );
    assert_eq!(app.put("/v1/customers/c-1", &json!({ "nam": "x" })).await.pointers(), ["/nam"]);
    assert_eq!(
        app.put("/v1/customers/c-1", &json!({ "consent": { "post": "yes" } })).await.pointers(),
        ["/consent/post"]
    );
    assert_eq!(app.put(&format!("/v1/customers/{}", "x".repeat(201)), &json!({})).await.pointers(), ["/id"]);
    assert_eq!(app.put("/v1/customers/a%0Ab", &json!({})).await.pointers(), ["/id"]);
    app.put("/v1/customers/%FF", &json!({})).await.problem(400, "unreadable");
    assert_eq!(app.put("/v1/customers/a%2Fb%20%C3%A4", &json!({})).await.json(201)["id"], "a/b ä");
    assert_eq!(app.get("/v1/customers/a%2Fb%20%C3%A4").await.json(200)["id"], "a/b ä");
}

#[tokio::test]
async fn who_bought_without_a_card_is_known_by_the_id() {
    let app = TestApp::new(EXAMPLE);
    app.buy("p-1", Some("c-1"), "5").await;
    let known = app.get("/v1/customers/c-1").await.json(200);
    assert_eq!((&known["id"], &known["name"], &known["created_at"]), (&json!("c-1"), &Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_standing_says_where_a_customer_stands() {
    let app = TestApp::new(EXAMPLE);
    for number in 0..4 {
        app.buy(&format!("p-{number}"), Some("c-1"), "100").await;
        app.pass_minutes(1);
    }
    app.post("/v1/segments/refresh", &json!({})).await.json(200);
    let standing = app.get("/v1/customers/c-1/standing").await.json(200);
    assert_eq!(standing["at"], "2026-03-01T11:04:00Z");
    assert_eq!(standing["revision"], app.revision());
    assert_eq!(standing["metrics"], json!({ "orders": "4", "spend_12m": "392.04" }), "100 + 98 + 98 + 96.04");
    assert_eq!(standing["segments"], json!({ "value": "A", "tier": "basic" }));
    assert_eq!(
        standing["next_steps"],
        json!([{ "discount": "regulars", "rate": "5%", "metric": "orders", "missing": "6" }])
    );
    assert_eq!(
        standing["next_classes"],
        json!([{ "segment": "tier", "class": "silver", "metric": "spend_12m", "missing": "107.96" }])
    );
    let before = app.get("/v1/customers/c-1/standing?at=2026-03-01T11:02:00Z").await.json(200);
    assert_eq!(before["metrics"], json!({ "orders": "2", "spend_12m": "198" }), "strictly before");
    app.get("/v1/customers/c-2/standing").await.problem(404, "not-found");
    assert_eq!(app.get("/v1/customers/c-1/standing?at=soon").await.pointers(), ["/at"]);
    app.get("/v1/customers/c-1/standing?when=now").await.problem(400, "unreadable");
}

/// All ids of a list, read in pages of a size.
async fn pages(app: &TestApp, path: &str, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = format!("{path}?limit={limit}");
    loop {
        let page = app.get(&next).await.json(200);
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= limit);
        ids.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("{path}?limit={limit}&cursor={cursor}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let app = TestApp::new(EXAMPLE);
    let mut cards = Vec::new();
    let mut bought = Vec::new();
    for number in 0..23 {
        cards.push(format!("c-{number:02}"));
        app.put(&format!("/v1/customers/{}", cards[number]), &json!({})).await.json(201);
        // Two at each instant.
        bought.push(format!("p-{number:02}"));
        app.buy(&bought[number], Some("c-00"), "5").await;
        if number % 2 == 1 {
            app.pass_minutes(1);
        }
    }
    for limit in [1, 2, 5, 23, 1000] {
        assert_eq!(pages(&app, "/v1/customers", limit).await, cards, "{limit} at a time");
        let mut latest = pages(&app, "/v1/customers/c-00/purchases", limit).await;
        latest.reverse();
        assert_eq!(latest, bought, "{limit} at a time");
    }
    assert_eq!(app.get("/v1/customers/c-01/purchases").await.json(200), json!({ "items": [], "next": null }));
    app.get("/v1/customers/none/purchases").await.problem(404, "not-found");
    for limit in ["0", "1001"] {
        assert_eq!(app.get(&format!("/v1/customers?limit={limit}")).await.pointers(), ["/limit"]);
    }
    for query in ["limit=ten", "limit=-1", "cursor=%20", "cursor=a.b", "page=2", "limit=1&limit=2"] {
        app.get(&format!("/v1/customers?{query}")).await.problem(400, "unreadable");
    }
}

#[tokio::test]
async fn an_erased_person_leaves_anonymous_sums() {
    let app = TestApp::new(EXAMPLE);
    app.put("/v1/customers/c-1", &card()).await.json(201);
    app.buy("p-1", Some("c-1"), "700").await;
    app.buy("p-2", Some("c-2"), "300").await;
    app.pass_minutes(1);
    let answer = app.delete("/v1/customers/c-1").await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    for path in ["/v1/customers/c-1", "/v1/customers/c-1/purchases", "/v1/customers/c-1/standing"] {
        app.get(path).await.problem(404, "not-found");
    }
    assert_eq!(app.get("/v1/customers").await.json(200)["items"], json!([]));
    let kept = app.get("/v1/purchases/p-1").await.json(200);
    assert_eq!(kept["totals"]["net"], "700.00");
    let anonymous = kept["customer"].as_str().expect("a name that says nothing");
    assert!(anonymous.starts_with("erased-") && !anonymous.contains("c-1"), "{anonymous}");
    let sums = app.get(&format!("/v1/customers/{anonymous}/standing")).await.json(200);
    assert_eq!(sums["metrics"]["spend_12m"], "700");
    let decision = app.get("/v1/decisions/p-1").await.json(200);
    assert!(!decision.to_string().contains("c-1\"") && !decision.to_string().contains("Ada"), "{decision}");

    assert_eq!(app.delete("/v1/customers/c-1").await.status, 204, "again is as good as once");
    app.delete("/v1/customers/nobody").await.problem(404, "not-found");
    assert_eq!(app.put("/v1/customers/c-1", &json!({})).await.json(201)["name"], Value::Null, "the id is free");
    app.assert_sound();
}
