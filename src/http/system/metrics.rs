//! `/metrics` in Prometheus' text format.

use std::sync::Arc;
use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::http::answer::Problems;

/// One recorder per process: the `metrics` crate has one place for it.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts recording, once; counters registered before are not seen, so this comes before everything else.
pub fn record() {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let buckets = [
            0.000_02, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
            5.0,
        ];
        let matcher = Matcher::Full("treue_request_seconds".to_owned());
        let recorder = match builder.set_buckets_for_metric(matcher, &buckets) {
            Ok(builder) => builder.build_recorder(),
            Err(_) => PrometheusBuilder::new().build_recorder(),
        };
        let handle = recorder.handle();
        // Whoever embeds Treue may have a recorder of their own; then ours stays empty.
        let _ = metrics::set_global_recorder(recorder);
        handle
    });
}

/// Counters, gauges and latencies in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "system", responses((status = 200, description = "metrics", body = String, content_type = "text/plain"), Problems))]
pub async fn read_metrics(State(app): State<Arc<App>>) -> Response {
    let counters = app.store().counters();
    metrics::counter!("treue_store_commits_total").absolute(counters.commits);
    metrics::counter!("treue_store_writes_total").absolute(counters.written);
    metrics::counter!("treue_store_refusals_total").absolute(counters.refused);
    metrics::counter!("treue_store_failures_total").absolute(counters.failed);
    metrics::counter!("treue_store_commit_microseconds_total").absolute(counters.commit_micros);
    metrics::gauge!("treue_store_queue").set(app.store().waiting() as f64);
    if let Some(size) = app.store().file_size() {
        metrics::gauge!("treue_store_bytes").set(size as f64);
    }
    let text = RECORDER.get().map(|handle| {
        handle.run_upkeep();
        handle.render()
    });
    let mut response = text.unwrap_or_default().into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
