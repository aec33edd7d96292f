//! Around every request: its id, how long it took, and what broke.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Response};
use axum::middleware::Next;
use axum::response::IntoResponse;

use super::problem::Problem;
use crate::app::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id (its own, where it brings a plain one), measures it, and logs what broke.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response<Body> {
    let started = Instant::now();
    let id = request_id(&app, &request);
    let path = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let status = response.status();
    let path = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let labels =
        [("method", method.as_str().to_owned()), ("path", path.to_owned()), ("status", status.as_str().to_owned())];
    metrics::histogram!("treue_request_seconds", &labels).record(started.elapsed());
    if status.is_server_error() {
        tracing::error!(%method, path, %status, id = id.to_str().unwrap_or(""), "a request failed");
    } else {
        tracing::debug!(%method, path, %status, id = id.to_str().unwrap_or(""), "a request was answered");
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
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
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("?"), "a request panicked");
    Problem::internal().into_response()
}
