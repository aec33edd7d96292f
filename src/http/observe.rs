//! Around every request: who may make it, its id, how long it took, and what broke.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use futures_util::FutureExt;
use metrics::Histogram;

use super::problem::{Problem, Told};
use super::{access, origin};
use crate::app::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id (its own, where it brings a plain one), lets it in or not, measures it, and logs what broke.
/// All of that in one place: each layer around a request costs it an allocation or two.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response<Body> {
    around(app, request, next, |app, request| {
        let known = origin::check(request.method(), request.uri(), request.headers(), !app.has_keys());
        known.map_err(IntoResponse::into_response)?;
        access::admit(app, request)
    })
    .await
}

/// The same for what lets people in by itself: pages, which ask for a key in words.
pub async fn observe_unguarded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response<Body> {
    around(app, request, next, |_, _| Ok(())).await
}

async fn around(
    app: Arc<App>,
    mut request: Request,
    next: Next,
    admit: impl FnOnce(&Arc<App>, &mut Request) -> Result<(), Response<Body>>,
) -> Response<Body> {
    let started = Instant::now();
    let id = request_id(&app, &request);
    let path = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let mut response = match admit(&app, &mut request) {
        Ok(()) => AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(panicked),
        Err(refused) => refused,
    };
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let took = started.elapsed();
    record(&method, route, response.status(), took);
    log(&method, route, &response, took, id.to_str().unwrap_or(""));
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// One line about a request: of one that failed always, of one that was refused usually, of the others when asked for.
fn log(method: &Method, route: &str, response: &Response<Body>, took: Duration, id: &str) {
    let status = response.status().as_u16();
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let told = response.extensions().get::<Told>();
    let kind = told.map(|told| told.kind.as_str());
    if status >= 500 {
        let cause = told.and_then(|told| told.cause.as_deref());
        tracing::error!(id, %method, route, status, micros, kind, cause, "a request failed");
    } else if status >= 400 {
        tracing::info!(id, %method, route, status, micros, kind, "a request was refused");
    } else {
        tracing::debug!(id, %method, route, status, micros, "a request was answered");
    }
}

/// How long requests take, by method, route and status; its count is the rate.
pub const LATENCY: &str = "treue_http_request_duration_seconds";

const STANDARD: [Method; 9] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// Latencies by path, then by method and status: looked up without making the labels anew for every request.
type Latencies = HashMap<Box<str>, Vec<(Method, StatusCode, Histogram)>>;
static LATENCIES: LazyLock<RwLock<Latencies>> = LazyLock::new(RwLock::default);

fn record(method: &Method, path: &str, status: StatusCode, took: Duration) {
    let known = LATENCIES.read().unwrap_or_else(PoisonError::into_inner);
    let found = known.get(path).and_then(|rows| rows.iter().find(|(m, s, _)| m == method && *s == status));
    if let Some((.., histogram)) = found {
        histogram.record(took);
        return;
    }
    drop(known);
    let standard = STANDARD.contains(method);
    // What anybody may invent must not become a name in the list of metrics: nothing would ever take it out again.
    let name = if standard { method.as_str() } else { "other" };
    let labels = [("method", name.to_owned()), ("route", path.to_owned()), ("status", status.as_str().to_owned())];
    let histogram = metrics::histogram!(LATENCY, &labels);
    histogram.record(took);
    if standard {
        let mut known = LATENCIES.write().unwrap_or_else(PoisonError::into_inner);
        let rows = known.entry(path.into()).or_default();
        if rows.len() < 100 {
            rows.push((method.clone(), status, histogram));
        }
    }
}

fn request_id(app: &App, request: &Request) -> HeaderValue {
    if let Some(given) = request.headers().get(REQUEST_ID)
        && (1..=100).contains(&given.len())
        && given.as_bytes().iter().all(u8::is_ascii_graphic)
    {
        return given.clone();
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    HeaderValue::from_str(&format!("{:x}-{number:x}", app.run_id())).unwrap_or(HeaderValue::from_static("0"))
}

/// A handler that panicked is a 500 that says nothing; what it said is in the log.
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Problem::internal().because(format!("it panicked: {}", text.unwrap_or("?"))).into_response()
}
