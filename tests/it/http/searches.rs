//! Searches over HTTP: the best settings of a policy, found by replay.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::app::{TestApp, request};
use super::simulations::ended;

const POLICY: &str = "\
currency: EUR
timezone: Europe/Berlin
costs: { default_margin: 40% }
metrics:
  orders: { count: purchases }
segments:
  tier: { by: orders, classes: { gold: 2, basic: 0 } }
discounts:
  # Nobody remembers why it is 5%.
  gold_only: { when: { tier: gold }, rate: 5% } # but it is
  others: { when: { tier: basic }, rate: 5% }
";

/// Two purchases as basic and three as gold, each for 100.00 at a cost of 60.00.
async fn shop() -> TestApp {
    let app = TestApp::new(POLICY);
    for at in 0..5 {
        app.pass_minutes(24 * 60);
        app.buy(&format!("p{at}"), Some("ann"), "100").await;
    }
    app
}

async fn found(app: &TestApp, search: &Value) -> Value {
    let id = app.post("/v1/searches", &json!({ "search": search })).await.json(202)["id"].clone();
    let id = id.as_str().expect("an id");
    let end = ended(app, id).await;
    assert_eq!(end["state"], "done", "{end}");
    app.get(&format!("/v1/simulations/{id}")).await.json(200)["report"].clone()
}

fn settings(point: &Value) -> Vec<(&str, &str)> {
    let settings = point["settings"].as_array().expect("settings").iter();
    settings
        .map(|setting| (setting["path"].as_str().expect("a path"), setting["found"].as_str().expect("a value")))
        .collect()
}

#[tokio::test]
async fn the_known_optimum_is_found() {
    let app = shop().await;
    // At an elasticity of e the best price is e / (e − 1) × cost: 90.00 at 3, and 80.00 at 4.
    let report = found(
        &app,
        &json!({
            "move": {
                "discounts.gold_only.rate": { "from": "0%", "to": "30%", "by": "1%" },
                "discounts.others.rate": { "from": "0%", "to": "30%", "by": "1%" },
            },
            "elasticity": { "gold": "3", "basic": "3.5 to 4.5" },
            "maximize": "margin",
            "tries": 200,
            "seed": 7,
        }),
    )
    .await;
    assert_eq!((&report["exhaustive"], report["points"].as_array().map(Vec::len)), (&json!(false), Some(1)));
    let point = &report["points"][0];
    assert_eq!(settings(point), [("discounts.gold_only.rate", "10%"), ("discounts.others.rate", "20%")]);
    // 3 × 30 × (95 / 90)³ and 2 × 20 × (95 / 80)⁴.
    assert_eq!(point["margin"], json!("185.39"));
    assert!(report["claim"].as_str().is_some_and(|claim| claim.starts_with("Level 1, assumed response")));
    assert!(
        point["margin_low"].as_str() < point["margin"].as_str()
            && point["margin"].as_str() < point["margin_high"].as_str()
    );
    assert_eq!(
        point["diff"],
        json!(
            "--- policies/shop.yaml\n+++ policies/shop.yaml\n@@ -7,5 +7,5 @@\n   tier: { by: orders, classes: { gold: \
             2, basic: 0 } }\n discounts:\n   # Nobody remembers why it is 5%.\n-  gold_only: { when: { tier: gold }, rate: 5% } \
             # but it is\n-  others: { when: { tier: basic }, rate: 5% }\n+  gold_only: { when: { tier: gold }, rate: 10% } # but \
             it is\n+  others: { when: { tier: basic }, rate: 20% }\n"
        )
    );
}

#[tokio::test]
async fn without_a_goal_there_is_a_frontier_within_what_has_to_be_kept() {
    let app = shop().await;
    let search = |tries: u32| {
        json!({
            "move": { "discounts.others.rate": { "from": "0%", "to": "20%", "by": "5%" } },
            "keep": { "discount.basic": { "at_most": 30, "at_least": 5 } },
            "elasticity": { "basic": 4 },
            "tries": tries,
        })
    };
    let report = found(&app, &search(10)).await;
    assert_eq!(report["exhaustive"], json!(true));
    let points: Vec<_> = report["points"].as_array().expect("points").iter().collect();
    let rows: Vec<_> = points
        .iter()
        .map(|point| (settings(point)[0].1, point["discount"].as_str(), point["margin"].as_str()))
        .collect();
    // 0 % grants too little, and 15 % of what is then sold more is more than 30.00.
    assert_eq!(rows, [("5%", Some("25.00"), Some("175.00")), ("10%", Some("39.83"), Some("179.49"))]);
    assert_eq!(points[0]["kept"], json!([{ "figure": "discount.basic", "value": "10.000000" }]));
    assert_eq!(points[0]["diff"], json!(""), "that is how it is");
}

#[tokio::test]
async fn what_was_found_is_a_page_tables_and_a_picture_in_either_language() {
    let app = shop().await;
    let search = json!({
        "search": {
            "move": { "discounts.others.rate": { "from": "0%", "to": "10%", "by": "5%" } },
            "elasticity": { "basic": 4 },
        }
    });
    let started = app.post("/v1/searches", &search).await.json(202);
    assert_eq!(started["kind"], "search");
    let id = started["id"].as_str().expect("an id").to_owned();
    assert_eq!(ended(&app, &id).await["state"], "done");
    let ask = async |query: &str, accept: &str, language: &str| {
        let asked = request(Method::GET, &format!("/v1/simulations/{id}{query}"));
        let asked = asked.header("accept", accept).header("accept-language", language);
        app.send(asked.body(Body::empty()).expect("a request")).await
    };
    let report = ask("", "application/json", "de").await.json(200)["report"].clone();
    let moved = report["points"].as_array().expect("points").iter().find(|point| point["diff"] != "").expect("one");
    let text = moved["files"]["policies/shop.yaml"].as_str().expect("the file as it would be");
    let found = settings(moved)[0].1;
    assert_eq!(text, POLICY.replace("basic }, rate: 5%", &format!("basic }}, rate: {found}")));

    let csv = ask("?table=points", "*/*", "de").await;
    assert!(csv.text().starts_with("point,discount,net,margin,"), "{}", csv.text());
    let english = ask("", "text/html", "en").await;
    assert_eq!(english.kind(), Some("text/html"));
    assert!(
        english.text().contains("<svg") && english.text().contains("What each point changes"),
        "{}",
        english.text()
    );
    assert!(english.text().contains("rate: 5% }"), "the diff is shown");
    let german = ask("", "text/html", "de").await;
    assert!(german.text().contains("<html lang=\"de\">") && german.text().contains("Was jeder Punkt ändert"));
    for (language, title) in [("en", "Margin over what is granted"), ("de", "Rohertrag über dem, was gewährt wird")] {
        assert!(ask("?chart=frontier", "*/*", language).await.text().contains(title), "{language}");
        let shown = ask("", "application/vnd.treue.shown+json", language).await;
        let shown: Value = serde_json::from_slice(&shown.body).expect("JSON");
        assert_eq!(shown["charts"][0]["title"], title);
    }
}

#[tokio::test]
async fn findings_are_said_in_german_where_that_is_asked_for() {
    let app = shop().await;
    let body = json!({ "files": { "shop.yaml": POLICY.replace("rate: 5% } # but", "rate: 5 } # but") } });
    let asked = request(Method::POST, "/v1/policies/check").header("accept-language", "de");
    let checked = app.send(asked.body(Body::from(body.to_string())).expect("a request")).await.json(200);
    let finding = &checked["diagnostics"][0];
    assert_eq!(
        (finding["code"].as_str(), finding["message"].as_str(), finding["help"].as_str()),
        (Some("bad-rate"), Some("`5` ist nicht das Erwartete: ein Satz"), Some("schreiben Sie `5%`"))
    );
}

#[tokio::test]
async fn mistakes_of_a_search_have_places() {
    let app = shop().await;
    let search = "move:\n  discounts.other.rate: { from: 0%, to: 20%, by: 5% }\n  segments.tier.by: { from: 1, to: 2, by: 1 }\n  \
                  discounts.others.rate: { from: 1, to: 20%, by: 5% }\nmaximise: margin\nkeep: { gros: {} }\n";
    let problem = app.post("/v1/searches", &json!({ "search": search })).await.problem(422, "diagnostics");
    let found: Vec<_> = problem["diagnostics"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| (finding["code"].as_str(), finding["line"].as_u64(), finding["help"].as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Some("unknown-key"), Some(2), Some("write `discounts.others.rate`")),
            (Some("wrong-type"), Some(3), None),
            (Some("wrong-type"), Some(4), None),
            (Some("unknown-key"), Some(5), Some("write `maximize`")),
            (Some("empty"), Some(6), None),
            (Some("unknown-word"), Some(6), None),
        ]
    );
}

#[tokio::test]
async fn a_scenario_with_behaviour_answers_in_ranges() {
    let app = shop().await;
    let scenario = "candidate: sent\nseed: 7\nbehaviour:\n  by: tier\n  runs: 40\n  elasticity: { gold: 1 to 3, basic: 0.5 }\n  \
                    rival: { rate: 8%, from: 2026-03-05, classes: [gold], switch: 20% to 40% }\n  \
                    churn: { basic: { monthly: 2% } }\n  newcomers: 1 to 2\n";
    let files = json!({ "a.yaml": POLICY.replace("gold }, rate: 5%", "gold }, rate: 10%") });
    let body = json!({ "scenario": scenario, "files": files });
    let ask = async || {
        let id = app.post("/v1/simulations", &body).await.json(202)["id"].as_str().expect("an id").to_owned();
        ended(&app, &id).await;
        app.get(&format!("/v1/simulations/{id}")).await.json(200)["report"]["response"].clone()
    };
    let response = ask().await;
    assert!(response["claim"].as_str().is_some_and(|claim| claim.starts_with("Level 1")), "{response}");
    assert_eq!((&response["runs"], &response["segment"]), (&json!(40), &json!("tier")));
    let band = &response["differences"][0]["margin"];
    let number = |name: &str| band[name].as_str().and_then(|text| text.parse::<f64>().ok()).expect("a number");
    assert!(number("low") < number("median") && number("median") < number("high"), "{band}");
    let mut assumed: Vec<_> =
        response["assumptions"].as_array().expect("some").iter().filter_map(|row| row["what"].as_str()).collect();
    assumed.sort_unstable();
    assert_eq!(
        assumed,
        [
            "elasticity of basic",
            "elasticity of gold",
            "monthly churn of basic",
            "newcomers a month",
            "rival's rate",
            "rival's share"
        ]
    );
    // 10 % of a margin of 40 % has to sell a third more.
    let gold = response["break_even"].as_array().expect("some").iter();
    let gold: Vec<_> = gold.filter(|row| row["discount"] == "gold_only").map(|row| row["uplift"].as_str()).collect();
    assert_eq!(gold, [Some("0.142857"), Some("0.333333")]);
    assert_eq!(response, ask().await, "the same seed says the same");
}
