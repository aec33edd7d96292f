//! The report by class, and the founding case.

use axum::http::StatusCode;
use serde_json::json;
use treue::model::{Customer, Interaction};
use treue::money::Money;

use super::shop::{Shop, aside, instant, some};

/// The founding case: two classes by what customers bring before service.
const FOUNDING: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  margin_12m: { sum: margin, within: 12 months }
  satisfaction: { average: rating, within: 12 months }
segments:
  value: { rank_by: margin_12m, classes: { A: 80%, B: 100% }, refresh: day }
service:
  costs: { retention: 150 }
  budgets:
    by: value
    window: 12 months
    classes:
      A: { share: 7.5%, of: margin_12m }
      B: { share: 100%, of: margin_12m, at_most: 125 }
  satisfaction: { by: satisfaction, floor: 4.0, raise: 50% }
";

/// Four A customers bring 2,000 each and sixteen B customers 125 each: 80% and 20% of 10,000. Keeping each of them costs
/// 150 a year.
pub fn founding_case() -> Shop {
    let shop = Shop::new(FOUNDING);
    for n in 0..20 {
        let customer = format!("c-{n:02}");
        let margin = if n < 4 { 2_000 } else { 125 };
        shop.bought(&customer, 2 * margin, margin);
        // Half of B is kept for 100, half for 200; neither half is happier than the other.
        let cost = match n {
            0..4 => 150,
            4..12 => 100,
            _ => 200,
        };
        let rating = if n < 4 { 5 } else { 4 };
        let met = Interaction {
            id: format!("i-{n:02}"),
            customer,
            kind: "retention".to_owned(),
            at: instant("2026-02-10T11:00:00Z"),
            cost: Money(cost * 100),
            rating: Some(rating),
            note: None,
        };
        shop.write(move |batch| batch.put_interaction(met.clone(), met.at));
    }
    aside(|| shop.app.after_bulk().expect("cut-offs"));
    shop
}

#[tokio::test]
async fn the_founding_case() {
    let shop = founding_case();
    let report = shop.get("/v1/reports/budgets").await;
    assert_eq!(
        some(&report["head"], &["report", "as_of", "window", "from", "currency"]),
        json!({ "report": "budgets", "as_of": "2026-03-01T11:00:00Z", "window": "1 year", "from": "2025-03-01T11:00:00Z",
            "currency": "EUR" })
    );
    assert_eq!(
        some(&report, &["segment", "satisfaction_floor", "enforce"]),
        json!({ "segment": "value", "satisfaction_floor": "4.00", "enforce": "warn" })
    );
    assert_eq!(
        report["classes"],
        json!([
            { "class": "A", "customers": 4, "granted": "600.00", "used": "600.00", "planned": "0.00", "left": "0.00",
              "net": "16000.00", "margin": "8000.00", "profit": "7400.00", "satisfaction": "5.00", "below_floor": 0,
              "losing_money": 0, "overspent": 0, "share_of_margin": "0.800000", "share_of_profit": "1.057100",
              "share_of_service_cost": "0.200000", "margin_per_cost": "13.3333", "profit_per_cost": "12.3333",
              "used_per_customer": "150.00", "break_even_per_customer": "2000.00", "policy_at_most": "2000.00",
              "within_customers": 4, "within_satisfaction": "5.00", "beyond_customers": 0, "beyond_satisfaction": null,
              "says": "A earns 7400.00: a margin of 13.3333 per EUR of service, which costs 150.00 per customer and may \
                       cost 2000.00, rated 5" },
            { "class": "B", "customers": 16, "granted": "2000.00", "used": "2400.00", "planned": "0.00", "left": "-400.00",
              "net": "4000.00", "margin": "2000.00", "profit": "-400.00", "satisfaction": "4.00", "below_floor": 0,
              "losing_money": 8, "overspent": 8, "share_of_margin": "0.200000", "share_of_profit": "-0.057100",
              "share_of_service_cost": "0.800000", "margin_per_cost": "0.8333", "profit_per_cost": "-0.1667",
              "used_per_customer": "150.00", "break_even_per_customer": "125.00", "policy_at_most": "125.00",
              "within_customers": 8, "within_satisfaction": "4.00", "beyond_customers": 8, "beyond_satisfaction": "4.00",
              "says": "B loses 400.00: service costs 150.00 per customer, rated 4; a budget of at most 125.00 per \
                       customer ends the loss; the 8 customers served within it rate 4, the 8 beyond it 4" },
        ])
    );
    let total = some(&report["total"], &["class", "customers", "used", "margin", "profit", "losing_money"]);
    assert_eq!(
        total,
        json!({ "class": null, "customers": 20, "used": "3000.00", "margin": "10000.00", "profit": "7000.00",
            "losing_money": 8 })
    );
    // As of a day before anybody was served, nothing was used and all of it was still planned.
    let earlier = shop.get("/v1/reports/budgets?as_of=2026-02-05").await;
    assert_eq!(
        some(&earlier["total"], &["used", "planned", "profit"]),
        json!({ "used": "0.00", "planned": "3000.00", "profit": "10000.00" })
    );
    shop.ask("GET", "/v1/reports/budgets?as_of=yesterday", None, 422).await;
}

#[tokio::test]
async fn the_report_is_a_table_too() {
    let shop = founding_case();
    let (status, text) = shop.send("GET", "/v1/reports/budgets", &[("accept", "text/csv")], None).await;
    assert_eq!(status, StatusCode::OK);
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(
        rows,
        [
            "class,customers,granted,used,planned,left,net,margin,profit,share_of_margin,share_of_profit,\
             share_of_service_cost",
            "A,4,600.00,600.00,0.00,0.00,16000.00,8000.00,7400.00,0.800000,1.057100,0.200000",
            "B,16,2000.00,2400.00,0.00,-400.00,4000.00,2000.00,-400.00,0.200000,-0.057100,0.800000",
            "total,20,2600.00,3000.00,0.00,-400.00,20000.00,10000.00,7000.00,1.000000,1.000000,1.000000",
        ]
    );
    let (status, text) = shop.send("GET", "/v1/reports/budgets?table=customers", &[], None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.lines().last().is_some_and(|row| row.starts_with("total,4.20,0,8,8,")), "{text}");
    let (status, text) = shop.send("GET", "/v1/reports/budgets?chart=classes", &[], None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.starts_with("<svg ") && text.contains("A earns 7400.00"), "{text}");
}

#[tokio::test]
async fn who_has_a_card_only_is_in_the_last_class() {
    let shop = founding_case();
    let card = Customer { id: "idle".to_owned(), ..Customer::default() };
    shop.write(move |batch| Ok(batch.put_customer(&card)?));
    let report = shop.get("/v1/reports/budgets").await;
    let b =
        some(&report["classes"][1], &["class", "customers", "granted", "break_even_per_customer", "within_customers"]);
    assert_eq!(
        b,
        json!({ "class": "B", "customers": 17, "granted": "2000.00", "break_even_per_customer": "117.64",
            "within_customers": 9 })
    );
}
