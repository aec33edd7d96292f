//! A shop in memory on a clock that stands, asked over HTTP.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{App, Clock, Settings};
use treue::model::{Purchase, PurchaseLine};
use treue::money::{Money, Quantity, UnitPrice};
use treue::store::{PutError, Store, verify};
use treue::time::Instant;

pub struct Shop {
    pub app: Arc<App>,
    folder: TempDir,
}

pub fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap_or_else(|| panic!("{text} is an instant"))
}

/// Runs what blocks beside the threads that drive requests.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("it ends"))
}

/// A purchase that was not decided here. Money in euros.
pub fn imported(id: &str, customer: &str, day: &str, net: i64, cost: i64) -> Purchase {
    let at = at(&format!("{day}T11:00:00Z"));
    let line = PurchaseLine {
        sku: "X".into(),
        category: None,
        tags: Vec::new(),
        quantity: Quantity::ONE,
        unit_price: UnitPrice(net * 10_000),
        gross: Money(net * 100),
        discount: Money::ZERO,
        cost: Money(cost * 100),
    };
    let customer = Some(customer.to_owned());
    Purchase {
        id: id.to_owned(),
        customer,
        at,
        recorded_at: at,
        revision: None,
        lines: vec![line],
        returns: Vec::new(),
    }
}

impl Shop {
    pub fn new(policy: &str, now: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { policies: folder.path().join("policies"), scripts: folder.path().join("scripts") };
        std::fs::create_dir(&settings.policies).expect("a folder");
        std::fs::write(settings.policies.join("shop.yaml"), policy).expect("a file");
        let store = Store::in_memory().expect("a store");
        let app = aside(|| App::open(store, Clock::fixed(at(now)), settings).expect("an app"));
        Self { app: Arc::new(app), folder }
    }

    pub fn set(&self, now: &str) {
        self.app.clock().set(at(now));
    }

    /// Writes the policy anew and brings it into force.
    pub fn rewrite(&self, policy: &str) {
        std::fs::write(self.folder.path().join("policies/shop.yaml"), policy).expect("a file");
        assert!(aside(|| self.app.reload()).expect("it compiles"), "it is new");
    }

    pub async fn text(&self, method: &str, path: &str, accept: &str, body: Option<Value>) -> (u16, String) {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        let request = request.header("content-type", "application/json").body(body).expect("a request");
        let answer = treue::http::router(Arc::clone(&self.app)).oneshot(request).await.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>, expect: u16) -> Value {
        let (status, text) = self.text(method, path, "application/json", body).await;
        assert_eq!(status, expect, "{method} {path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None, 200).await
    }

    /// The detail of why a report is refused.
    pub async fn refused(&self, path: &str, status: u16) -> String {
        self.ask("GET", path, None, status).await.to_string()
    }

    pub async fn csv(&self, path: &str) -> Vec<String> {
        let (status, text) = self.text("GET", path, "text/csv", None).await;
        assert_eq!(status, 200, "{path}: {text}");
        text.lines().map(str::to_owned).collect()
    }

    /// Commits a purchase of so many at a price and cost each, now.
    pub async fn buy(&self, id: &str, customer: Option<&str>, (quantity, price, cost): (u32, u32, u32), more: Value) {
        let line = json!({ "sku": "X", "quantity": quantity, "unit_price": price, "unit_cost": cost });
        let mut body = json!({ "id": id, "customer": customer, "lines": [line] });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.ask("POST", "/v1/purchases", Some(body), 201).await;
    }

    pub async fn take_back(&self, purchase: &str, quantity: u32) {
        let body = json!({ "lines": [{ "line": 0, "quantity": quantity }] });
        self.ask("POST", &format!("/v1/purchases/{purchase}/returns"), Some(body), 201).await;
    }

    pub fn put(&self, purchases: Vec<Purchase>) {
        let written = aside(|| {
            self.app.store().write_blocking(move |batch| {
                let left_out = batch.put_purchases(purchases.clone())?;
                assert_eq!(left_out, Vec::<String>::new());
                Ok::<(), PutError>(())
            })
        });
        written.expect("it is written");
    }

    pub fn assert_sound(&self) {
        let mut flaws = Vec::new();
        verify(&*self.app.store().snapshot(), &mut |flaw| flaws.push(format!("{flaw:?}"))).expect("it is read");
        assert_eq!(flaws, Vec::<String>::new());
    }
}

/// The members of an object that are named.
pub fn some(value: &Value, names: &[&str]) -> Value {
    Value::Object(names.iter().map(|name| ((*name).to_owned(), value[name].clone())).collect())
}
