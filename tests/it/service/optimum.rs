//! What is best spent on each class, asked over HTTP.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::report::founding_case;
use super::shop::{Shop, some};

const PATH: &str = "/v1/reports/service-optimum";

async fn ask(shop: &Shop, question: &str, expect: u16) -> Value {
    shop.ask("POST", PATH, Some(&json!({ "question": question })), expect).await
}

/// The text of a decimal as a number.
fn number(value: &Value) -> f64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no decimal"))
}

#[tokio::test]
async fn what_is_not_stated_is_measured() {
    let shop = founding_case();
    let question = "discount_rate: 10%\nbudget: 3000\nsatisfaction: { scale: rating }\nclasses:\n  \
                    A: { keeps: 85% to 95%, ceiling: 97% }\n  B: { keeps: 10 of 16, ceiling: 90% }\n";
    let report = ask(&shop, question, 200).await;
    let measured = ["class", "customers", "margin", "spend_now"];
    assert_eq!(
        [some(&report["classes"][0], &measured), some(&report["classes"][1], &measured)],
        [
            json!({ "class": "A", "customers": 4, "margin": "2000.00", "spend_now": "150.000000" }),
            json!({ "class": "B", "customers": 16, "margin": "125.00", "spend_now": "150.000000" }),
        ]
    );
    // Four ratings of 5 and sixteen of 4 enter by their lower bounds, and so do 10 of 16.
    let rows = &report["classes"];
    assert!((number(&rows[0]["satisfied_now"]) - (1.0 + 4.0 * 4.0 / (4.0 + 1.96 * 1.96))).abs() < 1e-3);
    assert!((number(&rows[1]["kept_now"]) - 0.3864).abs() < 1e-4);
    // Nobody of B is worth what keeping him costs; A is worth more than is spent on it.
    assert!(number(&rows[0]["spend"]) > 250.0 && number(&rows[1]["spend"]) < 1.0, "{rows}");
    let total = &report["total"];
    assert!(number(&total["value"]) > number(&total["value_now"]));
    assert!(number(&total["value_low"]) < number(&total["value"]), "never a point without a range");
    assert_eq!(report["head"]["definitions"]["level"].as_str().map(|text| &text[..19]), Some("1, assumed response"));
}

#[tokio::test]
async fn floors_have_a_price_and_may_be_out_of_reach() {
    let shop = founding_case();
    let with = |floor: &str| {
        format!(
            "discount_rate: 10%\nbudget: 3000\nsatisfaction: {{}}\nclasses:\n  \
             A: {{ keeps: 90%, ceiling: 97%, satisfied: {{ now: 4.6 }} }}\n  \
             B: {{ keeps: 60%, ceiling: 80%, satisfied: {{ now: 4, floor: {floor} }} }}\n"
        )
    };
    let report = ask(&shop, &with("3.5"), 200).await;
    assert_eq!(report["reachable"], json!(true));
    assert_eq!(report["classes"][1]["satisfied"], json!("3.500000"));
    assert!(number(&report["classes"][1]["floor_price"]) > 0.0 && number(&report["total"]["floors_cost"]) > 0.0);
    let none = ask(&shop, &with("4.9"), 200).await;
    assert_eq!(none["reachable"], json!(false));
    // 16 at the spend for 4.9, which is 150 · ln 40 / ln 4.
    assert!((number(&none["unreachable"]["needed"]) - 2_400.0 * 40f64.ln() / 4f64.ln()).abs() < 0.01);
    assert!((number(&none["total"]["cost"]) - 3_000.0).abs() < 0.01);
}

#[tokio::test]
async fn it_is_a_table_and_a_picture_too() {
    let shop = founding_case();
    let body = json!({ "question": "discount_rate: 10%\nclasses: { A: { keeps: 90%, ceiling: 97% } }\n" });
    let (status, text) = shop.send("POST", PATH, &[("accept", "text/csv")], Some(&body)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.starts_with("class,customers,margin,spend_now,spend,"), "{text}");
    let (status, text) = shop.send("POST", &format!("{PATH}?chart=tornado"), &[], Some(&body)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.starts_with("<svg ") && text.contains("A: keeps"), "{text}");
    let (status, _) = shop.send("POST", &format!("{PATH}?metric=net"), &[], Some(&body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn mistakes_are_named_by_line_and_column() {
    let shop = founding_case();
    let problem = ask(&shop, "discount_rate: 0%\nclasses:\n  A: { kepes: 90%, ceiling: 97% }\n  D: {}\n", 422).await;
    assert_eq!(problem["type"], json!("urn:treue:problem:question"));
    let found: Vec<Value> = problem["diagnostics"]
        .as_array()
        .expect("diagnostics")
        .iter()
        .map(|finding| some(finding, &["code", "line", "column"]))
        .collect();
    assert_eq!(
        found,
        [
            json!({ "code": "bad-rate", "line": 1, "column": 16 }),
            json!({ "code": "missing-key", "line": 3, "column": 3 }),
            json!({ "code": "unknown-key", "line": 3, "column": 8 }),
            json!({ "code": "missing-key", "line": 4, "column": 3 }),
            json!({ "code": "missing-key", "line": 4, "column": 3 }),
            json!({ "code": "unknown-class", "line": 4, "column": 3 }),
        ]
    );
    let refused = ask(
        &shop,
        "discount_rate: 10%\nsatisfaction: {}\nclasses: { A: { keeps: 90%, ceiling: 97%, satisfied: { ceiling: 2 } } }\n",
        422,
    )
    .await;
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("no curve goes from")), "{refused}");
}
