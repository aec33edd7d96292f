//! Policies: checking, storing, bringing into force and going back, and the folder.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, TestApp, request};

fn policy(rate: &str) -> String {
    format!("currency: EUR\ntimezone: UTC\ndiscounts: {{ all: {{ rate: {rate} }} }}\n")
}

fn bundle(rate: &str) -> Value {
    json!({ "files": { "shop.yaml": policy(rate) }, "by": "ann", "note": "spring" })
}

async fn store(app: &TestApp, rate: &str) -> String {
    let stored = app.post("/v1/policies/revisions", &bundle(rate)).await.json(201);
    stored["revision"].as_str().expect("a revision").to_owned()
}

async fn activate_if(app: &TestApp, matches: &str, body: &Value) -> Answer {
    let asked = request(Method::POST, "/v1/policies/activate").header("if-match", matches);
    app.send(asked.body(Body::from(body.to_string())).expect("a request")).await
}

async fn rate(app: &TestApp) -> Value {
    let asked = json!({ "lines": [{ "sku": "X", "quantity": 1, "unit_price": 100 }] });
    app.post("/v1/quotes", &asked).await.json(200)["applied"][0]["rate"].clone()
}

#[tokio::test]
async fn a_check_finds_everything_and_changes_nothing() {
    let app = TestApp::new(&policy("1%"));
    let before = app.get("/v1/policies").await;
    let good = app.post("/v1/policies/check", &bundle("5%")).await.json(200);
    assert_eq!((&good["ok"], &good["diagnostics"]), (&json!(true), &json!([])));
    let text = "currency: EUR\ntimezone: UTC\nmetrics: { orders: { count: purchases } }\ndiscounts:\n  a: { rate: 101% }\n  b: { ladder: { by: ordes, steps: { 1: 5% } } }\n";
    let bad = app.post("/v1/policies/check", &json!({ "files": { "policies/a.yaml": text } })).await.json(200);
    assert_eq!((&bad["ok"], &bad["revision"]), (&json!(false), &Value::Null));
    let found: Vec<_> = bad["diagnostics"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            (finding["file"].as_str(), finding["line"].as_u64(), finding["column"].as_u64(), finding["text"].as_str())
        })
        .collect();
    assert_eq!(
        found,
        [
            (Some("policies/a.yaml"), Some(5), Some(14), Some("101%")),
            (Some("policies/a.yaml"), Some(6), Some(22), Some("ordes")),
        ]
    );
    assert!(bad["diagnostics"][1].to_string().contains("`orders`"), "the nearest name is told: {bad}");
    let after = app.get("/v1/policies").await;
    assert_eq!(after.body, before.body);
    assert_eq!(app.get("/v1/policies/revisions").await.json(200)["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_revision_is_stored_once_and_reads_back() {
    let app = TestApp::new(&policy("1%"));
    let revision = store(&app, "5%").await;
    assert_eq!(app.post("/v1/policies/revisions", &bundle("5%")).await.json(200)["revision"], revision);
    let kept = app.get(&format!("/v1/policies/revisions/{revision}")).await.json(200);
    assert_eq!(
        kept,
        json!({ "revision": revision, "stored_at": "2026-03-01T11:00:00Z", "by": "ann", "note": "spring",
                "files": [{ "path": "policies/shop.yaml", "text": policy("5%") }] })
    );
    let listed = app.get("/v1/policies/revisions").await.json(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "with the folder's");
    assert_eq!(rate(&app).await, "1%", "storing is not activating");
    let answer = app.post("/v1/policies/revisions", &bundle("500%")).await;
    assert_eq!(answer.pointers(), ["/files/policies~1shop.yaml"]);
    assert!(
        answer.problem(422, "invalid")["diagnostics"][0]["rendered"].as_str().is_some_and(|text| text.contains("500%"))
    );
    for unknown in ["0".repeat(32), "x".to_owned(), revision.to_uppercase()] {
        app.get(&format!("/v1/policies/revisions/{unknown}")).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn revisions_are_compared_file_by_file() {
    let app = TestApp::new(&policy("1%"));
    let (old, new) = (app.revision(), store(&app, "5%").await);
    let diff = app.get(&format!("/v1/policies/revisions/{old}/diff/{new}")).await.json(200);
    assert_eq!((&diff["from"], &diff["to"]), (&json!(old), &json!(new)));
    let [file] = diff["files"].as_array().expect("files").as_slice() else { panic!("one file: {diff}") };
    assert_eq!((&file["path"], &file["change"]), (&json!("policies/shop.yaml"), &json!("changed")));
    let text = file["diff"].as_str().expect("a diff");
    assert!(text.contains("-discounts: { all: { rate: 1% } }\n+discounts: { all: { rate: 5% } }\n"), "{text}");
    assert_eq!(app.get(&format!("/v1/policies/revisions/{new}/diff/{new}")).await.json(200)["files"], json!([]));
    app.get(&format!("/v1/policies/revisions/{new}/diff/none")).await.problem(404, "not-found");
    app.get("/v1/policies/revisions/%FF/diff/none").await.problem(400, "unreadable");
}

#[tokio::test]
async fn a_revision_comes_into_force_and_an_older_one_is_the_way_back() {
    let app = TestApp::new(&policy("1%"));
    let (old, new) = (app.revision(), store(&app, "5%").await);
    app.pass_minutes(10);
    let activation =
        app.post("/v1/policies/activate", &json!({ "revision": new, "by": "ann", "note": "spring" })).await;
    assert_eq!(
        activation.json(200),
        json!({ "revision": new, "at": "2026-03-01T11:10:00Z", "by": "ann", "note": "spring" })
    );
    assert_eq!(rate(&app).await, "5%");
    let answer = app.get("/v1/policies").await;
    assert_eq!(answer.header("etag"), Some(format!("\"{new}\"").as_str()));
    let state = answer.json(200);
    assert_eq!(state["revision"], new);
    assert_eq!(
        (&state["activated_at"], &state["activated_by"], &state["note"]),
        (&json!("2026-03-01T11:10:00Z"), &json!("ann"), &json!("spring"))
    );
    assert_eq!(state["files"], json!([{ "path": "policies/shop.yaml", "text": policy("5%") }]));

    app.pass_minutes(10);
    app.post("/v1/policies/activate", &json!({ "revision": old })).await.json(200);
    assert_eq!(rate(&app).await, "1%");
    let listed = app.get("/v1/policies/activations").await.json(200);
    let listed: Vec<_> =
        listed["items"].as_array().expect("items").iter().map(|item| item["revision"].clone()).collect();
    assert_eq!(listed, [json!(old), json!(new), json!(old)], "the latest first");
    assert!(!app.reload(), "the folder did not change");
    app.post("/v1/policies/activate", &json!({ "revision": "0".repeat(32) })).await.problem(404, "not-found");
    assert_eq!(
        app.post("/v1/policies/activate", &json!({ "revision": "x", "at": "soon" })).await.pointers(),
        ["/at", "/revision"]
    );
    app.assert_sound();
}

#[tokio::test]
async fn who_was_slower_is_told() {
    let app = TestApp::new(&policy("1%"));
    let (old, new, other) = (app.revision(), store(&app, "5%").await, store(&app, "6%").await);
    activate_if(&app, &format!("\"{old}\""), &json!({ "revision": new })).await.json(200);
    let problem = activate_if(&app, &format!("\"{old}\""), &json!({ "revision": other })).await.problem(412, "stale");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(&new)), "{problem}");
    activate_if(&app, "\"nonsense\"", &json!({ "revision": other })).await.problem(412, "stale");
    assert_eq!(rate(&app).await, "5%");
    activate_if(&app, "*", &json!({ "revision": other })).await.json(200);
    assert_eq!(rate(&app).await, "6%");
}

#[tokio::test]
async fn an_activation_may_be_planned() {
    let app = TestApp::new(&policy("1%"));
    let (old, new) = (app.revision(), store(&app, "5%").await);
    let wanted = json!({ "revision": new, "at": "2026-03-01T13:00:00+01:00", "by": "ann", "note": "spring" });
    let planned = app.post("/v1/policies/activate", &wanted).await.json(200);
    assert_eq!(planned, json!({ "revision": new, "at": "2026-03-01T12:00:00Z", "by": "ann", "note": "spring" }));
    app.activate_due();
    let state = app.get("/v1/policies").await.json(200);
    assert_eq!((&state["revision"], &state["planned"]), (&json!(old), &planned));
    app.set_clock("2026-03-01T11:59:59Z");
    app.activate_due();
    assert_eq!(rate(&app).await, "1%");
    app.set_clock("2026-03-01T12:00:00Z");
    app.activate_due();
    assert_eq!(rate(&app).await, "5%");
    let state = app.get("/v1/policies").await.json(200);
    assert_eq!((&state["planned"], &state["activated_at"]), (&Value::Null, &json!("2026-03-01T12:00:00Z")));
}

#[tokio::test]
async fn the_same_activation_with_the_same_key_is_one() {
    let app = TestApp::new(&policy("1%"));
    let (new, other) = (store(&app, "5%").await, store(&app, "6%").await);
    let keyed = async |key: &str, body: Value| {
        let asked = request(Method::POST, "/v1/policies/activate").header("idempotency-key", key);
        app.send(asked.body(Body::from(body.to_string())).expect("a request")).await
    };
    let first = keyed("k-1", json!({ "revision": new })).await;
    first.json(200);
    app.post("/v1/policies/activate", &json!({ "revision": other })).await.json(200);
    app.pass_minutes(1);
    let again = keyed("k-1", json!({ "revision": new })).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(rate(&app).await, "6%", "the second time nothing happens");
    keyed("k-1", json!({ "revision": other })).await.problem(409, "exists");
    assert_eq!(app.get("/v1/policies/activations").await.json(200)["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn the_folder_is_read_again() {
    let app = TestApp::new(&policy("1%"));
    assert!(!app.reload(), "nothing changed");
    app.pass_minutes(1);
    assert!(app.rewrite(&policy("5%")));
    assert_eq!(rate(&app).await, "5%");
    let state = app.get("/v1/policies").await.json(200);
    assert_eq!((&state["activated_by"], &state["activated_at"]), (&json!("folder"), &json!("2026-03-01T11:01:00Z")));

    app.pass_minutes(1);
    assert!(!app.rewrite("currency: EUR\ntimezone: UTC\ndiscounts: { all: { rate: 5 } }\n"));
    assert_eq!(rate(&app).await, "5%", "what was in force stays");
    let state = app.get("/v1/policies").await.json(200);
    let failed = &state["last_failed_reload"];
    assert_eq!((&failed["at"], &failed["diagnostics"][0]["line"]), (&json!("2026-03-01T11:02:00Z"), &json!(3)));
    assert_eq!(failed["failure"], Value::Null);

    assert!(!app.rewrite(&policy("5%")), "mended, and as before");
    assert_eq!(app.get("/v1/policies").await.json(200)["last_failed_reload"], Value::Null);
    assert!(app.rewrite(&policy("6%")));
    assert_eq!(rate(&app).await, "6%");
    app.assert_sound();
}

#[tokio::test]
async fn money_that_is_stored_keeps_its_currency() {
    let app = TestApp::new(&policy("1%"));
    let yen = policy("1%").replace("EUR", "JPY");
    assert!(app.rewrite(&yen), "as long as nothing was bought it may change");
    assert!(app.rewrite(&policy("1%")));
    let bought = json!({ "id": "p", "lines": [{ "sku": "X", "quantity": 1, "unit_price": 10 }] });
    app.post("/v1/purchases", &bought).await.json(201);
    assert!(!app.rewrite(&yen));
    let state = app.get("/v1/policies").await.json(200);
    let why = "the policies are in JPY, and what was bought is in EUR";
    assert_eq!(state["last_failed_reload"]["failure"], why);
    let files = json!({ "files": { "policies/shop.yaml": yen } });
    let stored = app.post("/v1/policies/revisions", &files).await;
    let revision = stored.json(stored.status)["revision"].clone();
    let problem =
        app.post("/v1/policies/activate", &json!({ "revision": revision })).await.problem(409, "other-currency");
    assert_eq!(problem["detail"], why);
    assert_eq!(app.get("/v1/purchases/p").await.json(200)["totals"]["gross"], "10.00");
    app.assert_sound();
}

#[tokio::test]
async fn a_path_of_a_bundle_stays_within_it() {
    let app = TestApp::new(&policy("1%"));
    for (path, fine) in [
        ("shop.yaml", true),
        ("policies/shop.yml", true),
        ("../shop.yaml", false),
        ("/etc/shop.yaml", false),
        ("a//b.yaml", false),
        ("shop.txt", false),
        ("", false),
    ] {
        let answer = app.post("/v1/policies/check", &json!({ "files": { path: policy("2%") } })).await;
        if fine {
            assert_eq!(answer.json(200)["ok"], true, "{path}");
        } else {
            assert_eq!(answer.pointers(), [format!("/files/{}", path.replace('/', "~1"))]);
        }
    }
    assert_eq!(app.post("/v1/policies/check", &json!({ "files": {} })).await.json(200)["ok"], false);
}

#[tokio::test]
async fn cut_offs_are_computed_on_demand() {
    let app = TestApp::new(super::app::EXAMPLE);
    app.buy("p-1", Some("c-1"), "800").await;
    app.buy("p-2", Some("c-2"), "150").await;
    app.buy("p-3", Some("c-3"), "50").await;
    app.pass_minutes(1);
    let cut = app.post("/v1/segments/refresh", &json!({})).await.json(200);
    assert_eq!(cut["segments"][0]["segment"], "value");
    assert_eq!(cut["segments"][0]["taken_at"], "2026-03-01T11:01:00Z");
    let class = async |customer: &str| {
        app.get(&format!("/v1/customers/{customer}/standing")).await.json(200)["segments"]["value"].clone()
    };
    assert_eq!([class("c-1").await, class("c-2").await, class("c-3").await], ["A", "B", "C"]);
    let standing = app.get("/v1/customers/c-1/standing").await.json(200);
    assert_eq!(standing["snapshot"], cut["snapshot"]);
}
