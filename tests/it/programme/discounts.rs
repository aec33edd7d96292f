//! What discounts cost, by hand.

use serde_json::{Value, json};
use treue::money::Money;

use super::shop::{Shop, imported, some};

pub const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
metrics: { orders: { count: purchases }, spend: { sum: net } }
segments: { tier: { by: spend, classes: { gold: 200, basic: 0 } } }
discounts:
  regulars: { ladder: { by: orders, steps: { 1: 10% } } }
  welcome: { when: { code: SAVE }, amount: 5 }
  never: { when: { code: NEVER }, rate: 50% }
points:
  earn: { per: 1.00, points: 1, expires: 3 months }
  redeem: { value: 0.01, at_least: 1, max_share: 50% }
";

/// What happens in January and February 2026.
pub async fn two_months() -> Shop {
    let shop = Shop::new(POLICY, "2026-01-10T11:00:00Z");
    // Gets nothing yet: it is the first.
    shop.buy("p-1", Some("ann"), (2, 100, 50), json!({})).await;
    shop.set("2026-02-10T11:00:00Z");
    // 10 % of 300, in gold; 100 points pay one euro.
    shop.buy("p-2", Some("ann"), (3, 100, 40), json!({ "redeem_points": 100 })).await;
    shop.buy("p-3", Some("bob"), (1, 100, 60), json!({ "codes": ["SAVE"] })).await;
    shop.buy("p-4", None, (1, 50, 25), json!({ "codes": ["SAVE"] })).await;
    shop.set("2026-02-20T11:00:00Z");
    // One of three comes back, with its 10 of the discount.
    shop.take_back("p-2", 1).await;
    let mut other = imported("p-5", "cid", "2026-02-21", 80, 40);
    other.lines[0].discount = Money(700);
    shop.set("2026-03-01T11:00:00Z");
    shop.put(vec![other]);
    shop
}

const GOT: [&str; 12] = [
    "uses",
    "purchases",
    "by_guests",
    "customers",
    "granted",
    "taken_back",
    "cost",
    "gross",
    "margin",
    "break_even_uplift",
    "customers_margin",
    "share_of_customers_margin",
];

#[tokio::test]
async fn discounts_are_added_up_by_hand() {
    let shop = two_months().await;
    let report = shop.get("/v1/reports/discounts").await;
    assert_eq!(report["segment"], "tier");
    let names: Vec<&Value> =
        report["discounts"].as_array().expect("discounts").iter().map(|it| &it["discount"]).collect();
    assert_eq!(names, ["regulars", "welcome", "never"]);
    let regulars = json!({
        "uses": 1, "purchases": 1, "by_guests": 0, "customers": 1, "granted": "30.00", "taken_back": "10.00",
        "cost": "20.00", "gross": "200.00",
        // 200 less 20 less 80 of goods; 20 of these 100 pay for it.
        "margin": "100.00", "break_even_uplift": "0.200000",
        // Another 100 of the first purchase; 20 of 220.
        "customers_margin": "200.00", "share_of_customers_margin": "0.090909",
    });
    assert_eq!(some(&report["discounts"][0]["total"], &GOT), regulars);
    let classes = &report["discounts"][0]["classes"];
    assert_eq!((classes.as_array().map(Vec::len), &classes[0]["class"]), (Some(1), &json!("gold")));
    assert_eq!(some(&classes[0], &GOT), regulars);
    assert_eq!(
        some(&report["discounts"][1]["total"], &GOT),
        json!({
            "uses": 2, "purchases": 2, "by_guests": 1, "customers": 1, "granted": "10.00", "taken_back": "0.00",
            "cost": "10.00", "gross": "150.00", "margin": "55.00", "break_even_uplift": "0.181818",
            "customers_margin": "35.00", "share_of_customers_margin": "0.222222",
        })
    );
    let never = some(&report["discounts"][2]["total"], &["uses", "cost", "break_even_uplift"]);
    assert_eq!(never, json!({ "uses": 0, "cost": "0.00", "break_even_uplift": null }));
    assert_eq!(
        some(&report["total"], &["purchases", "customers", "granted", "taken_back", "cost", "customers_margin"]),
        json!({ "purchases": 3, "customers": 2, "granted": "40.00", "taken_back": "10.00", "cost": "30.00",
            "customers_margin": "235.00" })
    );
    // A euro was paid with points, and a third of it went back with the goods. What points pay earns nothing: 100 − 0.66.
    assert_eq!(
        some(&report["points"], &["purchases", "granted", "taken_back", "cost", "margin", "break_even_uplift"]),
        json!({ "purchases": 1, "granted": "1.00", "taken_back": "0.34", "cost": "0.66", "margin": "100.00",
            "break_even_uplift": "0.006644" })
    );
    assert_eq!(some(&report["unattributed"], &["purchases", "cost"]), json!({ "purchases": 1, "cost": "7.00" }));
    assert_eq!(
        some(&report["purchases"], &["purchases", "cost", "gross", "net"]),
        json!({ "purchases": 5, "cost": "37.00", "gross": "630.00", "net": "593.00" })
    );
    shop.assert_sound();
}

#[tokio::test]
async fn as_of_an_earlier_instant_nothing_has_come_back_yet() {
    let shop = two_months().await;
    let report = shop.get("/v1/reports/discounts?as_of=2026-02-15").await;
    let total = some(&report["discounts"][0]["total"], &["granted", "taken_back", "cost", "margin"]);
    assert_eq!(total, json!({ "granted": "30.00", "taken_back": "0.00", "cost": "30.00", "margin": "150.00" }));
    let window = shop.get("/v1/reports/discounts?from=2026-02-01").await;
    // The first purchase lies before: neither it nor its margin is looked at.
    assert_eq!(window["purchases"]["purchases"], 4);
    assert_eq!(window["discounts"][0]["total"]["customers_margin"], "100.00");
    assert_eq!(shop.get("/v1/reports/discounts?as_of=2026-01-01").await["purchases"]["purchases"], 0);
    assert!(shop.refused("/v1/reports/discounts?segment=teir", 422).await.contains("did you mean `tier`"));
    assert!(
        shop.refused("/v1/reports/discounts?class=gold", 400).await.contains("it takes as_of, window, from, segment")
    );
}

#[tokio::test]
async fn totals_are_those_of_the_export() {
    let shop = two_months().await;
    let (_, purchases) = shop.text("GET", "/v1/exports/purchases?format=csv", "text/csv", None).await;
    let (_, returns) = shop.text("GET", "/v1/exports/returns?format=csv", "text/csv", None).await;
    let sum = |text: &str, column: &str| -> i64 {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let at = rows.headers().expect("a header").iter().position(|name| name == column).expect("a column");
        rows.records().map(|row| row.expect("a row")[at].replace('.', "").parse::<i64>().expect("an amount")).sum()
    };
    let report = shop.get("/v1/reports/discounts").await;
    let cents = |name: &str| -> i64 {
        report["purchases"][name].as_str().expect("an amount").replace('.', "").parse().expect("one")
    };
    assert_eq!(sum(&purchases, "discount"), cents("granted"));
    assert_eq!(sum(&returns, "discount"), cents("taken_back"));
    assert_eq!(sum(&purchases, "gross") - sum(&returns, "gross"), cents("gross"));
    // What is attributed and what is not are all of it.
    let part = |it: &Value| it["cost"].as_str().expect("an amount").replace('.', "").parse::<i64>().expect("one");
    let discounts = report["discounts"].as_array().expect("discounts");
    let each: i64 = discounts.iter().map(|it| part(&it["total"])).sum();
    assert_eq!(each, part(&report["total"]));
    assert_eq!(each + part(&report["unattributed"]), cents("cost"));
}

#[tokio::test]
async fn a_discount_of_an_earlier_policy_keeps_its_row() {
    let shop = two_months().await;
    shop.rewrite(
        &POLICY.replace("  welcome: { when: { code: SAVE }, amount: 5 }\n", "").replace("gold: 200", "best: 200"),
    );
    let report = shop.get("/v1/reports/discounts").await;
    let names: Vec<String> = report["discounts"]
        .as_array()
        .expect("discounts")
        .iter()
        .map(|it| format!("{} {}", it["discount"].as_str().expect("a name"), it["in_force"]))
        .collect();
    assert_eq!(names, ["regulars true", "never true", "welcome false"]);
    assert_eq!(report["discounts"][2]["total"]["cost"], "10.00");
    // Classes are those that customers had when they bought, under their names then.
    assert_eq!(report["discounts"][0]["classes"][0]["class"], "gold");
    let rows = shop.csv("/v1/reports/discounts").await;
    assert!(rows[0].starts_with("what,class,uses,purchases,customers,granted,taken_back,cost,"), "{rows:?}");
    assert!(rows[3].starts_with("welcome (earlier),,2,2,1,10.00,0.00,10.00,150.00,"), "{rows:?}");
    let classes = shop.csv("/v1/reports/discounts?table=classes").await;
    assert!(classes[1].starts_with("regulars,gold,1,1,1,30.00,"), "{classes:?}");
    let (status, svg) = shop.text("GET", "/v1/reports/discounts?chart=margins", "*/*", None).await;
    assert!(status == 200 && svg.starts_with("<svg"), "{svg}");
}
