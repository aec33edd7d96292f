//! Simulations over HTTP: jobs with progress and an end, the impact of a bundle, a shadow, decisions made again.

use serde_json::{Value, json};

use super::app::TestApp;

const SHOP: &str = "\
currency: EUR
timezone: Europe/Berlin
metrics:
  orders: { count: purchases }
discounts:
  regulars: { ladder: { by: orders, steps: { 3: 2% } } }
";

const MORE: &str = "\
currency: EUR
timezone: Europe/Berlin
metrics:
  orders: { count: purchases }
segments:
  tier: { by: orders, classes: { gold: 2, basic: 0 } }
discounts:
  regulars: { ladder: { by: orders, steps: { 1: 5%, 3: 10% } } }
";

/// Four purchases of one customer and one of a guest, a day apart.
async fn shop() -> TestApp {
    let app = TestApp::new(SHOP);
    for (at, who) in [Some("ann"), Some("ann"), None, Some("ann"), Some("ann")].iter().enumerate() {
        app.pass_minutes(24 * 60);
        app.buy(&format!("p{at}"), *who, "100").await;
    }
    app
}

fn files() -> Value {
    json!({ "policies/more.yaml": MORE })
}

/// The state of a simulation once it has ended, by its events.
pub(super) async fn ended(app: &TestApp, id: &str) -> Value {
    let events = app.get(&format!("/v1/simulations/{id}/events")).await;
    assert_eq!((events.status, events.kind()), (200, Some("text/event-stream")));
    let last = events.text().trim().rsplit("\n\n").next().expect("an event").to_owned();
    assert!(last.starts_with("event: end\n"), "{last}");
    let data = last.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
    serde_json::from_str(data).expect("JSON")
}

#[tokio::test]
async fn a_simulation_runs_in_the_background_and_reports() {
    let app = shop().await;
    let body = json!({ "scenario": { "baseline": "recorded", "candidate": "sent" }, "files": files() });
    let started = app.post("/v1/simulations", &body).await;
    let place = started.header("location").expect("a place").to_owned();
    let id = started.json(202)["id"].as_str().expect("an id").to_owned();
    assert_eq!(place, format!("/v1/simulations/{id}"));
    let end = ended(&app, &id).await;
    assert_eq!((&end["state"], &end["done"]), (&json!("done"), &end["total"]));
    let found = app.get(&place).await.json(200);
    let report = &found["report"];
    assert!(report["claim"].as_str().is_some_and(|claim| claim.starts_with("Level 0, replay")));
    let [recorded, candidate] = &report["sides"].as_array().expect("sides")[..] else { panic!("{report}") };
    // Three purchases come before the first step, so 2 % are granted on the fourth alone.
    assert_eq!((&recorded["total"]["gross"], &recorded["total"]["discount"]), (&json!("500.00"), &json!("2.00")));
    // The candidate grants 5 % on the second and third, 10 % on the fourth.
    assert_eq!((&candidate["total"]["discount"], &candidate["total"]["net"]), (&json!("20.00"), &json!("480.00")));
    assert_eq!(candidate["discounts"][0]["steps"][1]["amount"], "10.00");
    assert_eq!(report["compared"][0]["difference"]["discount"], "18.00");
    let won = &report["compared"][0]["most_won"][0];
    assert_eq!(
        (&won["customer"], &won["difference"], &won["purchase"]),
        (&json!("ann"), &json!("18.00"), &json!("p4"))
    );
    assert_eq!(won["because"][0], "regulars grants 20.00 in place of 2.00");
    // The same as a page, and in a list without the report.
    let page = app
        .send(
            super::app::request(axum::http::Method::GET, &place)
                .header("accept", "text/html")
                .body(axum::body::Body::empty())
                .expect("a request"),
        )
        .await;
    assert!(page.text().contains("<svg") && page.text().contains("Level 0, replay"), "{}", page.text());
    let listed = app.get("/v1/simulations").await.json(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["report"]), (&json!(id), &Value::Null));
    // What is over does not get slower.
    assert_eq!(listed["items"][0]["per_second"], found["per_second"]);
    assert_eq!(listed["items"][0]["started_at"], found["started_at"]);
    assert!(found["started_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{found}");
    assert_eq!(app.delete(&place).await.status, 204);
    app.get(&place).await.problem(404, "not-found");
    app.delete(&place).await.problem(404, "not-found");
    assert_eq!(app.get("/v1/simulations").await.json(200)["items"], json!([]));
}

#[tokio::test]
async fn a_scenario_may_be_yaml_and_its_mistakes_have_places() {
    let app = shop().await;
    let body = json!({ "scenario": "candidate: none\nwindow: 2 days\n" });
    let id = app.post("/v1/simulations", &body).await.json(202)["id"].as_str().expect("an id").to_owned();
    ended(&app, &id).await;
    let report = app.get(&format!("/v1/simulations/{id}")).await.json(200)["report"].clone();
    assert_eq!(report["sides"][0]["total"]["purchases"], 2, "{report}");
    let wrong = json!({ "scenario": "candidat: none\nsample: 0%\n" });
    let problem = app.post("/v1/simulations", &wrong).await.problem(422, "diagnostics");
    let found: Vec<_> = problem["diagnostics"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| (f["code"].as_str(), f["line"].as_u64()))
        .collect();
    assert_eq!(found, [(Some("one-of"), Some(1)), (Some("unknown-key"), Some(1)), (Some("bad-rate"), Some(2))]);
    let bad = json!({ "scenario": { "candidate": "sent" }, "files": { "a.yaml": "currency: EUR\n" } });
    app.post("/v1/simulations", &bad).await.problem(422, "diagnostics");
    let pointers = |answer: &super::app::Answer| answer.pointers();
    assert_eq!(
        pointers(&app.post("/v1/simulations", &json!({ "scenario": { "candidate": "./etc" } })).await),
        ["/scenario"]
    );
    assert_eq!(
        pointers(&app.post("/v1/simulations", &json!({ "scenario": { "candidate": "sent" } })).await),
        ["/scenario"]
    );
    let unknown = json!({ "scenario": { "candidate": "0".repeat(32) } });
    assert_eq!(pointers(&app.post("/v1/simulations", &unknown).await), ["/scenario"]);
}

#[tokio::test]
async fn cancelling_leaves_nothing_behind() {
    let app = shop().await;
    let body = json!({ "scenario": { "candidate": "none" } });
    let id = app.post("/v1/simulations", &body).await.json(202)["id"].as_str().expect("an id").to_owned();
    assert_eq!(app.delete(&format!("/v1/simulations/{id}")).await.status, 204);
    app.get(&format!("/v1/simulations/{id}")).await.problem(404, "not-found");
    app.get(&format!("/v1/simulations/{id}/events")).await.problem(404, "not-found");
    assert_eq!(app.get("/v1/simulations").await.json(200)["items"], json!([]));
    app.assert_sound();
}

#[tokio::test]
async fn an_impact_is_told_before_a_bundle_is_in_force() {
    let app = shop().await;
    let before = app.get("/v1/policies").await;
    let report = app.post("/v1/policies/impact", &json!({ "files": files() })).await.json(200);
    assert_eq!(report["compared"][0]["difference"]["discount"], "18.00");
    assert_eq!(report["head"]["filters"][0], "the last 1 year");
    app.post("/v1/policies/impact", &json!({ "files": { "a.yaml": "timezone: UTC" } }))
        .await
        .problem(422, "diagnostics");
    assert_eq!(app.get("/v1/policies").await.body, before.body);
    assert_eq!(app.get("/v1/simulations").await.json(200)["items"], json!([]));
}

#[tokio::test]
async fn a_shadow_decides_on_live_quotes_and_answers_nobody() {
    let app = shop().await;
    app.get("/v1/policies/shadow").await.problem(404, "not-found");
    let stored = app.post("/v1/policies/revisions", &json!({ "files": files() })).await.json(201);
    let shadow = json!({ "revision": stored["revision"] });
    app.put("/v1/policies/shadow", &json!({ "revision": "0".repeat(32) })).await.problem(404, "not-found");
    assert_eq!(app.put("/v1/policies/shadow", &json!({ "revision": "x" })).await.pointers(), ["/revision"]);
    assert_eq!(app.put("/v1/policies/shadow", &shadow).await.json(200)["quotes"], 0);
    let asked = json!({ "customer": "ann", "lines": [{ "sku": "X", "quantity": 1, "unit_price": 100 }] });
    assert_eq!(app.post("/v1/quotes", &asked).await.json(200)["totals"]["discount"], "2.00");
    let seen = loop {
        let seen = app.get("/v1/policies/shadow").await.json(200);
        if seen["quotes"] == 1 {
            break seen;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        (&seen["differing"], &seen["discount"], &seen["shadow_discount"]),
        (&json!(1), &json!("2.00"), &json!("10.00"))
    );
    let differences = seen["samples"][0]["differences"].as_array().expect("differences").clone();
    assert!(differences.contains(&json!("regulars: 2.00 (2%) became 10.00 (10%)")), "{differences:?}");
    assert_eq!(app.delete("/v1/policies/shadow").await.status, 204);
    app.delete("/v1/policies/shadow").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_decision_is_made_again_under_its_own_policy_and_another() {
    let app = shop().await;
    let own = app.get("/v1/decisions/p4?under=own").await.json(200);
    assert_eq!((&own["same"], &own["differences"]), (&json!(true), &json!([])));
    let kept = app.get("/v1/decisions/p4").await.json(200);
    assert_eq!(own["trace"], kept["trace"]);
    let stored = app.post("/v1/policies/revisions", &json!({ "files": files() })).await.json(201);
    let revision = stored["revision"].as_str().expect("a revision");
    let other = app.get(&format!("/v1/decisions/p4?under={revision}")).await.json(200);
    assert_eq!((&other["same"], &other["totals"]["discount"]), (&json!(false), &json!("10.00")));
    assert_eq!(other["differences"][0], "discount: 2.00 became 10.00");
    assert_eq!(app.get("/v1/decisions/p4?under=mine").await.pointers(), ["/under"]);
    app.get(&format!("/v1/decisions/p4?under={}", "0".repeat(32))).await.problem(404, "not-found");
    app.get("/v1/decisions/nobody?under=own").await.problem(404, "not-found");
}

#[tokio::test]
async fn nothing_to_replay_is_said_and_no_figure() {
    let app = shop().await;
    let run = async |scenario: &str| {
        let body = json!({ "scenario": format!("candidate: none\n{scenario}\n") });
        let id = app.post("/v1/simulations", &body).await.json(202)["id"].as_str().expect("an id").to_owned();
        let end = ended(&app, &id).await;
        app.delete(&format!("/v1/simulations/{id}")).await;
        assert_eq!(end["state"], "failed", "{end}");
        end["detail"].as_str().expect("why").to_owned()
    };
    assert_eq!(
        run("window: { from: 2030-01-01, until: 2031-01-01 }").await,
        "nothing was bought from 2029-12-31T23:00:00Z until 2030-12-31T23:00:00Z, so there is nothing to replay"
    );
    assert_eq!(
        run("sample: 0.0001%").await,
        "the sample of 0.0001% holds nobody who bought, so there is nothing to replay"
    );
    app.pass_minutes(400 * 24 * 60);
    let detail = app.post("/v1/policies/impact", &json!({ "files": files() })).await.problem(409, "nothing-to-replay");
    assert!(detail["detail"].as_str().is_some_and(|why| why.starts_with("nothing was bought from 2026-")), "{detail}");
    let many = json!({ "scenario": "candidate: none\nbehaviour: { newcomers: 1000001 }\n" });
    let problem = app.post("/v1/simulations", &many).await.problem(422, "diagnostics");
    assert_eq!(problem["diagnostics"][0]["code"], "bad-number");
}

#[tokio::test]
async fn who_does_not_answer_buys_what_was_replayed() {
    let app = TestApp::new(MORE);
    for at in 0..8 {
        app.pass_minutes(24 * 60);
        let lines = json!([{ "sku": "A", "quantity": 3, "unit_price": "9.99" }, { "sku": "B", "quantity": 1, "unit_price": 55 }]);
        let who = if at % 3 == 2 { Value::Null } else { json!("ann") };
        app.post("/v1/purchases", &json!({ "id": format!("p{at}"), "customer": who, "lines": lines })).await.json(201);
        let back = json!({ "id": format!("r{at}"), "lines": [{ "line": at % 2, "quantity": 1 }] });
        app.post(&format!("/v1/purchases/p{at}/returns"), &back).await.json(201);
    }
    let body =
        json!({ "scenario": "baseline: recorded\ncandidate: sent\nbehaviour: { by: tier }\n", "files": files() });
    let id = app.post("/v1/simulations", &body).await.json(202)["id"].as_str().expect("an id").to_owned();
    ended(&app, &id).await;
    let report = app.get(&format!("/v1/simulations/{id}")).await.json(200)["report"].clone();
    for (side, played) in
        report["sides"].as_array().expect("sides").iter().zip(report["response"]["sides"].as_array().expect("bands"))
    {
        for figure in ["gross", "discount"] {
            assert_eq!(played[figure]["median"], side["total"][figure], "{figure}: {played}\n{side}");
        }
        assert_eq!(played["customers"]["median"], "1.000000", "guests are not counted: {played}");
    }
}

#[tokio::test]
async fn what_was_granted_on_a_line_comes_back_with_it() {
    let app = TestApp::new(
        "currency: EUR\ntimezone: UTC\ndiscounts:\n  x: { rate: 50%, lines: { only: { category: [a] } } }\n  \
         y: { rate: 10%, lines: { only: { category: [b] } } }\n",
    );
    let line = |category: &str| json!({ "sku": category, "quantity": 1, "unit_price": 100, "category": category });
    app.post("/v1/purchases", &json!({ "id": "p", "lines": [line("a"), line("b")] })).await.json(201);
    app.post("/v1/purchases/p/returns", &json!({ "id": "r", "lines": [{ "line": 0, "quantity": 1 }] })).await.json(201);
    app.pass_minutes(1);
    let body = json!({ "scenario": "baseline: recorded\ncandidate: active\n" });
    let id = app.post("/v1/simulations", &body).await.json(202)["id"].as_str().expect("an id").to_owned();
    ended(&app, &id).await;
    let report = app.get(&format!("/v1/simulations/{id}")).await.json(200)["report"].clone();
    for side in report["sides"].as_array().expect("sides") {
        let granted = side["discounts"].as_array().expect("discounts").iter();
        let granted: Vec<_> = granted.map(|row| (row["discount"].as_str(), row["amount"].as_str())).collect();
        assert_eq!(granted, [(Some("x"), Some("0.00")), (Some("y"), Some("10.00"))], "{side}");
    }
}
