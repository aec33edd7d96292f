//! Experiments with a known effect, with none, and before anyone starts.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};
use treue::app::{Import, ImportContext, Mapping, import};
use treue::engine::in_control;
use treue::model::{Customer, Purchase};
use treue::time::Zone;

use super::shop::{Shop, aside, at, imported, some};

const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
discounts:
  thanks: { rate: 10% }
experiments:
  holdout: { on: thanks, control: 30%, salt: 2026a }
";

/// 900 customers who bought in December, and from January on for as much again, a bit more or less; who could get the
/// discount for `uplift` euros more.
fn base(uplift: i64) -> (Shop, Vec<Purchase>) {
    let shop = Shop::new(POLICY, "2026-01-01T00:00:00Z");
    let experiment = shop.app.active().bundle.experiments[0].clone();
    let purchases = (0..900i64).flat_map(|n| {
        let customer = format!("c-{n}");
        let before = 20 + n % 7 * 30;
        let more = if in_control(&experiment, &customer) { 0 } else { uplift };
        let after = before + n % 11 + more;
        [
            imported(&format!("b-{n}"), &customer, "2025-12-05", before, before / 2),
            imported(&format!("a-{n}"), &customer, "2026-02-05", after, after / 2),
        ]
    });
    let purchases: Vec<Purchase> = purchases.collect();
    shop.set("2026-04-01T00:00:00Z");
    shop.put(purchases.clone());
    (shop, purchases)
}

fn number(value: &Value) -> f64 {
    value.as_str().expect("a number").parse().expect("a number")
}

#[tokio::test]
async fn a_known_effect_is_found_and_the_past_makes_it_surer() {
    let (shop, purchases) = base(12);
    let experiment = shop.app.active().bundle.experiments[0].clone();
    let report = shop.get("/v1/reports/experiments").await;
    let one = &report["experiments"][0];
    assert_eq!(
        some(one, &["experiment", "discount", "control_share", "since", "newcomers"]),
        json!({ "experiment": "holdout", "discount": "thanks", "control_share": "0.300000",
            "since": "2026-01-01T00:00:00Z", "newcomers": 0 })
    );
    // The arms, counted here.
    let mut arms: BTreeMap<bool, (u64, i64)> = BTreeMap::new();
    for purchase in purchases.iter().filter(|purchase| purchase.id.starts_with("a-")) {
        let customer = purchase.customer.as_deref().expect("a customer");
        let arm = arms.entry(in_control(&experiment, customer)).or_default();
        *arm = (arm.0 + 1, arm.1 + purchase.lines[0].gross.0);
    }
    for (control, name) in [(false, "treated"), (true, "control")] {
        let (customers, spend) = arms[&control];
        assert_eq!(one[name]["customers"], customers, "{name}");
        assert_eq!(one[name]["spend"].as_str().expect("an amount").replace('.', ""), spend.to_string(), "{name}");
    }
    let spend = &one["outcomes"][0];
    let (welch, cuped) = (&spend["welch"], &spend["cuped"]);
    let means = arms.iter().map(|(_, (many, sum))| *sum as f64 / *many as f64 / 100.0).collect::<Vec<_>>();
    assert!((number(&welch["difference"]) - (means[0] - means[1])).abs() < 0.006, "{welch} {means:?}");
    // What is left once the past is taken out is the effect, but for a bit.
    assert!((number(&cuped["difference"]) - 12.0).abs() < 1.0, "{cuped}");
    let width = |it: &Value| number(&it["high"]) - number(&it["low"]);
    assert!(width(cuped) < width(welch) / 5.0, "{cuped} {welch}");
    assert!(number(&spend["explained_by_the_past"]) > 0.95);
    assert_eq!(spend["shown"], true);
    let says = one["says"].to_string();
    assert!(says.contains("four times in five"), "the smallest effect comes first: {says}");
    assert!(says.contains("more per customer where `thanks` could be had"), "{says}");
    assert_eq!(one["smallest_difference"], cuped["smallest"]);
    // All bought once: that differs for nobody.
    assert_eq!(
        some(&one["outcomes"][1], &["outcome", "welch", "shown"]),
        json!({ "outcome": "orders", "welch": null, "shown": false })
    );
}

#[tokio::test]
async fn two_alike_arms_claim_nothing() {
    let (shop, _) = base(0);
    let report = shop.get("/v1/reports/experiments").await;
    let one = &report["experiments"][0];
    assert!(one["outcomes"].as_array().expect("outcomes").iter().all(|outcome| outcome["shown"] == false), "{one}");
    let says = one["says"].to_string();
    assert!(says.contains("no difference is shown") && !says.contains("per customer where"), "{says}");
}

#[tokio::test]
async fn who_came_later_or_was_erased_is_in_no_arm_and_who_has_a_card_is() {
    let (shop, _) = base(0);
    let before = shop.get("/v1/reports/experiments").await;
    let arms = |report: &Value| {
        let one = &report["experiments"][0];
        one["treated"]["customers"].as_u64().expect("a count") + one["control"]["customers"].as_u64().expect("a count")
    };
    assert_eq!(arms(&before), 900);
    shop.put(vec![imported("n-1", "new", "2026-02-07", 50, 20)]);
    let card = |id: &str, made: &str| Customer { id: id.to_owned(), created_at: at(made), ..Customer::default() };
    let cards = [card("card", "2025-12-31T00:00:00Z"), card("late", "2026-01-02T00:00:00Z")];
    let written = aside(|| {
        shop.app.store().write_blocking(move |batch| cards.iter().try_for_each(|card| batch.put_customer(card)))
    });
    written.expect("it is written");
    let (status, _) = shop.text("DELETE", "/v1/customers/c-5", "*/*", None).await;
    assert_eq!(status, 204);
    let after = shop.get("/v1/reports/experiments").await;
    assert_eq!((arms(&after), after["experiments"][0]["newcomers"].as_u64()), (900, Some(2)));
}

#[tokio::test]
async fn returns_count_where_they_belong() {
    let (shop, _) = base(0);
    let report = shop.get("/v1/reports/experiments").await;
    let experiment = shop.app.active().bundle.experiments[0].clone();
    let arm = |id: &str| if in_control(&experiment, id) { "control" } else { "treated" };
    // What was bought before the start comes back after it: that is no past, and lowers nothing that counts.
    shop.take_back("b-3", 1).await;
    shop.set("2026-04-01T01:00:00Z");
    let same = shop.get("/v1/reports/experiments").await;
    assert_eq!(same["experiments"], report["experiments"]);
    // What was bought since lowers spend, orders and buyers.
    shop.take_back("a-3", 1).await;
    shop.set("2026-04-01T02:00:00Z");
    let less = shop.get("/v1/reports/experiments").await;
    let buyers = |report: &Value| report["experiments"][0][arm("c-3")]["buyers"].as_u64().expect("a count");
    assert_eq!(buyers(&less) + 1, buyers(&report));
}

#[tokio::test]
async fn an_experiment_begins_with_the_policy_that_held_it_without_a_break() {
    let (shop, _) = base(0);
    // Decisions say who got it.
    let experiment = shop.app.active().bundle.experiments[0].clone();
    let of = |control: bool| (0..900).map(|n| format!("c-{n}")).find(|id| in_control(&experiment, id) == control);
    for (id, control) in [("x-1", false), ("x-2", true)] {
        shop.buy(id, of(control).as_deref(), (1, 100, 50), json!({})).await;
    }
    shop.set("2026-04-02T00:00:00Z");
    let since = async |shop: &Shop| shop.get("/v1/reports/experiments").await["experiments"][0]["since"].clone();
    let report = shop.get("/v1/reports/experiments").await;
    let reached = |arm: &str| report["experiments"][0][arm]["reached"].clone();
    assert_eq!((reached("treated"), reached("control")), (json!(1), json!(0)));
    // Another discount beside it changes nothing; another salt is another experiment.
    let more = format!("{POLICY}\n").replace("  thanks:", "  other: { rate: 1% }\n  thanks:");
    shop.rewrite(&more);
    assert_eq!(since(&shop).await, "2026-01-01T00:00:00Z");
    shop.set("2026-04-03T00:00:00Z");
    shop.rewrite(&more.replace("2026a", "2026b"));
    shop.set("2026-04-04T00:00:00Z");
    assert_eq!(since(&shop).await, "2026-04-03T00:00:00Z");
    shop.rewrite(&more);
    assert_eq!(since(&shop).await, "2026-04-04T00:00:00Z", "with a break in between");
    let early = shop.get("/v1/reports/experiments?as_of=2025-12-20").await;
    assert_eq!(early["experiments"][0]["says"], json!(["it had not begun by then"]));
    assert_eq!(early["experiments"][0]["treated"]["customers"], 0);
    let asked = shop.get("/v1/reports/experiments?since=2026-01-15").await;
    assert_eq!(asked["experiments"][0]["since"], "2026-01-14T23:00:00Z");
    shop.set("2026-04-05T00:00:00Z");
    shop.rewrite(more.split("experiments:").next().expect("a part"));
    let none = shop.get("/v1/reports/experiments").await;
    assert_eq!(none["experiments"], json!([]));
}

#[tokio::test]
async fn a_plan_for_a_base_like_cdnow() {
    let shop = Shop::new("currency: USD\ntimezone: America/New_York\n", "1998-08-01T00:00:00Z");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cdnow_sample.csv.gz");
    let file = File::open(&path).unwrap_or_else(|error| {
        panic!("the purchase histories belong beside the repository, in ../shared/data: {}: {error}", path.display())
    });
    let mapping = "customer=customer_id,at=date,quantity=number_of_cds,gross=dollar_value";
    let wanted = Import { mapping: Mapping::parse(mapping).expect("a mapping"), ..Import::default() };
    let context = ImportContext {
        currency: shop.app.active().bundle.currency,
        zone: Zone::from_name("America/New_York").expect("a zone"),
        default_margin: None,
        now: at("1998-08-01T00:00:00Z"),
    };
    aside(|| import(shop.app.store(), &context, &wanted, file, |_| {}).expect("an import"));
    // Spend of the second quarter of 1998, the last three months there are: mean 7.63, standard deviation 28.97.
    let report = shop.get("/v1/reports/experiments?plan=5%25&as_of=1998-07-01").await;
    let plan = &report["plan"];
    assert_eq!(
        some(
            plan,
            &["uplift", "window", "customers", "spend_per_customer", "deviation", "customers_per_arm", "suffices"]
        ),
        json!({ "uplift": "0.050000", "window": "3 months", "customers": 2357, "spend_per_customer": "7.63",
            "deviation": "28.97", "customers_per_arm": 90530, "suffices": false })
    );
    // With what they spent in the year before, fewer are needed; still more than there are.
    let adjusted = plan["customers_per_arm_cuped"].as_u64().expect("a count");
    assert!((50_000..90_530).contains(&adjusted), "{plan}");
    assert_eq!(plan["suffices_cuped"], false);
    // Half of this base held out shows 43.8 % and more.
    assert!((number(&plan["smallest"][0]["uplift"]) - 0.4383).abs() < 0.0005, "{plan}");
    assert!(plan["says"].to_string().contains("needs 90530 customers per arm: this base does not have them"), "{plan}");
    // Over a longer time customers differ less: nine months need fewer.
    let longer = shop.get("/v1/reports/experiments?plan=5%25&as_of=1998-07-01&window=9%20months").await;
    assert_eq!(longer["plan"]["customers_per_arm"], 52_025);
    assert!(shop.refused("/v1/reports/experiments?plan=5", 422).await.contains("expected an uplift such as `5%`"));
    assert!(shop.refused("/v1/reports/experiments?window=9%20months", 422).await.contains("goes with `plan` only"));
    let rows = shop.csv("/v1/reports/experiments?plan=5%25&as_of=1998-07-01").await;
    assert_eq!(rows[0], "control_share,customers,smallest_uplift,smallest_uplift_cuped");
}
