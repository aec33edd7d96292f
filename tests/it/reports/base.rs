//! Bases in memory, asked over HTTP.

use std::fs;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{App, Clock, DemoOptions, Import, ImportContext, Mapping, Settings, fill_demo, import};
use treue::http::router;
use treue::money::{Currency, Rate};
use treue::store::Store;
use treue::time::{Instant, Zone};

use crate::http::app::{Answer, aside};
use crate::http::schema::check_documented;

/// Every way to sort customers, and every kind of metric.
pub const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  orders: { count: purchases }
  spend: { sum: net }
  spend_12m: { sum: net, within: 12 months }
  profit_12m: { sum: profit, within: 12 months }
  basket_size: { average: net }
  recency: { days_since: last_purchase }
  satisfaction: { average: rating }
segments:
  value: { rank_by: profit_12m, classes: { A: 80%, B: 95%, C: 100% } }
  size: { rank_by: spend, classes: { large: 50%, small: 100% } }
  tier: { by: spend_12m, classes: { gold: 800, silver: 200, basic: 0 }, keep: 6 months }
  rfm:
    score: { recency: 5, orders: 5, spend: 5 }
    classes:
      champions: { recency: [4, 5], orders: [4, 5] }
      at_risk: { recency: [1, 2], orders: [3, 4, 5] }
      others: {}
service:
  costs: { call: 4.50 }
  budgets:
    by: value
    window: 12 months
    classes: { A: { share: 12%, of: profit_12m }, B: { share: 6%, of: profit_12m } }
";

/// The policy of the public data sets.
pub const PUBLIC: &str = "
currency: USD
timezone: America/New_York
metrics: { orders: { count: purchases }, spend: { sum: net } }
segments:
  value: { rank_by: spend, classes: { A: 80%, B: 95%, C: 100% } }
  tier: { by: spend, classes: { gold: 500, silver: 100, basic: 0 } }
";

/// A base, and what answers about it.
pub struct Base {
    pub app: Arc<App>,
    _folder: TempDir,
}

impl Base {
    /// A store under a policy, as of an instant.
    pub fn new(store: Store, policy: &str, now: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (policies, scripts) = (folder.path().join("policies"), folder.path().join("scripts"));
        fs::create_dir(&policies).expect("a folder");
        fs::create_dir(&scripts).expect("a folder");
        fs::write(policies.join("shop.yaml"), policy).expect("a file");
        let clock = Clock::fixed(instant(now));
        let app = aside(|| App::open(store, clock, Settings { policies, scripts }).expect("an app"));
        Self { app: Arc::new(app), _folder: folder }
    }

    /// A made-up base of so many customers.
    pub fn made_up(customers: u64) -> Self {
        let store = Store::in_memory().expect("a store");
        let (euro, zone) = (Currency::from_code("EUR").expect("a currency"), Zone::from_name("Europe/Berlin"));
        let options = DemoOptions { customers, ..DemoOptions::default() };
        let now = instant("2026-03-01T00:00:00Z");
        fill_demo(&store, euro, zone.expect("a zone"), now, &options, |_| {}).expect("a base");
        Self::new(store, POLICY, "2026-03-01T11:00:00Z")
    }

    /// A public data set.
    pub fn imported(file: &str, mapping: &str, policy: &str, now: &str) -> Self {
        let store = Store::in_memory().expect("a store");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
        let file = fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let context = ImportContext {
            currency: Currency::from_code("USD").expect("a currency"),
            zone: Zone::from_name("America/New_York").expect("a zone"),
            default_margin: Rate::parse("40%").ok(),
            now: instant(now),
        };
        let mapping = Mapping::parse(mapping).expect("a mapping");
        let wanted = Import { mapping, skip_invalid: true, ..Import::default() };
        import(&store, &context, &wanted, file, |_| {}).expect("an import");
        Self::new(store, policy, now)
    }

    /// CDNOW at the end of its observation.
    pub fn cdnow() -> Self {
        let mapping = "customer=customer_id,at=date,quantity=number_of_cds,gross=dollar_value";
        Self::imported("cdnow_sample.csv.gz", mapping, PUBLIC, "1998-07-01T04:00:00Z")
    }

    pub async fn ask(&self, path: &str, accept: &str) -> Answer {
        let request = Request::builder().uri(path).header("accept", accept).body(Body::empty()).expect("a request");
        let response = router(Arc::clone(&self.app)).oneshot(request).await.expect("an answer");
        let answer = Answer::read(response).await;
        let plain = path.split('?').next().unwrap_or(path);
        check_documented(&Method::GET, plain, &answer);
        answer
    }

    /// The JSON of a report.
    pub async fn report(&self, path: &str) -> Value {
        self.ask(&format!("/v1/reports/{path}"), "*/*").await.json(200)
    }
}

pub fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text).expect("an instant")
}

/// A member of a report, by its JSON pointer.
pub fn at<'a>(report: &'a Value, pointer: &str) -> &'a Value {
    report.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {report:#}"))
}

/// A text of a report, by its JSON pointer.
pub fn text<'a>(report: &'a Value, pointer: &str) -> &'a str {
    at(report, pointer).as_str().unwrap_or_else(|| panic!("{pointer} is no text"))
}

/// A count of a report, by its JSON pointer.
pub fn count(report: &Value, pointer: &str) -> u64 {
    at(report, pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is no count"))
}

/// Minor units of an amount with two decimals.
pub fn minor(value: &Value) -> i128 {
    let text = value.as_str().expect("an amount").replace('.', "");
    text.parse().expect("digits")
}

/// The rows of a list.
pub fn rows<'a>(report: &'a Value, pointer: &str) -> &'a [Value] {
    at(report, pointer).as_array().expect("a list")
}

/// The sum of an amount over the rows of a list.
pub fn sum(report: &Value, pointer: &str, member: &str) -> i128 {
    rows(report, pointer).iter().map(|row| minor(&row[member])).sum()
}

/// The sum of a count over the rows of a list.
pub fn many(report: &Value, pointer: &str, member: &str) -> u64 {
    rows(report, pointer).iter().map(|row| row[member].as_u64().expect("a count")).sum()
}
