//! Customer value, end to end: the report over CDNOW, and decisions that ask the fitted models.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{App, Clock, Import, ImportContext, Mapping, Settings, import};
use treue::money::{Currency, Rate};
use treue::simulate::Progress;
use treue::store::{Store, verify};
use treue::time::{Instant, Zone};

const POLICY: &str = "
currency: USD
timezone: America/New_York
metrics:
  spend: { sum: net }
  to_come: { model: expected_purchases, within: 52 weeks }
  worth: { model: value, within: 52 weeks }
segments:
  value: { rank_by: spend, classes: { A: 80%, B: 95%, C: 100% } }
  promise: { rank_by: worth, classes: { high: 60%, low: 100% } }
  habit: { by: to_come, classes: { often: 2, seldom: 0 } }
discounts:
  thanks: { when: { to_come: { at_least: 1.5 } }, rate: 5% }
";

/// A store with CDNOW, where it is the first of October 1997 in New York.
struct Shop {
    app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

impl Shop {
    fn cdnow() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (policies, scripts) = (folder.path().join("policies"), folder.path().join("scripts"));
        [&policies, &scripts].into_iter().for_each(|made| fs::create_dir_all(made).expect("a folder"));
        fs::write(policies.join("shop.yaml"), POLICY).expect("a file");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cdnow_sample.csv.gz");
        let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let store = Store::in_memory().expect("a store");
        let context = ImportContext {
            currency: Currency::from_code("USD").expect("a currency"),
            zone: Zone::from_name("America/New_York").expect("a zone"),
            default_margin: Rate::parse("40%").ok(),
            now: instant("2026-01-01T00:00:00Z"),
        };
        let mapping = Mapping::parse("customer=customer_id,at=date,quantity=number_of_cds,gross=dollar_value");
        let wanted = Import { mapping: mapping.expect("a mapping"), ..Import::default() };
        import(&store, &context, &wanted, file, |_| {}).expect("an import");
        let clock = Clock::fixed(instant("1997-10-01T04:00:00Z"));
        let app = Arc::new(App::open(store, clock, Settings { policies, scripts }).expect("an app"));
        Self { router: treue::http::router(Arc::clone(&app)), app, _folder: folder }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    async fn json(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, text) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text).expect("an instant")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_says_what_was_published() {
    let shop = tokio::task::spawn_blocking(Shop::cdnow).await.expect("a shop");
    let report = shop.json("GET", "/v1/reports/clv?horizon=52%20weeks&discount=0%25&limit=3000", None).await;
    let model = &report["model"];
    assert_eq!(
        (&model["name"], &model["customers"], &model["log_likelihood"]),
        (&json!("BG/NBD"), &json!(2_357), &json!("-9582.429207"))
    );
    let values: Vec<&str> =
        model["parameters"].as_array().expect("parameters").iter().filter_map(|p| p["value"].as_str()).collect();
    assert_eq!(values, ["0.242595", "4.413602", "0.792922", "2.425907"]);
    let listed = report["customers"].as_array().expect("customers");
    assert_eq!(listed.len(), 2_357);
    let one = listed.iter().find(|one| one["customer"] == "1516").expect("customer 1516");
    assert_eq!(
        (&one["repeats"], &one["last"], &one["age"], &one["alive"], &one["expected"]),
        (&json!(26), &json!(216), &json!(217), &json!("0.968854"), &json!("25.757337"))
    );
    // Classes are parts of the whole, and the whole is the sum of the customers.
    let classes = report["classes"].as_array().expect("classes");
    let sum = |of: &str| classes.iter().map(|class| class[of].as_u64().expect("a count")).sum::<u64>();
    assert_eq!((sum("customers"), sum("one_time")), (2_357, 1_411));
    let notes = report["head"]["notes"].to_string();
    assert!(notes.contains("nobody is ranked by the probability"), "{notes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_is_held_against_what_was_foretold() {
    let shop = tokio::task::spawn_blocking(Shop::cdnow).await.expect("a shop");
    let path = "/v1/reports/clv?as_of=1998-07-01&hold_out=273%20days&limit=2";
    let report = shop.json("GET", path, None).await;
    let held = &report["hold_out"];
    assert_eq!(held["model"]["log_likelihood"], "-9582.429207");
    assert_eq!((&held["customers"], &held["returned"], &held["actual"]), (&json!(2_357), &json!(684), &json!(1_882)));
    assert_eq!(
        (&held["rmse"], &held["auc"], &held["naive_auc"], &held["alive_auc"]),
        (&json!("1.607982"), &json!("0.772524"), &json!("0.771442"), &json!("0.315790"))
    );
    let (status, csv) = shop.ask("GET", &format!("{path}&table=customers"), None).await;
    assert_eq!((status, csv.lines().count()), (200, 3), "{csv}");
    let (status, svg) = shop.ask("GET", &format!("{path}&chart=hold_out"), None).await;
    assert!(status == 200 && svg.starts_with("<svg"), "{status}: {svg}");
    for (wrong, status) in [("model=crystal_ball", 422), ("horizon=soon", 422), ("limit=-1", 422), ("colour=red", 400)]
    {
        let (found, text) = shop.ask("GET", &format!("/v1/reports/clv?{wrong}"), None).await;
        assert_eq!(found, status, "{wrong}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_ask_the_fitted_models_and_name_their_snapshot() {
    let shop = tokio::task::spawn_blocking(Shop::cdnow).await.expect("a shop");
    let refreshed = shop.json("POST", "/v1/segments/refresh", None).await;
    let [models] = &refreshed["models"].as_array().expect("models")[..] else { panic!("{refreshed}") };
    assert_eq!((&models["metrics"], &models["model"]), (&json!(["to_come", "worth"]), &json!("BG/NBD")));
    assert_eq!(models["doubts"], json!([]));
    let quote = |customer: &str| json!({ "customer": customer, "lines": [{ "sku": "CD", "quantity": 1, "unit_price": "20.00" }] });
    let loyal = shop.json("POST", "/v1/quotes", Some(&quote("1516"))).await;
    assert_eq!((&loyal["totals"]["discount"], &loyal["snapshot"]), (&json!("1.00"), &refreshed["snapshot"]), "{loyal}");
    assert_eq!(loyal["segments"], json!({ "value": "A", "promise": "high", "habit": "often" }));
    assert_eq!(loyal["applied"][0]["because"], json!(["to_come is 29.7802, at least 1.5"]));
    // Bought once, long ago.
    let gone = shop.json("POST", "/v1/quotes", Some(&quote("0003"))).await;
    assert_eq!((&gone["totals"]["discount"], &gone["segments"]["habit"]), (&json!("0.00"), &json!("seldom")), "{gone}");
    let stranger = shop.json("POST", "/v1/quotes", Some(&quote("nobody"))).await;
    assert_eq!(
        (&stranger["totals"]["discount"], &stranger["segments"]["habit"]),
        (&json!("0.00"), &json!(null)),
        "{stranger}"
    );
    // Fitted again to the same base, the models are the same, in a snapshot of its own.
    let again = shop.json("POST", "/v1/segments/refresh", None).await;
    assert_eq!(again["models"], refreshed["models"]);
    let later = shop.json("POST", "/v1/quotes", Some(&quote("1516"))).await;
    assert_eq!(later["applied"][0]["because"], loyal["applied"][0]["because"]);
    assert_eq!(later["snapshot"], again["snapshot"]);
    tokio::task::spawn_blocking(move || {
        verify(&*shop.app.store().snapshot(), &mut |flaw| panic!("{flaw:?}")).expect("it is read");
    })
    .await
    .expect("a sound store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_asks_models_that_do_not_know_the_future() {
    let shop = tokio::task::spawn_blocking(Shop::cdnow).await.expect("a shop");
    let scenario = "window: { from: 1997-07-01, until: 1997-10-01 }\nbaseline: none\ncandidate: active\n";
    let simulate = || {
        let candidates = treue::app::Candidates { sent: None, folder: None };
        let prepared = shop.app.prepare_simulation("s.yaml", scenario, &candidates).expect("a scenario");
        shop.app.simulate(&prepared, &Progress::default()).expect("a report")
    };
    let then = tokio::task::block_in_place(simulate);
    // What is known three quarters of a year later changes nothing of it.
    shop.app.clock().set(instant("1998-07-01T04:00:00Z"));
    let later = tokio::task::block_in_place(simulate);
    let [then, later] = [then, later].map(|report| serde_json::to_value(report).expect("JSON"));
    assert_ne!(then["sides"][1]["total"]["discount"], "0.00", "{then}");
    assert_eq!((&then["sides"], &then["compared"]), (&later["sides"], &later["compared"]));
}
