//! A shop in memory at a fixed instant, asked over HTTP.

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{App, Clock, Settings};
use treue::model::{Purchase, PurchaseLine};
use treue::money::{Money, Quantity, UnitPrice};
use treue::store::{PutError, Store, verify};
use treue::time::Instant;

const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  spend: { sum: net }
  margin_12m: { sum: margin, within: 12 months }
  profit_12m: { sum: profit, within: 12 months }
  satisfaction: { average: rating, within: 12 months }
segments:
  tier: { by: spend, classes: { gold: 1000, silver: 100, basic: 0 } }
service:
  costs: { call: 4.50, visit: 60, email: 0.05 }
  budgets:
    by: tier
    window: 12 months
    classes:
      gold: { share: 12%, of: margin_12m, at_least: 50, at_most: 600 }
      silver: { share: 6%, of: margin_12m, at_most: 40 }
  satisfaction: { by: satisfaction, floor: 4.0, raise: 50% }
  enforce: ENFORCE
";

pub struct Shop {
    pub app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

/// Runs what blocks beside the threads that drive requests.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("it ends"))
}

pub fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

impl Shop {
    /// A shop at 2026-03-01T11:00:00Z.
    pub fn new(policy: &str) -> Self {
        Self::with_script(policy, "none.rhai", "")
    }

    pub fn with_script(policy: &str, script: &str, text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (policies, scripts) = (folder.path().join("policies"), folder.path().join("scripts"));
        fs::create_dir_all(&policies).expect("a folder");
        fs::create_dir_all(&scripts).expect("a folder");
        fs::write(policies.join("shop.yaml"), policy).expect("a file");
        fs::write(scripts.join(script), text).expect("a file");
        let clock = Clock::fixed(instant("2026-03-01T11:00:00Z"));
        let store = Store::in_memory().expect("a store");
        let app = Arc::new(aside(|| App::open(store, clock, Settings { policies, scripts }).expect("an app")));
        Self { router: treue::http::router(Arc::clone(&app)), app, _folder: folder }
    }

    /// What one purchase of this net and margin, in euros, leaves; it was made on 2026-02-01.
    pub fn bought(&self, customer: &str, net: i64, margin: i64) {
        let at = instant("2026-02-01T11:00:00Z");
        let purchase = Purchase {
            id: format!("p-{customer}"),
            customer: Some(customer.to_owned()),
            at,
            recorded_at: at,
            revision: None,
            lines: vec![PurchaseLine {
                sku: "X".into(),
                category: None,
                tags: Vec::new(),
                quantity: Quantity::ONE,
                unit_price: UnitPrice(net * 10_000),
                gross: Money(net * 100),
                discount: Money::ZERO,
                cost: Money((net - margin) * 100),
            }],
            returns: Vec::new(),
        };
        self.write(move |batch| batch.put_purchase(purchase.clone()).map(drop));
    }

    pub fn write(&self, job: impl FnMut(&mut treue::store::Batch<'_>) -> Result<(), PutError> + Send + 'static) {
        aside(|| self.app.store().write_blocking(job).expect("it is written"));
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>, expect: u16) -> Value {
        let (status, text) = self.send(method, path, &[], body).await;
        assert_eq!(status.as_u16(), expect, "{method} {path}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None, 200).await
    }

    pub fn assert_sound(&self) {
        let mut flaws = Vec::new();
        verify(&*self.app.store().snapshot(), &mut |flaw| flaws.push(format!("{flaw:?}"))).expect("it is read");
        assert_eq!(flaws, Vec::<String>::new());
    }
}

pub fn policy(enforce: &str) -> String {
    POLICY.replace("ENFORCE", enforce)
}

/// The members of an object that are named.
pub fn some(value: &Value, names: &[&str]) -> Value {
    Value::Object(names.iter().map(|name| ((*name).to_owned(), value[name].clone())).collect())
}

pub const BUDGET: [&str; 4] = ["granted", "used", "planned", "left"];
