//! Who is worth a thought, by hand.

use serde_json::{Value, json};
use treue::model::Purchase;

use super::shop::{Shop, imported, some};

const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  orders: { count: purchases }
  spend_12m: { sum: net, within: 12 months }
segments:
  tier: { by: spend_12m, classes: { gold: 200, basic: 0 } }
discounts:
  regulars: { ladder: { by: orders, steps: { 3: 5%, 10: 8% } } }
  gold_only: { when: { tier: gold }, ladder: { by: orders, steps: { 2: 1% } } }
experiments:
  holdout: { on: gold_only, control: 100%, salt: a }
";

/// As of 1 March 2026, at noon in Berlin.
fn shop() -> Shop {
    let shop = Shop::new(POLICY, "2026-03-01T11:00:00Z");
    let mut purchases: Vec<Purchase> = Vec::new();
    let mut buys = |customer: &str, days: &[&str], net: i64, cost: i64| {
        for (n, day) in days.iter().enumerate() {
            purchases.push(imported(&format!("{customer}-{n}"), customer, day, net, cost));
        }
    };
    // Needs 20 more to gold, and one more purchase for 5 %.
    buys("near", &["2026-01-10", "2026-02-10"], 90, 50);
    // Gold until what was bought on 10 March 2025 is a year ago.
    buys("fading", &["2025-03-10"], 250, 200);
    // Every thirty days, and not for ninety-one.
    buys("late", &["2025-10-01", "2025-10-31", "2025-11-30"], 10, 4);
    // Nothing to say: regular and far from everything.
    buys("calm", &["2026-01-01", "2026-01-29", "2026-02-26", "2026-02-27"], 5, 5);
    shop.put(purchases);
    shop
}

const SHORT: [&str; 4] = ["customer", "kind", "margin_12m", "missing"];

fn rows(report: &Value) -> Vec<Value> {
    report["customers"].as_array().expect("customers").iter().map(|row| some(row, &SHORT)).collect()
}

#[tokio::test]
async fn the_list_by_hand() {
    let shop = shop();
    let report = shop.get("/v1/reports/next").await;
    assert_eq!(
        rows(&report),
        [
            json!({ "customer": "near", "kind": "class_up", "margin_12m": "80.00", "missing": "20.00" }),
            json!({ "customer": "near", "kind": "step", "margin_12m": "80.00", "missing": "1.000000" }),
            json!({ "customer": "fading", "kind": "class_lost", "margin_12m": "50.00", "missing": "200.00" }),
            json!({ "customer": "late", "kind": "at_risk", "margin_12m": "18.00", "missing": null }),
        ]
    );
    let says: Vec<&str> =
        report["customers"].as_array().expect("rows").iter().map(|row| row["says"].as_str().expect("words")).collect();
    assert_eq!(
        says,
        [
            "20.00 more of spend_12m get gold of tier, basic now",
            "1 more of orders get 5% by regulars",
            "gold of tier becomes basic without 200.00 more of spend_12m",
            "bought last 91 days ago, usually every 30; more than 60 is unusual",
        ]
    );
    assert_eq!(report["customers"][2]["by"], "2026-03-11T11:00:00Z");
    assert_eq!(report["until"], "2026-03-31T10:00:00Z");
    let counts = json!([{ "kind": "class_up", "chances": 1 }, { "kind": "class_lost", "chances": 1 },
        { "kind": "at_risk", "chances": 1 }, { "kind": "step", "chances": 1 }]);
    assert_eq!(report["counts"], counts);
    assert_eq!(report["next"], json!(null));
}

#[tokio::test]
async fn what_is_asked_for_is_what_is_listed() {
    let shop = shop();
    let names = async |query: &str| {
        let report = shop.get(&format!("/v1/reports/next?{query}")).await;
        rows(&report)
            .iter()
            .map(|row| format!("{} {}", row["customer"], row["kind"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(names("kind=at_risk").await, ["late at_risk"]);
    assert_eq!(names("kind=class_up&within=19.99").await, [""; 0]);
    // 170 to gold is within 170; who keeps to 5 euros a time is 190 away, or 180 with four of them.
    assert_eq!(names("kind=class_up&within=170").await, ["near class_up", "late class_up"]);
    assert_eq!(names("kind=class_lost&ahead=8%20days").await, [""; 0]);
    assert_eq!(names("kind=class_lost&ahead=10%20days").await, ["fading class_lost"]);
    // A year earlier nobody knew of what came since.
    assert_eq!(names("as_of=2025-03-20").await, [""; 0]);
    assert!(shop.refused("/v1/reports/next?kind=atrisk", 422).await.contains("did you mean `at_risk`"));
    assert!(shop.refused("/v1/reports/next?limit=0", 422).await.contains("from 1 to 100000"));
    assert!(shop.refused("/v1/reports/next?cursor=x", 422).await.contains("`next` of the part before"));
}

#[tokio::test]
async fn parts_are_the_whole_and_a_table_can_be_taken_away() {
    let shop = shop();
    let whole = shop.get("/v1/reports/next").await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = shop.get(&format!("/v1/reports/next?limit=1{cursor}")).await;
        found.extend(rows(&part));
        assert_eq!(part["counts"], whole["counts"], "counts are those of the whole list");
        let Some(next) = part["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, rows(&whole));
    let table = shop.csv("/v1/reports/next").await;
    assert_eq!(
        table[0],
        "customer,kind,margin_12m,of,now,next,metric,missing,by,days_since,usual_days,limit_days,says"
    );
    assert_eq!(
        table[3],
        "fading,class_lost,50.00,tier,gold,basic,spend_12m,200.00,2026-03-11T11:00:00Z,,,,gold of tier becomes basic \
         without 200.00 more of spend_12m"
    );
    assert_eq!(table.len(), 5);
}
