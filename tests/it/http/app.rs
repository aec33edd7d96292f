//! An app to ask, whose answers are compared with what the OpenAPI document says about them.

use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{App, Clock, Settings};
use treue::http::router;
use treue::store::{Store, verify};
use treue::time::Instant;

use super::schema::check_documented;

/// The policy of the contract's example.
pub const EXAMPLE: &str = "\
currency: EUR
timezone: Europe/Berlin
metrics:
  orders:    { count: purchases }
  spend_12m: { sum: net, within: 12 months }
segments:
  value: { rank_by: spend_12m, classes: { A: 80%, B: 95%, C: 100% }, refresh: year }
  tier:  { by: spend_12m, classes: { gold: 2000, silver: 500, basic: 0 } }
discounts:
  regulars:    { ladder: { by: orders, steps: { 3: 2%, 10: 5%, 25: 8% } } }
  a_customers: { when: { value: A }, rate: 2% }
points:
  earn: { per: 1.00, points: 1 }
";

/// When the clock stands unless it is set: 12 o'clock in Berlin.
pub const NOON: &str = "2026-03-01T11:00:00Z";

pub fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text).expect("an instant")
}

/// An app over an empty store in memory.
pub struct TestApp {
    pub app: Arc<App>,
    router: Router,
    folder: TempDir,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// On a thread of its own, where waiting for the store holds nobody up.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("no panic"))
}

impl TestApp {
    /// With one policy file.
    pub fn new(policy: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join("policies")).expect("a folder");
        fs::write(folder.path().join("policies/shop.yaml"), policy).expect("a file");
        let settings = Settings { policies: folder.path().join("policies"), scripts: folder.path().join("scripts") };
        let store = Store::in_memory().expect("a store");
        let app = aside(|| App::open(store, Clock::fixed(instant(NOON)), settings).expect("an app"));
        let app = Arc::new(app);
        Self { router: router(Arc::clone(&app)), app, folder }
    }

    /// Writes the policy file anew and lets the app look.
    pub fn rewrite(&self, policy: &str) -> bool {
        fs::write(self.folder.path().join("policies/shop.yaml"), policy).expect("a file");
        self.reload()
    }

    pub fn reload(&self) -> bool {
        aside(|| self.app.reload().expect("readable folders"))
    }

    /// What the watch does twice a second.
    pub fn activate_due(&self) {
        aside(|| self.app.activate_due().expect("a working store"));
    }

    pub fn set_clock(&self, at: &str) {
        self.app.clock().set(instant(at));
    }

    pub fn pass_minutes(&self, minutes: i64) {
        let clock = self.app.clock();
        clock.set(clock.now().plus_micros(minutes * 60_000_000));
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let answer = Answer::read(response).await;
        check_documented(&method, &path, &answer);
        answer
    }

    pub async fn call(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        self.send(request(method, path).body(body.into()).expect("a request")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, body.to_string()).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, Body::empty()).await
    }

    /// Commits a purchase of one article.
    pub async fn buy(&self, id: &str, customer: Option<&str>, price: &str) -> Value {
        let mut body = json!({ "id": id, "lines": [{ "sku": "X", "quantity": 1, "unit_price": price }] });
        if let Some(customer) = customer {
            body["customer"] = customer.into();
        }
        self.post("/v1/purchases", &body).await.json(201)
    }

    /// The revision in force, as answers show it.
    pub fn revision(&self) -> String {
        self.app.active().bundle.revision.to_string()
    }

    /// Nothing in the store contradicts anything else.
    pub fn assert_sound(&self) {
        let mut flaws = Vec::new();
        verify(&*self.app.store().snapshot(), &mut |flaw| flaws.push(flaw)).expect("a readable store");
        assert_eq!(flaws, []);
    }
}

pub fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header("content-type", "application/json")
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// The media type, without parameters.
    pub fn kind(&self) -> Option<&str> {
        self.header("content-type").map(|kind| kind.split(';').next().unwrap_or(kind).trim())
    }

    /// The JSON of an answer with this status.
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.kind(), Some("application/json"));
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The problem of this status and kind: shaped as RFC 9457 says.
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.kind(), Some("application/problem+json"));
        let problem: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(problem["type"], format!("urn:treue:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
        }
        problem
    }

    /// The pointers of the mistakes of a 422.
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("mistakes");
        for error in errors {
            assert!(error["detail"].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        errors.iter().map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
    }
}
